import Foundation
import GRDB
import Glibc
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("What goes wrong is named, with the file and what to do")
struct StoreErrorTests {
  private let report = RandomReport.make(seed: 1, associations: 2_000)

  private func problem(opening path: String) -> StoreError.Problem? {
    do {
      _ = try AnalysisStore(path: path)
      return nil
    } catch {
      #expect(error.path == path && error.description.hasPrefix("\(path): "))
      #expect(error.description.contains("; "))
      return error.problem
    }
  }

  @Test("a full disk ends the import; when there is space again it is replaced")
  func diskFull() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    try setPageLimit(100, of: store)
    #expect(throws: StoreError(path: store.path, problem: .diskFull)) { try store.store(report) }
    #expect(try store.runs().isEmpty)
    #expect(throws: StoreError(path: store.path, problem: .diskFull)) { try store.store(report) }

    try setPageLimit(100_000, of: store)
    let stored = try store.store(report)
    #expect(stored.outcome == .replaced)
    #expect(try store.readReport(run: stored.run) == report)
  }

  private func setPageLimit(_ pages: Int, of store: AnalysisStore) throws {
    try store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
  }

  @Test(
    "numbers that the schema forbids, in a file that somebody else changed, are damage and no crash",
    arguments: ["0", "-1", "-9223372036854775808"])
  func impossibleNumbers(number: String) async throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let run = try store.store(report).run
    try await store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = 1")
      try db.execute(sql: "UPDATE gap SET last_missing = \(number)")
    }
    let damage = StoreError(path: store.path, problem: .damaged)
    #expect(throws: damage) { try store.readReport(run: run) }
  }

  @Test(
    "numbers of an association that cannot be, in such a file, stopped whoever read them",
    arguments: [
      "highest_number = 0, lowest_number = 9223372036854775807", "lowest_number = -1",
      "highest_number = -5", "distinct_numbers = 9223372036854775807",
      "skipped = 9223372036854775807", "skipped = 9223372036854775807, distinct_numbers = 1",
    ])
  func impossibleRange(change: String) async throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let run = try store.store(report).run
    try await store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = 1")
      try db.execute(
        sql: "UPDATE association SET \(change) WHERE highest_number IS NOT NULL")
    }
    let damage = StoreError(path: store.path, problem: .damaged)
    #expect(throws: damage) { try store.readReport(run: run) }
    await #expect(throws: damage) {
      try await AnalysisReader(path: store.path, timeLimit: .seconds(600)).associations(
        AssociationFilter(), sortedBy: ListOrder(.position),
        page: PageRequest(limit: 1_000), run: .latest)
    }
  }

  @Test("counts that no integer holds together, in such a file, are the most that it holds")
  func impossibleCounts() async throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    try store.store(RandomReport.make(seed: 3))
    try await store.pool.writeWithoutTransaction { db in
      let most = Int64.max
      try db.execute(
        sql:
          "UPDATE capture SET point = 0, packets = \(most), octets = \(most), captured_drops = \(most)"
      )
    }
    let points = try await AnalysisReader(path: store.path, timeLimit: .seconds(600)).points(
      page: PageRequest(limit: 9), run: .latest
    ).rows
    let captures = try #require(points.first?.captures)
    try #require(captures > 2)
    #expect(points.first?.packets == .max && points.first?.capturedDrops == .max)
  }

  @Test("a missing directory")
  func directoryMissing() throws {
    let directory = try TemporaryDirectory()
    #expect(problem(opening: directory.file("no/such/results.db")) == .directoryMissing)
  }

  @Test("a directory in place of a file")
  func isDirectory() throws {
    let directory = try TemporaryDirectory()
    #expect(problem(opening: directory.path) == .isDirectory)
  }

  @Test("a link that leads in a circle was said to be missing, or not to be writable")
  func linkLoop() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "results.db")
    #expect(problem(opening: path) == .linkLoop)
    await #expect(throws: StoreError(path: path, problem: .linkLoop)) {
      try await AnalysisReader(path: path).check()
    }
  }

  @Test("a FIFO in the place of a database stopped whoever read it; a device was an empty one")
  func noRegularFile() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    #expect(mkfifo(path, 0o600) == 0)
    for (path, problem) in [
      (path, StoreError.Problem.noRegularFile), ("/dev/zero", .noRegularFile),
      (directory.path, .isDirectory),
    ] {
      await #expect(throws: StoreError(path: path, problem: problem)) {
        try await AnalysisReader(path: path).check()
      }
    }
  }

  @Test("a place where no file can be made")
  func noFileHere() {
    #expect(problem(opening: "/proc/results.db") == .readOnly)
  }

  @Test(
    "a directory without permission to write",
    .enabled(if: geteuid() != 0, "root may write everywhere"))
  func readOnlyDirectory() throws {
    let directory = try TemporaryDirectory()
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: directory.path)
    #expect(problem(opening: directory.file("results.db")) == .readOnly)
  }

  @Test(
    "a database without permission to write",
    .enabled(if: geteuid() != 0, "root may write everywhere"))
  func readOnlyFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let store = try AnalysisStore(path: path)
    try store.close()
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: directory.path)
    #expect(throws: StoreError(path: path, problem: .readOnly)) {
      try AnalysisStore(path: path).store(report)
    }
  }

  @Test("a file that is no database, and stays as it is")
  func notADatabase() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("notes.txt")
    let text = String(repeating: "no database at all\n", count: 100)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    #expect(problem(opening: path) == .notADatabase)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test("an empty file becomes a database")
  func emptyFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(problem(opening: path) == nil)
  }

  @Test(
    "the database of another program, which stays as it is",
    arguments: [
      "CREATE TABLE bookmark (url TEXT)",
      "PRAGMA application_id = 7",
      "CREATE TABLE grdb_migrations (identifier TEXT); CREATE TABLE bookmark (url TEXT)",
      "CREATE TABLE grdb_migrations (identifier TEXT); INSERT INTO grdb_migrations VALUES ('1')",
      "CREATE TABLE grdb_migrations (identifier TEXT); PRAGMA application_id = 7",
    ])
  func foreignDatabase(sql: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("places.sqlite")
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in try db.execute(sql: sql) }
    try queue.close()
    let octets = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(problem(opening: path) == .foreignDatabase)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == octets)
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(files == ["places.sqlite"])
  }

  @Test("a database of a later version")
  func newerSchema() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let store = try AnalysisStore(path: path)
    try store.pool.write { db in
      try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of the future')")
    }
    #expect(problem(opening: path) == .newerSchema)
  }

  @Test("a damaged database is an error, not a crash")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let store = try AnalysisStore(path: path)
    let run = try store.store(report).run
    try store.close()
    var octets = try Data(contentsOf: URL(fileURLWithPath: path))
    try #require(octets.count > 100_000)
    for index in 8_192..<octets.count { octets[index] = 0xA5 }
    try octets.write(to: URL(fileURLWithPath: path))
    #expect(throws: StoreError(path: path, problem: .damaged)) {
      try AnalysisStore(path: path).readReport(run: run)
    }
  }

  @Test("rows that someone took out by hand are an error, not a crash")
  func danglingReference() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let run = try store.store(report).run
    try store.pool.writeWithoutTransaction { db in
      try db.execute(
        sql: "PRAGMA foreign_keys = OFF; DELETE FROM association WHERE position > 1000")
    }
    #expect(throws: StoreError(path: store.path, problem: .damaged)) {
      try store.readReport(run: run)
    }
  }

  @Test("a row of an association that the report does not have")
  func unknownAssociation() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    var report = report
    report.gaps[0].association = 12_345
    #expect(throws: StoreError(path: store.path, problem: .unknownAssociation(12_345))) {
      try store.store(report)
    }
    #expect(try store.runs().isEmpty)
  }

  @Test("a file that the report does not have is the report's error, not another process")
  func unknownFile() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    var report = report
    report.captures[0].file = 99
    do {
      try store.store(report)
      Issue.record("stored")
    } catch {
      guard case .rejected = error.problem else { Issue.record("\(error)"); return }
    }
  }

  @Test(
    "codes of SQLite that need a sick machine",
    arguments: [
      (ResultCode.SQLITE_READONLY, StoreError.Problem.readOnly),
      (.SQLITE_BUSY, .locked),
      (.SQLITE_LOCKED, .locked),
      (.SQLITE_FULL, .diskFull),
      (.SQLITE_CORRUPT, .damaged),
      (.SQLITE_IOERR, .sqlite(code: 10, message: "disk I/O error")),
    ])
  func codes(code: ResultCode, problem: StoreError.Problem) {
    #expect(StoreError.Problem(DatabaseError(resultCode: code), path: "results.db") == problem)
  }
}
