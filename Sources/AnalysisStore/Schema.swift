internal import GRDB

/// The steps that lead to the schema of `docs/database.md`.
///
/// A step that has been released never changes: a change of the schema is a further step, with a
/// database of the version before it as a test.
enum Schema {
  /// `PRAGMA application_id` of our databases: "GSCP".
  static let applicationID: Int32 = 0x4753_4350

  /// In their order; the names of those that were done are the rows of `grdb_migrations`.
  private static let steps = [
    (name: "1 tables", sql: [runTables, associationTables, findingTables].joined(separator: "\n")),
    (name: "2 views", sql: views),
    (name: "3 live captures", sql: liveCaptures),
    (name: "4 history", sql: history),
    (name: "5 sums", sql: sums),
    (name: "6 capture losses", sql: captureLosses),
    (name: "7 order of flows", sql: flowOrder),
    (name: "8 approximations", sql: approximations),
    (name: "9 approximations of associations", sql: associationApproximations),
  ]

  /// Brings the schema up to date; refuses what another program or a later version wrote.
  ///
  /// All of it is one transaction: whatever ends the process leaves the database as it was, and
  /// another process sees it before or after, never between. What was read before the lock was
  /// ours is read again, as another process may have been quicker.
  static func prepare(_ queue: DatabaseQueue, path: String) throws {
    if try queue.read({ db in try missingSteps(in: db, path: path).isEmpty }) { return }
    try queue.inTransaction(.immediate) { db in
      let missing = try missingSteps(in: db, path: path)
      try db.execute(
        sql: """
          PRAGMA application_id = \(applicationID);
          CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
          """)
      for step in missing {
        try db.execute(sql: step.sql)
        try db.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [step.name])
      }
      return .commit
    }
  }

  /// For those who only read: throws unless the schema is this version's.
  static func check(_ db: Database, path: String) throws {
    if try isNew(db) { throw StoreError(path: path, problem: .noRun) }
    guard try missingSteps(in: db, path: path).isEmpty else {
      throw StoreError(path: path, problem: .olderSchema)
    }
  }

  private static func missingSteps(
    in db: Database, path: String
  ) throws -> [(name: String, sql: String)] {
    let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    if application == 0, try isNew(db) { return steps }
    guard application == applicationID else {
      throw StoreError(path: path, problem: .foreignDatabase)
    }
    let done = try String.fetchSet(db, sql: "SELECT identifier FROM grdb_migrations")
    guard done.isSubset(of: steps.map(\.name)) else {
      throw StoreError(path: path, problem: .newerSchema)
    }
    return steps.filter { !done.contains($0.name) }
  }

  /// Whether nothing is there, or nothing but an empty `grdb_migrations`: versions that made it in
  /// a transaction of its own left that where they were cut short.
  private static func isNew(_ db: Database) throws -> Bool {
    let tables = try String.fetchSet(db, sql: "SELECT tbl_name FROM sqlite_schema")
    if tables.isEmpty { return true }
    guard tables == ["grdb_migrations"] else { return false }
    return try Int.fetchOne(db, sql: "SELECT count(*) FROM grdb_migrations") == 0
  }
}
