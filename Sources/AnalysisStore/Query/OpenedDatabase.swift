import Glibc
internal import GRDB

/// The connections of a reader to one file.
///
/// To share the write-ahead log with whoever writes, SQLite makes the files `-wal` and `-shm` beside
/// the database. Where it cannot, as on a read-only file system, a database that nobody writes is
/// opened as one that does not change: <https://www.sqlite.org/wal.html#read_only_databases>.
struct OpenedDatabase: Sendable {
  let reader: any DatabaseReader
  let version: DatabaseVersion
  private let file: FileIdentity
  /// Set where it was opened as one that does not change.
  private let resting: RestingFile?

  /// - Parameter isFixed: every answer is of the state that is there now.
  init(path: String, isFixed: Bool) throws {
    guard let file = FileIdentity(path: path) else {
      throw StoreError(path: path, problem: errno == ELOOP ? .linkLoop : .missing)
    }
    // SQLite would wait for who writes into a FIFO, and nobody would be answered meanwhile.
    guard file.isRegular else {
      throw StoreError(path: path, problem: file.isDirectory ? .isDirectory : .noRegularFile)
    }
    self.file = file
    do {
      (reader, version) = try Self.open(path, isFixed: isFixed, path: path)
      resting = nil
    } catch let error as DatabaseError where error.hidesReadableFile(path) {
      guard let resting = RestingFile(path: path) else {
        throw StoreError(path: path, problem: .unreadableHere)
      }
      self.resting = resting
      do {
        (reader, version) = try Self.open(
          Self.unchangingAddress(of: path), isFixed: isFixed, path: path)
      } catch let error as DatabaseError where error.hidesReadableFile(path) {
        throw StoreError(path: path, problem: .unreadableHere)
      }
    }
  }

  /// Whether what is at the path now is what was opened.
  func isStill(at path: String) -> Bool {
    if let resting { return RestingFile(path: path) == resting }
    return FileIdentity(path: path) == file
  }

  /// - Parameters:
  ///   - address: the path, or a URI of it.
  ///   - path: for what is said of it.
  private static func open(
    _ address: String, isFixed: Bool, path: String
  ) throws -> (any DatabaseReader, DatabaseVersion) {
    try ThreadSupply.require(path: path)
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(LockWait.longestSeconds)
    configuration.label = "AnalysisReader"
    let pool = try DatabasePool(path: address, configuration: configuration)
    try pool.read { db in try Schema.check(db, path: path) }
    let version = try DatabaseVersion(path: address, configuration: configuration)
    return (isFixed ? try pool.makeSnapshot() : pool, version)
  }

  /// As in <https://www.sqlite.org/uri.html>; an SQLite that was built without URIs finds no such file.
  private static func unchangingAddress(of path: String) -> String {
    let escaped = path.replacing("%", with: "%25").replacing("?", with: "%3F")
      .replacing("#", with: "%23")
    return "\(path.hasPrefix("/") ? "file://" : "file:")\(escaped)?immutable=1"
  }
}

extension DatabaseError {
  /// Whether it is not the database itself that could not be opened.
  fileprivate func hidesReadableFile(_ path: String) -> Bool {
    [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(resultCode) && access(path, R_OK) == 0
  }
}

/// A database that nobody writes and whose transactions are all in the file itself.
private struct RestingFile: Equatable {
  var file: FileIdentity
  var lengthOctets: Int64
  /// Since 1970.
  var modifiedNanoseconds: Int64

  /// `nil` where there is a log with something in it, or what its writers share.
  init?(path: String) {
    var status = stat()
    if stat(path + "-shm", &status) == 0 { return nil }
    if stat(path + "-wal", &status) == 0, status.st_size > 0 { return nil }
    guard stat(path, &status) == 0 else { return nil }
    file = FileIdentity(status)
    lengthOctets = Int64(status.st_size)
    modifiedNanoseconds =
      Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }
}
