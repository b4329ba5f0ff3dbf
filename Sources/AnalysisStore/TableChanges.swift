internal import GRDB

/// The rows of one table of a run that is in the database already: those that differ from what was
/// written last are written, those that are no more are taken out.
///
/// What was written is remembered by a digest of each row.
final class TableChanges {
  private let run: Int64
  private let table: StaticString
  /// Behind `run`; at most two.
  private let keyColumns: ArraySlice<String>
  private let before: RowDigests
  /// What the table holds when all rows were written.
  private(set) var after: RowDigests
  private var keptCount = 0

  /// - Parameter columns: those of the rows, `run` first, then those that name a row.
  init(
    run: Int64, table: StaticString, columns: [String], keyCount: Int, before: RowDigests
  ) {
    (self.run, self.table, self.before) = (run, table, before)
    keyColumns = columns.dropFirst().prefix(keyCount)
    after = RowDigests(minimumCapacity: before.count)
  }

  /// A row that is there already is overwritten in its place, as others refer to it.
  func conflict(columns: [String]) -> String {
    let set = columns.dropFirst(1 + keyColumns.count).map { "\($0) = excluded.\($0)" }
    return "ON CONFLICT (\((["run"] + keyColumns).joined(separator: ", "))) DO UPDATE SET "
      + set.joined(separator: ", ")
  }

  /// Takes note of a row.
  func isToBeWritten(_ row: RowDigest, in db: Database) throws -> Bool {
    let key = row.key(count: keyColumns.count)
    after[key] = row.value
    guard let known = before[key] else { return true }
    keptCount += 1
    guard known != row.value else { return false }
    // To SQLite no NULL is the same as another, so that nothing would be overwritten.
    if keyColumns.count > 0, key.first == nil || keyColumns.count > 1 && key.second == nil {
      try remove(key, in: db)
    }
    return true
  }

  /// Takes out what was written last and is no more.
  func removeOthers(in db: Database) throws {
    guard keptCount < before.count else { return }
    for key in before.keys where after[key] == nil { try remove(key, in: db) }
  }

  private func remove(_ key: RowKey, in db: Database) throws {
    let isKey = keyColumns.map { " AND \($0) IS ?" }.joined()
    let statement = try db.cachedStatement(sql: "DELETE FROM \(table) WHERE run = ?\(isKey)")
    let values: [Int64?] = [run, key.first, key.second]
    try statement.execute(
      arguments: StatementArguments(values.prefix(1 + keyColumns.count)))
  }
}

/// By the key of the row.
typealias RowDigests = [RowKey: UInt64]

/// What names a row within its table and run: a position, or an association and a number.
struct RowKey: Hashable {
  var first: Int64?
  var second: Int64?
}

/// A row while its values come, the first of them the run.
///
/// A step is a bijection of the digest: rows that differ in one value never have the same.
struct RowDigest {
  private(set) var value: UInt64 = 0
  private var count = 0
  private var candidates = RowKey()

  func key(count: Int) -> RowKey {
    RowKey(
      first: count > 0 ? candidates.first : nil, second: count > 1 ? candidates.second : nil)
  }

  mutating func add(_ value: Int64) {
    mix(UInt64(bitPattern: value))
    note(value)
  }

  mutating func addNull() {
    mix(0x6E75_6C6C)
    mix(1)
    note(nil)
  }

  mutating func add(octets: some Sequence<UInt8>) {
    var length: UInt64 = 0
    for octet in octets {
      mix(UInt64(octet))
      length += 1
    }
    mix(length)
    note(nil)
  }

  private mutating func note(_ value: Int64?) {
    if count == 1 { candidates.first = value }
    if count == 2 { candidates.second = value }
    count += 1
  }

  private mutating func mix(_ word: UInt64) {
    value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
    value ^= value >> 32
  }
}
