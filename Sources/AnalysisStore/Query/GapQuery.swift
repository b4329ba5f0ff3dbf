internal import GRDB
public import PacketAnalysis

/// A gap with what is needed to find it in a capture.
public struct GapRow: Sendable, Equatable {
  public var gap: SequenceGap
  public var association: AssociationRow
  /// The files of `gap.before` and `gap.after`.
  public var beforeFile: String
  public var afterFile: String
}

/// Which gaps a question is about.
public struct GapFilter: Sendable, Equatable {
  /// Those of associations; its times are not used.
  public var associations = AssociationFilter()
  /// Those of one of them.
  public var association: UInt64?
  public var minimumMissing: UInt64?
  /// Ended at this time or after it.
  public var from: Timestamp?
  /// Began at this time or before it.
  public var to: Timestamp?

  public init() {}
}

/// Columns by which gaps can be sorted.
public enum GapColumn: String, Sendable, CaseIterable {
  /// When it was seen: the time of the first arrival above it.
  case time
  /// When the number below it arrived.
  case beforeTime
  case firstMissing, lastMissing, missing
}

extension AnalysisReader {
  /// The gaps of a run; `nil` where it does not have the association that is asked for.
  public func gaps(
    _ filter: GapFilter, sortedBy order: ListOrder<GapColumn>, page request: PageRequest,
    run choice: RunChoice
  ) async throws(StoreError) -> Page<GapRow>? {
    try await read(choice) { db, run in
      try GapList(db: db, run: run).page(filter, order, request)
    }
  }
}

/// Reads gaps of a run, within one transaction.
struct GapList {
  let db: Database
  let run: Int64

  func page(
    _ filter: GapFilter, _ order: ListOrder<GapColumn>, _ request: PageRequest
  ) throws -> Page<GapRow>? {
    let associations = AssociationList(db: db, run: run)
    var position: Int64?
    if let id = filter.association {
      position = try associations.position(of: id)
      if position == nil { return nil }
    }
    let files = try RunList(db: db, run: run).files()
    var seen: [Int64: AssociationRow] = [:]
    return try Self.query(filter, at: position, order, run: run).page(
      request, run: run, in: db,
      key: { row in
        let association: Int64 = row["association"]
        let id = seen[association]?.summary.id ?? 0
        return [Int64(bitPattern: id), row["first_missing"]]
      },
      internal: { key in
        guard key.count == 2 else { return nil }
        return try associations.position(of: UInt64(bitPattern: key[0])).map { [$0, key[1]] }
      },
      element: { row in
        let association: Int64 = row["association"]
        let owner = try seen[association] ?? associations.row(at: association)
        seen[association] = owner
        return try Self.row(row, of: owner, files)
      })
  }

  /// One of them; `nil` where there is none.
  /// - Parameter files: the names of the files by position.
  func row(
    association position: Int64, firstMissing: Int64, files: [Int64: String]
  ) throws -> GapRow? {
    let row = try Row.fetchOne(
      db, sql: "SELECT * FROM gap WHERE run = ? AND association = ? AND first_missing = ?",
      arguments: [run, position, firstMissing])
    return try row.map {
      try Self.row(
        $0, of: try AssociationList(db: db, run: run).row(at: position), files)
    }
  }

  private static func row(
    _ row: Row, of owner: AssociationRow, _ files: [Int64: String]
  ) throws -> GapRow {
    GapRow(
      gap: try gap(row, of: owner.summary.id), association: owner,
      beforeFile: files[row["before_file"]] ?? "", afterFile: files[row["after_file"]] ?? "")
  }

  static func query(
    _ filter: GapFilter, at position: Int64?, _ order: ListOrder<GapColumn>, run: Int64
  ) -> ListQuery {
    // Without statistics SQLite prefers the key.
    var source = "FROM gap AS g" + (order.column == .time ? " INDEXED BY gap_by_time" : "")
    var conditions = Filter("g.run = ?", [run])
    if let position {
      source = "FROM gap AS g"
      conditions.add("g.association = ?", [position])
    }
    if !filter.associations.isEmpty {
      // Few associations are found sooner than many gaps.
      source = """
        \(AssociationFilter.source)
        CROSS JOIN gap AS g ON g.run = a.run AND g.association = a.position
        """
      conditions.add("a.run = ?", [run])
      filter.associations.add(to: &conditions, concernsTimes: false)
    }
    if let missing = filter.minimumMissing {
      conditions.add("g.missing >= ?", [Int64(clamping: missing)])
    }
    if let from = filter.from { conditions.add("g.after_time >= ?", [from.nanosecondsSinceEpoch]) }
    if let to = filter.to { conditions.add("g.before_time <= ?", [to.nanosecondsSinceEpoch]) }
    let list = filter.association.map { "gaps-\(String($0, radix: 16))-" } ?? "gaps-"
    return ListQuery(
      name: list + order.text, source: source, columns: "g.*", filter: conditions,
      key: ["g.association", "g.first_missing"], order: order.column.parts,
      isDescending: order.isDescending)
  }

  private static func gap(_ row: Row, of association: UInt64) throws -> SequenceGap {
    let numbers = try row.numbers("first_missing", "last_missing")
    var gap = SequenceGap(
      association: association, firstMissing: numbers.first, lastMissing: numbers.last,
      before: row.frame("before_file", "before_frame", "before_time"),
      after: row.frame("after_file", "after_frame", "after_time"))
    gap.cause = row["cause"]
    gap.provisional = row["provisional"]
    return gap
  }
}

extension GapColumn {
  var parts: SortParts {
    switch self {
    case .time: .optional("g.after_time")
    case .beforeTime: .optional("g.before_time")
    case .firstMissing: .column("g.first_missing")
    case .lastMissing: .column("g.last_missing")
    case .missing: .column("g.missing")
    }
  }
}
