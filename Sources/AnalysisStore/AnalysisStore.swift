import Glibc
internal import GRDB
public import PacketAnalysis

/// Reports in an SQLite database: one row of `run` for each analysis, and everything it found.
///
/// The schema is in `docs/database.md`. A run is written in short transactions, so that readers and
/// other writers are never kept out for long; it counts from the moment its `complete` flag is set,
/// which the last of them does. Whatever ends the process before leaves a run that nobody sees and
/// that the next attempt replaces.
///
/// Every method does its work in the caller's thread and may be called from any.
public final class AnalysisStore: Sendable {
  public let path: String
  let pool: DatabasePool
  private let lockWait: LockWait
  /// Of the file that is open.
  private let identity: FileIdentity?

  /// Opens the database, creates it where there is none, and brings its schema up to date.
  ///
  /// - Parameter givesUp: asked again and again while another process holds the lock: whether to wait
  ///   no longer.
  public init(
    path: String, givesUp: @escaping @Sendable () -> Bool = { false }
  ) throws(StoreError) {
    self.path = path
    try ThreadSupply.require(path: path)
    let lockWait = LockWait(givesUp: givesUp)
    self.lockWait = lockWait
    let pool = try StoreError.catching(path: path) {
      // Not through the pool, which makes the journal a write-ahead log, of any database.
      let queue = try DatabaseQueue(path: path, configuration: Self.configuration(lockWait))
      try Schema.prepare(queue, path: path)
      try queue.close()
      return try Self.openPool(path: path, lockWait)
    }
    self.pool = pool
    identity = FileIdentity(path: path)
  }

  /// Throws where the file that is open has its name no more: what is written into it is not found by
  /// anybody, and gone when it is closed.
  private func requireFile() throws {
    guard FileIdentity(path: path) == identity else {
      throw StoreError(path: path, problem: .removed)
    }
  }

  /// Tries again while others open or close it, each time from the beginning, for as long as one lock is waited for.
  private static func openPool(path: String, _ lockWait: LockWait) throws -> DatabasePool {
    let end = ContinuousClock.now + .seconds(LockWait.longestSeconds)
    while true {
      do {
        return try DatabasePool(path: path, configuration: configuration(lockWait))
      } catch
        where PassingObstacle.is(error) && ContinuousClock.now < end && lockWait.goesOn(tries: 0)
      {}
    }
  }

  /// Stores a report as a run of its own, unless the database has it already.
  ///
  /// A run that an earlier attempt left half imported is replaced. Two runs are never added up.
  @discardableResult
  public func store(
    _ report: AnalysisReport, options: AnalysisOptions = AnalysisOptions()
  ) throws(StoreError) -> StoredRun {
    var report = report
    report.makeRows()
    let fingerprint = RunFingerprint.of(report, options: options)
    return try StoreError.catching(path: path) { [report] in
      try requireFile()
      let known = try pool.read { db in try Self.run(withFingerprint: fingerprint, in: db) }
      if let known, try known.isComplete || !removeUnlessComplete(known.run) {
        return StoredRun(run: known.run, outcome: .unchanged)
      }
      let run = try write(report, options: options, fingerprint: fingerprint)
      return StoredRun(run: run, outcome: known == nil ? .inserted : .replaced)
    }
  }

  /// Stores a state of a run that lasts; returns what to go on with.
  func store(
    _ state: RunState, options: AnalysisOptions, after record: RunRecord
  ) throws(StoreError) -> RunRecord {
    try StoreError.catching(path: path) {
      try requireFile()
      return try StateWriter(pool: pool, options: options).write(state, after: record)
    }
  }

  /// Ends what is being written or read, as if it had failed, until there is nothing more.
  func interrupt(until isOver: () -> Bool) {
    lockWait.isCut = true
    while !isOver() {
      pool.interrupt()
      usleep(1_000)
    }
    lockWait.isCut = false
  }

