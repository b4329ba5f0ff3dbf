internal import GRDB
public import PacketAnalysis

/// An association of a run, with the name of its point.
public struct AssociationRow: Sendable, Equatable {
  public var summary: AssociationSummary
  public var point: String
}

/// Columns by which associations can be sorted.
public enum AssociationColumn: String, Sendable, CaseIterable {
  /// The order of the report: by first frame.
  case position
  case id, point, `protocol`, sci, an, source, destination, spi, epoch, packets, octets, firstTime
  case lastTime, lowestNumber, highestNumber, expected, distinct, lost, lossRatio, lostBlind
  case skipped, duplicates, reordered, suspects, gaps, badTags
}

extension AnalysisReader {
  /// The associations of a run.
  public func associations(
    _ filter: AssociationFilter, sortedBy order: ListOrder<AssociationColumn>,
    page request: PageRequest, run choice: RunChoice
  ) async throws(StoreError) -> Page<AssociationRow> {
    try await read(choice) { db, run in
      try AssociationList(db: db, run: run).page(filter, order, request)
    }
  }

  /// One of them; `nil` where the run does not have it.
  public func association(
    _ id: UInt64, run choice: RunChoice
  ) async throws(StoreError) -> (run: Int64, row: AssociationRow?) {
    try await read(choice) { db, run in
      let list = AssociationList(db: db, run: run)
      return (run, try list.position(of: id).map { try list.row(at: $0) })
    }
  }
}

/// Reads associations of a run, within one transaction.
struct AssociationList {
  let db: Database
  let run: Int64

  func page(
    _ filter: AssociationFilter, _ order: ListOrder<AssociationColumn>, _ request: PageRequest
  ) throws -> Page<AssociationRow> {
    try page(Self.query(filter, order, run: run), request)
  }

  /// All associations of a channel; `id` is the one by which it was found.
  func epochs(
    ofChannel channel: Int64, of id: UInt64, _ request: PageRequest
  ) throws -> Page<AssociationRow> {
    try page(
      ListQuery(
        name: "epochs-\(String(id, radix: 16))",
        // Without statistics SQLite prefers the key.
        source: AssociationFilter.source.replacing(
          "association AS a", with: "association AS a INDEXED BY association_by_channel"),
        columns: Self.columns, filter: Filter("a.run = ? AND a.channel = ?", [run, channel]),
        key: ["a.position"], order: .column("a.position"), isDescending: false),
      request)
  }

  private func page(
    _ query: ListQuery, _ request: PageRequest
  ) throws -> Page<AssociationRow> {
    try query.page(
      request, run: run, in: db,
      key: { [$0["id"]] },
      internal: { key in
        guard key.count == 1 else { return nil }
        return try position(of: UInt64(bitPattern: key[0])).map { [$0] }
      },
      element: row)
  }

  static func query(
    _ filter: AssociationFilter, _ order: ListOrder<AssociationColumn>, run: Int64
  ) -> ListQuery {
    var conditions = Filter("a.run = ?", [run])
    filter.add(to: &conditions)
    return ListQuery(
      name: "associations-\(order.text)", source: AssociationFilter.source,
      columns: Self.columns, filter: conditions, key: ["a.position"],
      order: order.column.parts, isDescending: order.isDescending)
  }

  private static let columns = "a.*, p.name AS point_name"

  func position(of id: UInt64) throws -> Int64? {
    let statement = try db.cachedStatement(
      sql: "SELECT position FROM association WHERE run = ? AND id = ?")
    return try Int64.fetchOne(statement, arguments: [run, Int64(bitPattern: id)])
  }

  func row(at position: Int64) throws -> AssociationRow {
    // Once for each gap of a page.
    let statement = try db.cachedStatement(
      sql: """
        SELECT \(Self.columns) \(AssociationFilter.source) WHERE a.run = ? AND a.position = ?
        """)
    // The rows of a cursor find their columns sooner than those that are fetched.
    let rows = try Row.fetchCursor(statement, arguments: [run, position])
    guard let row = try rows.next() else { throw DanglingReference() }
    return try self.row(row)
  }

  private func row(_ row: Row) throws -> AssociationRow {
    let channels = try db.cachedStatement(
      sql: "SELECT * FROM channel WHERE run = ? AND position = ?")
    let addresses = try db.cachedStatement(
      sql: "SELECT role, mac FROM further_mac WHERE run = ? AND association = ? ORDER BY mac")
    let approximations = try db.cachedStatement(
      sql: "SELECT * FROM association_approximation WHERE run = ? AND association = ?")
    let position: Int64 = row["position"]
    let channel = try Row.fetchCursor(channels, arguments: [run, row["channel"] as Int64])
    guard let key = try channel.next().map(RunReader.key) else { throw DanglingReference() }
    var association = try RunReader.association(row, channel: key)
    for address in try Row.fetchAll(addresses, arguments: [run, position]) {
      guard let mac = address.macAddress("mac") else { throw DanglingReference() }
      if address["role"] == "source" {
        association.sourceAddresses.append(mac)
      } else {
        association.destinationAddresses.append(mac)
      }
    }
    let concerned = try Row.fetchCursor(approximations, arguments: [run, position])
    association.givenUp = try concerned.next().map(RunReader.givenUp)
    return AssociationRow(summary: association, point: row["point_name"])
  }
}

extension AssociationColumn {
  var parts: SortParts {
    switch self {
    case .position: .column("a.position")
    case .id: .column("printf('%016x', a.id)")
    case .point: .column("p.name")
    case .protocol: .column("c.protocol")
    case .sci: .optional("c.sci")
    case .an: .optional("a.an")
    case .source: .optional("c.source_ip")
    case .destination: .optional("c.destination_ip")
    case .spi: .optional("c.spi")
    case .epoch: .column("a.epoch")
    case .packets: .column("a.packets")
    case .octets: .column("a.octets")
    case .firstTime: .optional("a.first_time")
    case .lastTime: .optional("a.last_time")
    case .lowestNumber: .optional("a.lowest_number")
    case .highestNumber: .optional("a.highest_number")
    case .expected: .column("a.expected")
    case .distinct: .column("a.distinct_numbers")
    case .lost: Self.ofLosers("a.lost")
    case .lossRatio: Self.ofLosers("CAST(a.lost AS REAL) / a.expected")
    case .lostBlind: .column("a.lost_blind")
    case .skipped: .column("a.skipped")
    case .duplicates: .column("a.duplicates")
    case .reordered: .column("a.reordered")
    case .suspects: .column("a.suspects")
    case .gaps: .column("a.gaps")
    case .badTags: .column("a.bad_tags")
    }
  }

  /// 0 where nothing is lost; the others are in an index of their own.
  private static func ofLosers(_ expression: String) -> SortParts {
    SortParts(parts: [
      .init(condition: "a.lost = 0", expression: "0", isConstant: true),
      .init(condition: "a.lost > 0", expression: expression),
    ])
  }
}
