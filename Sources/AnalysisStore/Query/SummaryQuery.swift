internal import GRDB
public import PacketAnalysis

/// A run as a whole.
public struct RunOverview: Sendable, Equatable {
  public var run: RunSummary
  /// `nil`: files were analyzed, which does not last.
  public var progress: RunProgress?
  public var totals: FrameTotals
  /// The sums over the associations of one protocol at one point, by point and protocol.
  public var shares: [AssociationShare]
  /// Those that lost most, the worst first.
  public var worst: [AssociationRow]
  public var blindIntervals: Int
  /// Frames of those intervals that were dropped.
  public var blindDrops: UInt64
  /// Times in which the capture itself probably lost packets, by point and time.
  public var captureLosses: [CaptureLoss]
  /// Captures that could not be read to their end.
  public var damagedCaptures: Int
  /// Why its counts are not exact; empty where they are.
  public var approximations: [Approximation]
  /// What the reader of its report should know.
  public var notes: [String]
}

/// Sums over associations, with what was counted of those that have no row any more since a limit was
/// reached; each is at most the largest value of its type.
public struct AssociationShare: Sendable, Equatable {
  public var point: String
  public var securityProtocol: AssociationFilter.SecurityProtocol
  /// Those that have a row.
  public var associations: UInt64 = 0
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var expected: UInt64 = 0
  public var distinct: UInt64 = 0
  public var lost: UInt64 = 0
  public var lostBlind: UInt64 = 0
  public var skipped: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var reordered: UInt64 = 0
  public var suspects: UInt64 = 0
  public var gaps: UInt64 = 0

  public init(point: String, securityProtocol: AssociationFilter.SecurityProtocol) {
    (self.point, self.securityProtocol) = (point, securityProtocol)
  }

  static let columns:
    [(name: String, path: any WritableKeyPath<AssociationShare, UInt64> & Sendable)] =
      [
        ("packets", \.packets), ("octets", \.octets), ("expected", \.expected),
        ("distinct_numbers", \.distinct), ("lost", \.lost), ("lost_blind", \.lostBlind),
        ("skipped", \.skipped), ("duplicates", \.duplicates), ("reordered", \.reordered),
        ("suspects", \.suspects), ("gaps", \.gaps),
      ]

  mutating func add(_ association: AssociationSummary) {
    associations.addClamped(1)
    packets.addClamped(association.packets)
    octets.addClamped(association.octets)
    expected.addClamped(association.expected)
    distinct.addClamped(association.distinct)
    lost.addClamped(association.lost)
    lostBlind.addClamped(association.lostBlind)
    skipped.addClamped(association.skipped)
    duplicates.addClamped(association.duplicates)
    reordered.addClamped(association.reordered)
    suspects.addClamped(association.suspects)
    gaps.addClamped(association.gaps)
  }

  /// Adds epochs that have no row.
  mutating func add(_ rowless: AssociationSums) {
    packets.addClamped(rowless.packets)
    octets.addClamped(rowless.octets)
    expected.addClamped(rowless.expected)
    distinct.addClamped(rowless.distinct)
    lost.addClamped(rowless.lost)
    skipped.addClamped(rowless.skipped)
    duplicates.addClamped(rowless.duplicates)
    reordered.addClamped(rowless.reordered)
    suspects.addClamped(rowless.suspects)
    gaps.addClamped(rowless.gaps)
  }

  /// Adds the sums of another; point and protocol stay.
  public mutating func add(_ other: AssociationShare) {
    associations.addClamped(other.associations)
    for column in Self.columns {
      self[keyPath: column.path].addClamped(other[keyPath: column.path])
    }
  }
}

extension AnalysisReader {
  /// A run as a whole, with so many of its worst associations.
  public func overview(worst count: Int, run choice: RunChoice) async throws(StoreError)
    -> RunOverview
  {
    try await read(choice) { db, run in try OverviewReader(db: db, run: run).overview(worst: count)
    }
  }
}

/// Reads what is asked of a run as a whole.
struct OverviewReader {
  let db: Database
  let run: Int64

  func overview(worst count: Int) throws -> RunOverview {
    let row = try Row.fetchOne(db, sql: "SELECT * FROM run WHERE run = ?", arguments: [run])
    guard let row else { throw DanglingReference() }
    var losers = AssociationFilter()
    losers.minimumLost = 1
    let worst =
      count > 0
      ? try AssociationList(db: db, run: run).page(
        losers, ListOrder(.lost, isDescending: true), PageRequest(limit: count)
      ).rows : []
    let blind = try Int64.fetchAll(
      db, sql: "SELECT drops FROM blind WHERE run = ?", arguments: [run])
    let reader = RunReader(db: db, run: run)
    return RunOverview(
      run: try RunReader.summary(row, in: db), progress: try RunProgress(of: run, in: db),
      totals: RunReader.totals(row), shares: try shares(),
      worst: worst, blindIntervals: blind.count,
      blindDrops: blind.reduce(0) { $0.addingClamped(UInt64(clamping: $1)) },
      captureLosses: try reader.captureLosses(),
      damagedCaptures: try Int.fetchOne(
        db, sql: "SELECT count(damage_offset) FROM capture WHERE run = ?", arguments: [run]) ?? 0,
      approximations: try reader.approximations(),
      notes: try reader.notes())
  }

  /// They are written with the associations, so that nobody adds up 50,000 each second.
  static let shareStatement = "SELECT * FROM share WHERE run = ? ORDER BY position"

  private func shares() throws -> [AssociationShare] {
    let names = try String.fetchAll(
      db, sql: "SELECT name FROM point WHERE run = ? ORDER BY position", arguments: [run])
    return try Row.fetchAll(db, sql: Self.shareStatement, arguments: [run]).map { row in
      let point: Int = row.integer("point")
      guard names.indices.contains(point),
        let securityProtocol = AssociationFilter.SecurityProtocol(rawValue: row["protocol"])
      else { throw DanglingReference() }
      var share = AssociationShare(point: names[point], securityProtocol: securityProtocol)
      share.associations = row.count("associations")
      for column in AssociationShare.columns {
        share[keyPath: column.path] = row.count(column.name)
      }
      return share
    }
  }
}
