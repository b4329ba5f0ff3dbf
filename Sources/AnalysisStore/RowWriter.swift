internal import GRDB
internal import GRDBSQLite
import PacketAnalysis

/// Writes the rows of one table: the values of a row in the order of its columns, then `endRow`.
///
/// This is the one file with unsafe pointers. Rows come by the hundred thousand, and binding
/// through SQLite's own interface saves an allocation and a conversion for each of their values.
/// What makes it safe: the handle lives as long as the statement that is kept beside it; addresses
/// and words are bound without a copy, and stay where they are until the row is written: the
/// addresses in `scratch`, which is as large as the addresses of any row, the words in the program.
///
/// With `changes`, only rows that are not in the table as they are written: of the others the values
/// are bound, and nothing more.
struct RowWriter: ~Copyable {
  private let db: Database
  private let statement: Statement
  private let scratch: UnsafeMutableRawPointer
  private var scratchOctets = 0
  private var parameter: Int32 = 0
  private var failure: Int32 = SQLITE_OK
  private let changes: TableChanges?
  private var row = RowDigest()

  private static let scratchCapacity = 64

  /// The table's statement is prepared once and kept by the connection.
  ///
  /// - Parameter conflict: what becomes of a row that is there already; `""`: an error.
  init(
    _ db: Database, table: StaticString, columns: [String], conflict: String = "",
    changes: TableChanges? = nil
  ) throws {
    let names = columns.joined(separator: ", ")
    let values = Array(repeating: "?", count: columns.count).joined(separator: ", ")
    let conflict = changes?.conflict(columns: columns) ?? conflict
    self.db = db
    self.changes = changes
    statement = try db.cachedStatement(
      sql: "INSERT INTO \(table) (\(names)) VALUES (\(values)) \(conflict)")
    scratch = .allocate(byteCount: Self.scratchCapacity, alignment: 8)
  }

  deinit {
    // The statement outlives this in the connection's cache and must not point into `scratch`.
    sqlite3_clear_bindings(statement.sqliteStatement)
    scratch.deallocate()
  }

  mutating func endRow() throws {
    if let changes {
      defer { row = RowDigest() }
      guard try changes.isToBeWritten(row, in: db) else {
        (parameter, scratchOctets) = (0, 0)
        return
      }
    }
    try step()
  }

  private mutating func step() throws {
    let handle = statement.sqliteStatement
    let result = failure == SQLITE_OK ? sqlite3_step(handle) : failure
    // The message is the connection's until the statement is reset.
    let message = result == SQLITE_DONE ? nil : db.lastErrorMessage
    let code = sqlite3_extended_errcode(db.sqliteConnection)
    sqlite3_reset(handle)
    (parameter, scratchOctets, failure) = (0, 0, SQLITE_OK)
    guard result == SQLITE_DONE else {
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
  }

  mutating func write(_ value: Int64) {
    parameter += 1
    if changes != nil { row.add(value) }
    note(sqlite3_bind_int64(statement.sqliteStatement, parameter, value))
  }

  mutating func write(_ value: Int) { write(Int64(value)) }

  /// A count. What is above 2^63 - 1, which only a lying capture can claim, is stored as that.
  mutating func write(_ value: UInt64) { write(Int64(clamping: value)) }

  mutating func write(_ value: UInt32) { write(Int64(value)) }

  mutating func write(_ value: UInt16) { write(Int64(value)) }

  mutating func write(_ value: Bool) { write(Int64(value ? 1 : 0)) }

  mutating func write(_ value: UInt64?) {
    if let value { write(value) } else { writeNull() }
  }

  mutating func write(_ value: Timestamp?) {
    if let value { write(value.nanosecondsSinceEpoch) } else { writeNull() }
  }

  /// A 64-bit identifier as the integer of the same bits.
  mutating func write(identifier: UInt64) { write(Int64(bitPattern: identifier)) }

  mutating func writeNull() {
    parameter += 1
    if changes != nil { row.addNull() }
    note(sqlite3_bind_null(statement.sqliteStatement, parameter))
  }

  mutating func write(word: StaticString) {
    parameter += 1
    word.withUTF8Buffer { octets in
      if changes != nil { row.add(octets: octets) }
      octets.withMemoryRebound(to: CChar.self) { characters in
        note(
          sqlite3_bind_text(
            statement.sqliteStatement, parameter, characters.baseAddress, Int32(octets.count), nil))
      }
    }
  }

  mutating func write(text: String?) {
    guard let text else { return writeNull() }
    parameter += 1
    if changes != nil { row.add(octets: text.utf8) }
    let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)  // SQLITE_TRANSIENT
    note(
      sqlite3_bind_text(
        statement.sqliteStatement, parameter, text, Int32(clamping: text.utf8.count), copied))
  }

  mutating func write(_ value: SCI) { write(bigEndian: value.rawValue, octets: 8) }

  mutating func write(_ value: MACAddress?) {
    guard let value else { return writeNull() }
    write(bigEndian: value.rawValue << 16, octets: 6)
  }

  mutating func write(_ value: IPAddress) {
    switch value.family {
    case .ipv4: write(bigEndian: value.bits << 96, octets: 4)
    case .ipv6: write(bigEndian: value.bits, octets: 16)
    }
  }

  mutating func write(fingerprint: UInt128) { write(bigEndian: fingerprint, octets: 16) }

  /// The first octets of an integer, the most significant first.
  private mutating func write<Integer: FixedWidthInteger>(bigEndian value: Integer, octets: Int) {
    precondition(scratchOctets + octets <= Self.scratchCapacity, "more addresses than a row has")
    parameter += 1
    let place = scratch + scratchOctets
    withUnsafeBytes(of: value.bigEndian) { bytes in
      if changes != nil { row.add(octets: bytes.prefix(octets)) }
      for index in 0..<octets {
        place.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
      }
    }
    scratchOctets += octets
    note(
      sqlite3_bind_blob(statement.sqliteStatement, parameter, place, Int32(octets), nil))
  }

  private mutating func note(_ code: Int32) {
    if code != SQLITE_OK { failure = code }
  }
}
