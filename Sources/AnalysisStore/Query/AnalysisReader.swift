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
  /// What takes longer is given up.
  public let timeLimit: Duration
  private let isFixed: Bool
  private let opened = Mutex<OpenedDatabase?>(nil)

  /// - Parameter isFixed: every answer is of the state that the first one found, whatever is written
  ///   meanwhile. What a writer leaves in the log stays there as long as the value lives.
  public init(path: String, timeLimit: Duration = .seconds(15), isFixed: Bool = false) {
    (self.path, self.timeLimit, self.isFixed) = (path, timeLimit, isFixed)
  }

  /// Throws where the database cannot be asked now, and says why.
  public func check() async throws(StoreError) {
    try await read { [path] db in try Schema.check(db, path: path) }
  }

  /// What `body` reads belongs together.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    do {
      let reader = try database().reader
      return try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await reader.read(body) }
        group.addTask { [timeLimit] in
          try await Task.sleep(for: timeLimit)
          throw TooSlow()
        }
        // The other one is cancelled: SQLite stops where it is.
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
      }
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

  func database() throws -> OpenedDatabase {
    try opened.withLock { opened in
      if isFixed, let opened { return opened }
      guard let file = FileIdentity(path: path) else {
        throw StoreError(path: path, problem: .missing)
      }
      if let opened, opened.file == file { return opened }
      let pool = try DatabasePool(path: path, configuration: Self.configuration)
      try pool.read { db in try Schema.check(db, path: path) }
      let database = OpenedDatabase(
        reader: isFixed ? try pool.makeSnapshot() : pool, file: file,
        version: try DatabaseVersion(path: path, configuration: Self.configuration))
      opened = database
      return database
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

/// It took longer than the limit.
struct TooSlow: Error {}

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

struct OpenedDatabase: Sendable {
  let reader: any DatabaseReader
  fileprivate let file: FileIdentity
  let version: DatabaseVersion
}
