internal import GRDB

/// The rows of a run that is stored again and again: what is in the database, and what is to be.
final class RunChanges {
  /// What is known of the rows that were written last.
  struct Rows {
    var tables: [String: RowDigests] = [:]
    /// Of the associations by position.
    var identifiers: [UInt64] = []
    /// Of all rows of `further_mac`.
    var furtherAddresses: UInt64?
  }

  let run: Int64
  private var before: Rows
  private(set) var after = Rows()

  init(run: Int64, before: Rows) { (self.run, self.before) = (run, before) }

  /// - Parameter write: writes all rows of the table.
  func update(
    _ table: StaticString, columns: [String], keyCount: Int, in db: Database,
    _ write: (inout RowWriter) throws -> Void
  ) throws {
    let changes = TableChanges(
      run: run, table: table, columns: columns, keyCount: keyCount,
      before: before.tables["\(table)"] ?? [:])
    var writer = try RowWriter(db, table: table, columns: columns, changes: changes)
    try write(&writer)
    try changes.removeOthers(in: db)
    after.tables["\(table)"] = changes.after
  }

  /// Takes out the associations whose place another takes, which may have been in another place:
  /// no two rows may have the same identifier in between.
  func makeRoom(for identifiers: [UInt64], in db: Database) throws {
    for (position, known) in before.identifiers.enumerated()
    where position >= identifiers.count || identifiers[position] != known {
      try db.cachedStatement(sql: "DELETE FROM association WHERE run = ? AND position = ?")
        .execute(arguments: [run, position])
      before.tables["association"]?[RowKey(first: Int64(position))] = nil
    }
    after.identifiers = identifiers
  }

  /// Returns whether the further addresses have to be written, all of them; there are few.
  func isChanged(furtherAddresses digest: UInt64, in db: Database) throws -> Bool {
    after.furtherAddresses = digest
    guard before.furtherAddresses != digest else { return false }
    try db.execute(sql: "DELETE FROM further_mac WHERE run = ?", arguments: [run])
    return true
  }
}
