internal import GRDB

/// The steps that lead to the schema of `docs/database.md`.
///
/// A step that has been released never changes: a change of the schema is a further step, with a
/// database of the version before it as a test.
enum Schema {
  /// `PRAGMA application_id` of our databases: "GSCP".
  static let applicationID: Int32 = 0x4753_4350

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 tables") { db in
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: runTables)
      try db.execute(sql: associationTables)
      try db.execute(sql: findingTables)
    }
    migrator.registerMigration("2 views") { db in
      try db.execute(sql: views)
    }
    return migrator
  }

  /// Brings the schema up to date; refuses what another program or a later version wrote.
  static func prepare(_ pool: DatabasePool, path: String) throws {
    let migrator = Self.migrator
    let isCurrent = try pool.read { db in
      let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
      let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
      if tables > 0, application != applicationID {
        throw StoreError(path: path, problem: .foreignDatabase)
      }
      if try migrator.hasBeenSuperseded(db) {
        throw StoreError(path: path, problem: .newerSchema)
      }
      return try migrator.hasCompletedMigrations(db)
    }
    if !isCurrent { try migrator.migrate(pool) }
  }
}
