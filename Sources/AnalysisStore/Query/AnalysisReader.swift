import Glibc
internal import GRDB
internal import Synchronization

/// Reads a database that others write, for those who ask again and again.
///
/// It is opened when it is first asked, read-only, and again where another file took its place: so a
/// reader can be there before its database is. Every answer comes from one transaction, and a writer
/// waits for none of them. What can be asked is in the extensions, one file for each.
public final class AnalysisReader: Sendable {
  public let path: String
  private let opened = Mutex<(pool: DatabasePool, file: FileIdentity)?>(nil)

  public init(path: String) { self.path = path }

  /// Throws where the database cannot be asked now, and says why.
  public func check() async throws(StoreError) {
    try await read { [path] db in try Schema.check(db, path: path) }
  }

  /// What `body` reads belongs together.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    do {
      return try await pool().read(body)
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// What `body` reads of a complete run.
  func read<Value: Sendable>(
    _ choice: RunChoice, _ body: @escaping @Sendable (Database, Int64) throws -> Value
  ) async throws(StoreError) -> Value {
    try await read { [path] db in
      guard let run = try choice.resolve(in: db) else {
        switch choice {
        case .latest: throw StoreError(path: path, problem: .noRun)
        case .number(let run): throw StoreError(path: path, problem: .noSuchRun(run))
        }
      }
      return try body(db, run)
    }
  }

  private func pool() throws -> DatabasePool {
    guard let file = FileIdentity(path: path) else {
      throw StoreError(path: path, problem: .missing)
    }
    return try opened.withLock { opened in
      if let opened, opened.file == file { return opened.pool }
      let pool = try DatabasePool(path: path, configuration: Self.configuration)
      try pool.read { db in try Schema.check(db, path: path) }
      opened = (pool, file)
      return pool
    }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(LockWait.longestSeconds)
    configuration.label = "AnalysisReader"
    return configuration
  }
}

/// Which run is asked about.
public enum RunChoice: Sendable, Equatable {
  /// The complete one that was begun last.
  case latest
  case number(Int64)

  /// `nil` where there is none, or it is not complete.
  func resolve(in db: Database) throws -> Int64? {
    switch self {
    case .latest:
      try Int64.fetchOne(
        db, sql: "SELECT run FROM run WHERE complete = 1 ORDER BY run DESC LIMIT 1")
    case .number(let run):
      try Int64.fetchOne(
        db, sql: "SELECT run FROM run WHERE run = ? AND complete = 1", arguments: [run])
    }
  }
}

/// Which file a path leads to: another one may be put in its place.
private struct FileIdentity: Equatable {
  var device: UInt
  var number: UInt

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
  }
}
