internal import GRDB
import PacketAnalysis

/// What is counted of a run, for those who look every few seconds: a bounded number of associations
/// one by one, and the sums of all.
public struct RunMetrics: Sendable, Equatable {
  public struct Point: Sendable, Equatable {
    public var row: PointRow
    /// Frames dropped within its blind intervals.
    public var blindDrops: UInt64
    /// Since some time it cannot see.
    public var isBlind: Bool
  }

  public var overview: RunOverview
  public var points: [Point]
  /// Those that lost most, the worst first; then the latest of those that lost nothing.
  public var associations: [AssociationRow]
  /// Of those that are not among them.
  public var others: [AssociationShare]
}

extension AnalysisReader {
  /// - Parameter count: at most so many associations one by one; at most 1,000.
  public func metrics(associations count: Int, run choice: RunChoice) async throws(StoreError)
    -> RunMetrics
  {
    try await read(choice) { db, run in
      try MetricsReader(db: db, run: run).metrics(associations: count)
    }
  }
}

/// Reads what is counted, within one transaction.
struct MetricsReader {
  let db: Database
  let run: Int64

  func metrics(associations count: Int) throws -> RunMetrics {
    let overview = try OverviewReader(db: db, run: run).overview(worst: 0)
    let rows =
      count > 0
      ? try AssociationList(db: db, run: run).page(
        AssociationFilter(), ListOrder(.lost, isDescending: true), PageRequest(limit: count)
      ).rows : []
    var others = overview.shares
    for row in rows {
      let securityProtocol = AssociationFilter.SecurityProtocol(row.summary.key.identity)
      let index = others.firstIndex {
        $0.point == row.point && $0.securityProtocol == securityProtocol
      }
      if let index { others[index].subtract(row.summary) }
    }
    return RunMetrics(
      overview: overview, points: try points(), associations: rows,
      others: others.filter { $0.packets > 0 })
  }

  private func points() throws -> [RunMetrics.Point] {
    let rows = try RunList(db: db, run: run).points(PageRequest(limit: 1_000)).rows
    let statement = try db.makeStatement(
      sql: """
        SELECT coalesce(total(b.drops), 0) AS drops, coalesce(max(b.end_time IS NULL), 0) AS open
        FROM blind AS b WHERE b.run = ? AND b.point = ?
        """)
    return try rows.enumerated().map { position, row in
      let blind = try Row.fetchOne(statement, arguments: [run, position])
      return RunMetrics.Point(
        row: row, blindDrops: UInt64(clamping: Int64(exactly: blind?["drops"] ?? 0.0) ?? .max),
        isBlind: blind?["open"] ?? false)
    }
  }
}

extension AssociationShare {
  /// Takes out an association that is counted elsewhere.
  fileprivate mutating func subtract(_ association: AssociationSummary) {
    func take(_ part: UInt64, from whole: inout UInt64) { whole -= min(part, whole) }
    take(1, from: &associations)
    take(association.packets, from: &packets)
    take(association.octets, from: &octets)
    take(association.expected, from: &expected)
    take(association.distinct, from: &distinct)
    take(association.lost, from: &lost)
    take(association.lostBlind, from: &lostBlind)
    take(association.skipped, from: &skipped)
    take(association.duplicates, from: &duplicates)
    take(association.reordered, from: &reordered)
    take(association.suspects, from: &suspects)
    take(association.gaps, from: &gaps)
  }
}
