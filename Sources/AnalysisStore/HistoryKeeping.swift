internal import GRDB
internal import PacketAnalysis

/// How long history is kept, and how large the database may grow by it.
public struct HistoryKeeping: Sendable, Equatable {
  /// For the rows of a second, a minute and an hour.
  public var secondsNanoseconds: Int64 = 86_400_000_000_000
  public var minutesNanoseconds: Int64 = 31 * 86_400_000_000_000
  public var hoursNanoseconds: Int64 = 731 * 86_400_000_000_000
  /// Where the database holds more, the oldest history goes, the rows of seconds first; what is no
  /// history stays, however large.
  public var databaseOctets: Int64 = 8 << 30

  public init() {}

  func nanoseconds(ofWidth seconds: Int64) -> Int64 {
    switch seconds {
    case 1: secondsNanoseconds
    case 60: minutesNanoseconds
    default: hoursNanoseconds
    }
  }
}

extension AnalysisStore {
  /// Takes out history that is too old, or too much, of all runs: a few rows at a time, so that nobody
  /// waits for it, and a few times, so that the next state does not. What is left over is for the next
  /// call. SQLite writes new rows where the old ones were: the file grows no more.
  func removeOldHistory(
    _ keeping: HistoryKeeping, now: Timestamp = .now
  ) throws(StoreError) {
    try StoreError.catching(path: path) {
      for _ in 0..<Self.stepsPerState {
        let removed = try pool.write { db in
          try OldHistory(db: db, keeping: keeping, now: now).removeSome()
        }
        if removed == 0 { return }
      }
    }
  }

  private static let stepsPerState = 20
}

/// History that is to go.
struct OldHistory {
  let db: Database
  let keeping: HistoryKeeping
  let now: Timestamp

  static let rowsPerStep = 5_000

  /// Returns how many rows went.
  func removeSome() throws -> Int {
    for run in try Int64.fetchAll(db, sql: "SELECT run FROM progress ORDER BY run") {
      for width in HistoryWriter.widths {
        let kept = keeping.nanoseconds(ofWidth: width)
        let (start, overflow) = now.nanosecondsSinceEpoch.subtractingReportingOverflow(kept)
        guard !overflow else { continue }
        let removed = try remove(run, width, before: start)
        if removed > 0 { return removed }
      }
    }
    return try isTooLarge() ? removeOldest() : 0
  }

  /// What the database holds, without the pages that wait for other rows.
  private func isTooLarge() throws -> Bool {
    let used = try Int64.fetchOne(
      db,
      sql: """
        SELECT (page_count - freelist_count) * page_size
        FROM pragma_page_count, pragma_freelist_count, pragma_page_size
        """)
    return (used ?? 0) > keeping.databaseOctets
  }

  /// The narrowest rows of the oldest run, then wider ones. What is of this hour stays.
  private func removeOldest() throws -> Int {
    let hour = now.nanosecondsSinceEpoch - 3_600_000_000_000
    for width in HistoryWriter.widths {
      for run in try Int64.fetchAll(db, sql: "SELECT run FROM progress ORDER BY run") {
        let removed = try remove(run, width, before: hour)
        if removed > 0 { return removed }
      }
    }
    return 0
  }

  private func remove(_ run: Int64, _ width: Int64, before start: Int64) throws -> Int {
    var removed = 0
    for (table, last) in [("history", "id"), ("point_history", "point")] {
      try db.execute(
        sql: """
          DELETE FROM \(table) WHERE (run, width_s, start, \(last)) IN (
            SELECT run, width_s, start, \(last) FROM \(table)
            WHERE run = ? AND width_s = ? AND start < ?
            ORDER BY start, \(last) LIMIT \(Self.rowsPerStep))
          """, arguments: [run, width, start])
      removed += db.changesCount
    }
    return removed
  }
}
