internal import GRDB
public import PacketAnalysis

/// A point of a run, and what its captures held.
public struct PointRow: Sendable, Equatable {
  public var name: String
  public var captures: Int
  public var packets: UInt64
  public var octets: UInt64
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  /// What its captures say that they dropped; `nil` where none says.
  public var capturedDrops: UInt64?
  public var blindIntervals: Int
}

/// A capture with the names of its file and its point.
public struct CaptureRow: Sendable, Equatable {
  public var capture: CaptureSummary
  public var file: String
  public var point: String
}

extension AnalysisReader {
  /// The complete runs, the latest first, with how many of them were asked for.
  public func runs(limit: Int) async throws(StoreError) -> [RunSummary] {
    try await read { db in try RunReader.summaries(in: db, latest: limit) }
  }

  /// The captures of a run, in the order of the command line.
  public func captures(
    page request: PageRequest, run choice: RunChoice
  ) async throws(StoreError) -> Page<CaptureRow> {
    try await read(choice) { db, run in
      try RunList(db: db, run: run).captures(request)
    }
  }

  /// The points of a run.
  public func points(
    page request: PageRequest, run choice: RunChoice
  ) async throws(StoreError) -> Page<PointRow> {
    try await read(choice) { db, run in
      try RunList(db: db, run: run).points(request)
    }
  }
}

/// Reads the short tables of a run, by position.
struct RunList {
  let db: Database
  let run: Int64

  func captures(_ request: PageRequest) throws -> Page<CaptureRow> {
    let query = ListQuery(
      name: "captures",
      source: """
        FROM capture AS c JOIN file AS f ON f.run = c.run AND f.position = c.file
        JOIN point AS p ON p.run = c.run AND p.position = c.point
        """,
      columns: "c.*, f.name AS file_name, p.name AS point_name",
      filter: Filter("c.run = ?", [run]), key: ["c.position"], order: .column("c.position"),
      isDescending: false)
    return try page(query, request) { row in
      CaptureRow(
        capture: RunReader.capture(row), file: row["file_name"], point: row["point_name"])
    }
  }

  func points(_ request: PageRequest) throws -> Page<PointRow> {
    let query = ListQuery(
      name: "points", source: "FROM point AS p", columns: "p.*",
      filter: Filter("p.run = ?", [run]), key: ["p.position"], order: .column("p.position"),
      isDescending: false)
    let statement = try db.makeStatement(
      sql: "SELECT * FROM capture WHERE run = ? AND point = ? ORDER BY position")
    return try page(query, request) { row in
      let position: Int64 = row["position"]
      let captures = try Row.fetchAll(statement, arguments: [run, position])
        .map(RunReader.capture)
      let blind = try Int.fetchOne(
        db, sql: "SELECT count(*) FROM blind WHERE run = ? AND point = ?",
        arguments: [run, position])
      return PointRow(
        name: row["name"], captures: captures.count,
        packets: captures.reduce(0) { $0.addingClamped($1.packets) },
        octets: captures.reduce(0) { $0.addingClamped($1.octets) },
        firstTime: captures.compactMap(\.firstTime).min(),
        lastTime: captures.compactMap(\.lastTime).max(),
        capturedDrops: captures.compactMap(\.capturedDrops).reduce(nil) {
          ($0 ?? 0).addingClamped($1)
        },
        blindIntervals: blind ?? 0)
    }
  }

  /// The names of the files by position.
  func files() throws -> [Int64: String] {
    let rows = try Row.fetchAll(
      db, sql: "SELECT position, name FROM file WHERE run = ?", arguments: [run])
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["position"], $0["name"]) })
  }

  private func page<Element: Sendable>(
    _ query: ListQuery, _ request: PageRequest, element: (Row) throws -> Element
  ) throws -> Page<Element> {
    try query.page(
      request, run: run, in: db, key: { [$0["position"]] }, internal: { $0 }, element: element)
  }
}
