import Foundation
import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("History that grew old")
struct HistoryKeepingTests {
  private let directory: TemporaryDirectory
  private let store: AnalysisStore
  private static let hour: Int64 = 3_600_000_000_000

  init() throws {
    directory = try TemporaryDirectory()
    store = try AnalysisStore(path: directory.file("live.db"))
    try store.store(RandomReport.make(seed: 1))
    try store.pool.write { db in
      try db.execute(sql: "INSERT INTO progress VALUES (1, 0, 1, 1, 0, 0, 1, 0, 0)")
    }
  }

  /// A row of each width for so many associations at each full hour.
  private func fill(hours: Range<Int64>, associations: Int) throws {
    try store.pool.write { db in
      for hour in hours {
        for width in HistoryWriter.widths {
          try db.execute(
            sql: """
              WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT ?)
              INSERT INTO history SELECT 1, ?, ?, id, 1, 1, 1, 0, 0, 0, 0, 0 FROM n
              """, arguments: [associations, width, hour * Self.hour])
          try db.execute(
            sql: "INSERT INTO point_history VALUES (1, ?, ?, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0)",
            arguments: [width, hour * Self.hour])
        }
      }
    }
  }

  private func hours(_ table: String, width: Int64) throws -> [Int64] {
    try store.pool.read { db in
      try Int64.fetchAll(
        db, sql: "SELECT DISTINCT start FROM \(table) WHERE width_s = ? ORDER BY start",
        arguments: [width]
      ).map { $0 / Self.hour }
    }
  }

  private func now(_ hour: Int64) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: hour * Self.hour)
  }

  @Test("goes, each width at its time; the run stays as it is")
  func age() throws {
    try fill(hours: 0..<20, associations: 50)
    let before = try RunDump.tables(of: 1, in: store)
    var keeping = HistoryKeeping()
    keeping.secondsNanoseconds = 2 * Self.hour
    keeping.minutesNanoseconds = 5 * Self.hour
    keeping.hoursNanoseconds = 12 * Self.hour
    try store.removeOldHistory(keeping, now: now(20))
    for table in ["history", "point_history"] {
      #expect(try hours(table, width: 1) == [18, 19])
      #expect(try hours(table, width: 60) == [15, 16, 17, 18, 19])
      #expect(try hours(table, width: 3_600) == Array(8..<20))
    }
    #expect(try RunDump.tables(of: 1, in: store) == before)
  }

  @Test("goes a few rows at a time, and the rest later")
  func steps() throws {
    try fill(hours: 0..<1, associations: 2 * OldHistory.rowsPerStep + 1)
    let keeping = HistoryKeeping()
    let (old, young) = (now(24 * 10_000), now(1))
    #expect(
      try store.pool.write { try OldHistory(db: $0, keeping: keeping, now: young).removeSome() }
        == 0)
    var removed: [Int] = []
    repeat {
      removed.append(
        try store.pool.write { try OldHistory(db: $0, keeping: keeping, now: old).removeSome() })
    } while removed.last != 0
    #expect(removed.allSatisfy { $0 <= OldHistory.rowsPerStep + 1 })
    #expect(removed.reduce(0, +) == 3 * (2 * OldHistory.rowsPerStep + 2))
  }

  @Test("goes where the database is too large: seconds first, the oldest first, not this hour")
  func size() throws {
    try fill(hours: 0..<10, associations: 500)
    func used() throws -> Int64 {
      try store.pool.read { db in
        try Int64.fetchOne(
          db,
          sql: """
            SELECT (page_count - freelist_count) * page_size
            FROM pragma_page_count, pragma_freelist_count, pragma_page_size
            """) ?? 0
      }
    }
    var keeping = HistoryKeeping()
    keeping.databaseOctets = try used()
    try store.removeOldHistory(keeping, now: now(10))
    #expect(try hours("history", width: 1).count == 10)
    keeping.databaseOctets = try used() - 100_000
    try store.removeOldHistory(keeping, now: now(10))
    #expect(try used() <= keeping.databaseOctets)
    let seconds = try hours("history", width: 1)
    #expect(seconds.count < 10)
    #expect(seconds.last == 9)
    #expect(try hours("history", width: 60).count == 10)
    keeping.databaseOctets = 1
    try store.removeOldHistory(keeping, now: now(10))
    for width in HistoryWriter.widths { #expect(try hours("history", width: width) == [9]) }
  }

  @Test("leaves its place to what comes: the file does not grow for ever")
  func reuse() throws {
    var keeping = HistoryKeeping()
    keeping.secondsNanoseconds = 2 * Self.hour
    keeping.minutesNanoseconds = 2 * Self.hour
    keeping.hoursNanoseconds = 2 * Self.hour
    var pages: [Int] = []
    for hour in 1...12 as ClosedRange<Int64> {
      try fill(hours: hour..<(hour + 1), associations: 500)
      try store.removeOldHistory(keeping, now: now(hour + 1))
      pages.append(
        try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA page_count") } ?? 0)
    }
    #expect(pages[11] <= pages[4] + pages[4] / 10, "\(pages)")
  }
}
