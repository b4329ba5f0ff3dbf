import Foundation
import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("The schema")
struct SchemaTests {
  @Test("a database of version 1 is brought up to date and keeps its run")
  func migration() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/version1.sql")
    let sql = try String(contentsOf: fixture, encoding: .utf8)
    try DatabaseQueue(path: path).writeWithoutTransaction { db in try db.execute(sql: sql) }

    let store = try AnalysisStore(path: path)
    #expect(try store.runs().map(\.run) == [1])
    let report = try store.readReport(run: 1)
    #expect(report.associations.map(\.lost) == [2])
    #expect(report.gaps.map(\.missing) == [2])
    let shown = try store.pool.read { db in
      try String.fetchOne(db, sql: "SELECT id FROM association_report")
    }
    #expect(shown == "ffffffffffffffff")
    #expect(try store.store(RandomReport.make(seed: 1)).outcome == .inserted)
  }

  @Test("a database of version 3 is brought up to date, and its run can be taken out")
  func migrationOfVersion3() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/version3.sql")
    let sql = try String(contentsOf: fixture, encoding: .utf8)
    try DatabaseQueue(path: path).writeWithoutTransaction { db in try db.execute(sql: sql) }

    let store = try AnalysisStore(path: path)
    let report = try store.readReport(run: 1)
    #expect(report.associations.map(\.lost) == [1, 0])
    #expect(report.buckets.map(\.lost) == [1, 0])
    let counts = try store.pool.read { db in
      try ["history", "point_history", "progress"].map { table in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
      }
    }
    #expect(counts == [0, 0, 0])
    try store.remove(run: 1)
    #expect(try store.runs().isEmpty)
  }

  @Test(
    "a database of version 4 is brought up to date, and has the sums that it would be written with")
  func migrationOfVersion4() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/version4.sql")
    let sql = try String(contentsOf: fixture, encoding: .utf8)
    try DatabaseQueue(path: path).writeWithoutTransaction { db in
      try db.execute(sql: sql)
      // More than SQLite adds up in integers, as only a lying capture can claim.
      try db.execute(sql: "UPDATE association SET octets = 9223372036854775807 WHERE an IS NULL")
      try db.execute(sql: "UPDATE channel SET protocol = 'esp' WHERE protocol = 'ah'")
    }

    let store = try AnalysisStore(path: path)
    let migrated = try RunDump.tables(of: 1, in: store)["share"]
    #expect(migrated?.count == 2)
    let again = try AnalysisStore(path: directory.file("again.db"))
    try again.store(store.readReport(run: 1))
    #expect(try RunDump.tables(of: 1, in: again)["share"] == migrated)
    let sums = try store.pool.read { db in
      try Row.fetchAll(db, sql: "SELECT octets, lost FROM share ORDER BY position")
        .map { [$0[0], $0[1]] as [Int64] }
    }
    #expect(sums.map { $0[0] }.max() == .max)
    #expect(sums.map { $0[1] }.reduce(0, +) == 21)
  }

  @Test("all tables are STRICT and hold no text that would have to be parsed")
  func strict() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    try store.pool.read { db in
      let loose = try String.fetchAll(
        db,
        sql: """
          SELECT name FROM pragma_table_list
          WHERE schema = 'main' AND type = 'table' AND NOT strict
            AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
          """)
      #expect(loose.isEmpty)
      let text = try String.fetchAll(
        db,
        sql: """
          SELECT m.name || '.' || c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
          WHERE m.type = 'table' AND c.type = 'TEXT' AND m.name <> 'grdb_migrations' ORDER BY 1
          """)
      #expect(
        text == [
          "approximation.reason", "association.sci_source", "blind.reason",
          "capture.damage_reason", "capture.format", "channel.protocol", "event.detail",
          "event.kind", "file.name", "further_mac.role", "gap.cause", "malformed.layer",
          "malformed.reason", "note.text", "point.name",
          "share.protocol",
        ])
      #expect(try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal")
      #expect(try Int.fetchOne(db, sql: "PRAGMA foreign_keys") == 1)
    }
  }

  @Test(
    "a row that cannot be is refused",
    arguments: [
      "UPDATE association SET an = 4",
      "UPDATE association SET an = 'one'",
      "UPDATE association SET duplicates = duplicates + 1",
      "UPDATE association SET sci_source = 'guessed'",
      "UPDATE association SET distinct_numbers = distinct_numbers + 1, packets = packets + 1",
      "UPDATE association SET channel = 99999",
      "UPDATE association SET id = (SELECT min(id) FROM association)",
      "UPDATE channel SET sci = x'0102' WHERE protocol = 'macsec'",
      "UPDATE channel SET sci = NULL WHERE protocol = 'macsec'",
      "UPDATE channel SET spi = NULL WHERE protocol <> 'macsec'",
      "UPDATE channel SET spi = 4294967296 WHERE protocol <> 'macsec'",
      "UPDATE channel SET source_ip = '192.0.2.1' WHERE protocol <> 'macsec'",
      "UPDATE channel SET source_port = 65536, destination_port = 1 WHERE protocol <> 'macsec'",
      "UPDATE channel SET protocol = 'tls'",
      "UPDATE gap SET last_missing = first_missing - 1",
      "UPDATE gap SET association = 99999",
      "UPDATE suspect SET number = -1",
      "UPDATE capture SET damage_reason = NULL, damage_offset = 1",
      "UPDATE run SET complete = 2",
      "DELETE FROM point",
      "DELETE FROM run",
    ])
  func constraints(sql: String) throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    try store.store(RandomReport.make(seed: 1))
    let error = #expect(throws: DatabaseError.self) {
      try store.pool.write { db in try db.execute(sql: sql) }
    }
    #expect(error?.resultCode == .SQLITE_CONSTRAINT)
  }

  @Test(
    "the questions that are asked most use an index",
    arguments: [
      (
        "SELECT * FROM association WHERE run = 1 AND lost > 0 ORDER BY lost DESC LIMIT 100",
        "association_by_lost"
      ),
      (
        "SELECT * FROM association_report WHERE run = 1 AND lost > 0 ORDER BY lost DESC LIMIT 100",
        "association_by_lost"
      ),
      ("SELECT * FROM association WHERE run = 1 AND id = 5", "association_by_id"),
      ("SELECT * FROM gap WHERE run = 1 AND association = 5 ORDER BY first_missing", "PRIMARY KEY"),
      (
        "SELECT * FROM gap WHERE run = 1 AND after_time BETWEEN 1 AND 2 ORDER BY after_time",
        "gap_by_time"
      ),
      (
        """
        SELECT * FROM history INDEXED BY history_by_id
        WHERE run = 1 AND id = 5 AND width_s = 60 AND start > 7 ORDER BY start
        """, "history_by_id"
      ),
      (
        "SELECT * FROM history WHERE run = 1 AND width_s = 1 AND start < 5 ORDER BY start LIMIT 9",
        "PRIMARY KEY"
      ),
      ("SELECT * FROM bucket WHERE run = 1 AND start BETWEEN 1 AND 2", "bucket_by_time"),
      (
        "SELECT * FROM bucket WHERE run = 1 AND association = 5 ORDER BY start",
        "bucket_by_association"
      ),
    ])
  func queryPlans(sql: String, index: String) throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let plan = try store.pool.read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
    }
    #expect(plan.contains { $0.contains(index) }, "\(plan)")
    #expect(!plan.contains { $0.contains("USE TEMP B-TREE FOR ORDER BY") }, "\(plan)")
  }
}