  private func write(
    _ report: AnalysisReport, options: AnalysisOptions, fingerprint: RunFingerprint
  ) throws -> Int64 {
    let writer = RunWriter(pool: pool, report: report, options: options)
    let run = try writer.begin(fingerprint: fingerprint)
    do {
      try writer.writeRows(of: run)
      try writer.complete(run)
    } catch let error as DatabaseError
      where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY
    {
      // Either the report is at fault, or another process that stores the same run took ours for
      // one that was cut short and removed it.
      let isThere = try pool.read { db in try Self.exists(run, in: db) }
      if isThere { throw error }
      throw StoreError(path: path, problem: .storedMeanwhile)
    }
    return run
  }

  /// Says no where another process has completed the run since we looked.
  private func removeUnlessComplete(_ run: Int64) throws -> Bool {
    try pool.write { db in
      if try Self.isComplete(run, in: db) { return false }
      try RunRemover.remove(run, in: db)
      return true
    }
  }

  /// The complete runs, in the order in which they were stored.
  public func runs() throws(StoreError) -> [RunSummary] {
    try StoreError.catching(path: path) {
      try pool.read { db in try RunReader.summaries(in: db) }
    }
  }

  /// A complete run as it was stored; the fields of `RunSummary.options` are not part of a report.
  public func readReport(run: Int64) throws(StoreError) -> AnalysisReport {
    try StoreError.catching(path: path) {
      try pool.read { db in
        guard try Self.isComplete(run, in: db) else {
          throw StoreError(path: path, problem: .noSuchRun(run))
        }
        return try RunReader(db: db, run: run).report()
      }
    }
  }

  /// Takes a run out, complete or not.
  public func remove(run: Int64) throws(StoreError) {
    try StoreError.catching(path: path) {
      try pool.write { db in try RunRemover.remove(run, in: db) }
    }
  }

  /// Writes everything back into the one file and closes it; a database that is not closed is
  /// whole all the same, with its last transactions in the file `-wal` beside it.
  public func close() throws(StoreError) {
    try StoreError.catching(path: path) {
      // The connection that closes last writes back, and a reader's may not write.
      pool.invalidateReadOnlyConnections()
      try pool.close()
    }
  }

  private static func configuration(_ lockWait: LockWait) -> Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .callback { lockWait.goesOn(tries: $0) }
    configuration.label = "AnalysisStore"
    configuration.prepareDatabase { db in
      // In KiB: the indexes that are not written in order stay in memory.
      try db.execute(sql: "PRAGMA cache_size = -16384")
    }
    return configuration
  }

  static func run(
    withFingerprint fingerprint: RunFingerprint, in db: Database
  ) throws -> (run: Int64, isComplete: Bool)? {
    let row = try Row.fetchOne(
      db, sql: "SELECT run, complete FROM run WHERE fingerprint = \(fingerprint.literal)")
    return row.map { ($0[0], $0[1]) }
  }

  private static func exists(_ run: Int64, in db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT 1 FROM run WHERE run = ?", arguments: [run]) ?? false
  }

  static func isComplete(_ run: Int64, in db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT complete FROM run WHERE run = ?", arguments: [run]) ?? false
  }
}

/// What became of a report that was to be stored.
public struct StoredRun: Sendable, Equatable {
  public enum Outcome: Sendable, Equatable {
    case inserted
    /// The database had the run already: nothing was written.
    case unchanged
    /// An attempt that had not come to its end was replaced.
    case replaced
  }
  /// `run.run` in the database.
  public var run: Int64
  public var outcome: Outcome
}

/// A complete run, without its rows.
public struct RunSummary: Sendable, Equatable {
  public var run: Int64
  /// Seconds since 1970, by the clock of the machine that stored it.
  public var storedAtSeconds: Int64
  public var packets: UInt64
  public var octets: UInt64
  /// The smallest and the largest time of its captures.
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  public var options: AnalysisOptions
}
