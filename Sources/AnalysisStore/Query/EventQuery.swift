internal import GRDB
public import PacketAnalysis

/// What happened at one time and is neither a gap nor a number.
public struct EventRow: Sendable, Equatable {
  public var time: Timestamp?
  public var kind: String
  /// `nil`: at all.
  public var point: String?
  /// `nil`: to all.
  public var association: UInt64?
  public var detail: String?
  /// Where it is in the run.
  var position: Int64

  init(_ row: Row) {
    (time, kind, point) = (row.time("time"), row["kind"], row["point_name"])
    association = (row["id"] as Int64?).map { UInt64(bitPattern: $0) }
    (detail, position) = (row["detail"], row["position"])
  }
}

/// A time in which a point could not see.
public struct BlindRow: Sendable, Equatable {
  public var interval: BlindInterval
  public var point: String
}

/// Which events, or blind intervals, a question is about.
public struct OccurrenceFilter: Sendable, Equatable {
  public var point: String?
  /// The kind of an event, the reason of blindness.
  public var kind: String?
  /// Happened, or ended, at this time or after it.
  public var from: Timestamp?
  /// Happened, or began, at this time or before it.
  public var to: Timestamp?

  public init() {}
}

public enum EventColumn: String, Sendable, CaseIterable { case time, position, kind, point }

public enum BlindColumn: String, Sendable, CaseIterable {
  /// As they were found, point by point.
  case position
  case start, end, drops, point, reason
}

extension AnalysisReader {
  /// The events of a run; those of a point are those of all points too.
  public func events(
    _ filter: OccurrenceFilter, sortedBy order: ListOrder<EventColumn>, page request: PageRequest,
    run choice: RunChoice
  ) async throws(StoreError) -> Page<EventRow> {
    try await read(choice) { db, run in
      try OccurrenceList(db: db, run: run).events(filter, order, request)
    }
  }

  /// The blind intervals of a run.
  public func blindIntervals(
    _ filter: OccurrenceFilter, sortedBy order: ListOrder<BlindColumn>, page request: PageRequest,
    run choice: RunChoice
  ) async throws(StoreError) -> Page<BlindRow> {
    try await read(choice) { db, run in
      try OccurrenceList(db: db, run: run).blindIntervals(filter, order, request)
    }
  }
}

/// Reads what happened, within one transaction.
struct OccurrenceList {
  let db: Database
  let run: Int64

  func events(
    _ filter: OccurrenceFilter, _ order: ListOrder<EventColumn>, _ request: PageRequest
  ) throws -> Page<EventRow> {
    try Self.events(filter, order, run: run).page(
      request, run: run, in: db, key: { [$0["position"]] }, internal: { $0 },
      element: EventRow.init)
  }

  /// Those that came behind one, in their order.
  func events(after position: Int64, limit: Int) throws -> [EventRow] {
    let statement = Self.events(OccurrenceFilter(), ListOrder(.position), run: run)
      .statement(part: 0, after: (.integer(position), [position]), limit: limit)
    return try Row.fetchAll(db, sql: statement.sql, arguments: statement.arguments)
      .map(EventRow.init)
  }

  static func events(
    _ filter: OccurrenceFilter, _ order: ListOrder<EventColumn>, run: Int64
  ) -> ListQuery {
    var conditions = Filter("e.run = ?", [run])
    if let point = filter.point { conditions.add("e.point IS NULL OR p.name = ?", [point]) }
    if let kind = filter.kind { conditions.add("e.kind = ?", [kind]) }
    if let from = filter.from { conditions.add("e.time >= ?", [from.nanosecondsSinceEpoch]) }
    if let to = filter.to { conditions.add("e.time <= ?", [to.nanosecondsSinceEpoch]) }
    return ListQuery(
      name: "events-\(order.text)",
      source: """
        FROM event AS e\(order.column == .time ? " INDEXED BY event_by_time" : "")
        LEFT JOIN point AS p ON p.run = e.run AND p.position = e.point
        LEFT JOIN association AS a ON a.run = e.run AND a.position = e.association
        """,
      columns: "e.*, p.name AS point_name, a.id AS id", filter: conditions, key: ["e.position"],
      order: order.column.parts, isDescending: order.isDescending)
  }

  func blindIntervals(
    _ filter: OccurrenceFilter, _ order: ListOrder<BlindColumn>, _ request: PageRequest
  ) throws -> Page<BlindRow> {
    var conditions = Filter("b.run = ?", [run])
    if let point = filter.point { conditions.add("p.name = ?", [point]) }
    if let reason = filter.kind { conditions.add("b.reason = ?", [reason]) }
    // Without a time they reach from the beginning, or to the end.
    if let from = filter.from {
      conditions.add("b.end_time IS NULL OR b.end_time >= ?", [from.nanosecondsSinceEpoch])
    }
    if let to = filter.to {
      conditions.add("b.start_time IS NULL OR b.start_time <= ?", [to.nanosecondsSinceEpoch])
    }
    let query = ListQuery(
      name: "blind-\(order.text)",
      source: """
        FROM blind AS b CROSS JOIN point AS p ON p.run = b.run AND p.position = b.point
        """,
      columns: "b.*, p.name AS point_name", filter: conditions, key: ["b.position"],
      order: order.column.parts, isDescending: order.isDescending)
    return try query.page(
      request, run: run, in: db, key: { [$0["position"]] }, internal: { $0 }
    ) { row in BlindRow(interval: RunReader.blindInterval(row), point: row["point_name"]) }
  }
}

extension EventColumn {
  var parts: SortParts {
    switch self {
    case .time: .optional("e.time")
    case .position: .column("e.position")
    case .kind: .column("e.kind")
    case .point: .optional("p.name")
    }
  }
}

extension BlindColumn {
  var parts: SortParts {
    switch self {
    case .position: .column("b.position")
    case .start: .optional("b.start_time")
    case .end: .optional("b.end_time")
    case .drops: .column("b.drops")
    case .point: .column("p.name")
    case .reason: .column("b.reason")
    }
  }
}
