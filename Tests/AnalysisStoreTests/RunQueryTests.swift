import Foundation
import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("Runs, asked about as a whole")
struct RunQueryTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.file("results.db")
  }

  @Test("captures and points come back with their names")
  func lists() async throws {
    let report = RandomReport.make(seed: 3)
    try AnalysisStore(path: path).store(report)
    let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
    let captures = try await allRows(limit: 2) { try await reader.captures(page: $0, run: .latest) }
    #expect(captures.map(\.capture) == report.captures)
    #expect(captures.map(\.file) == report.files)
    let points = try await allRows(limit: 1) { try await reader.points(page: $0, run: .latest) }
    #expect(points.map(\.name) == report.points)
    for (index, point) in points.enumerated() {
      let own = report.captures.filter { $0.point == index }
      #expect(point.captures == own.count && point.packets == own.map(\.packets).reduce(0, +))
      #expect(point.blindIntervals == report.blindIntervals.filter { $0.point == index }.count)
    }
  }

  @Test("a fixed reader goes on to see the state that it found first")
  func fixed() async throws {
    try AnalysisStore(path: path).store(RandomReport.make(seed: 3))
    let fixed = AnalysisReader(path: path, timeLimit: .seconds(600), isFixed: true)
    let other = AnalysisReader(path: path, timeLimit: .seconds(600))
    #expect(try await fixed.runs(limit: 9).map(\.run) == [1])
    try AnalysisStore(path: path).store(RandomReport.make(seed: 4))
    #expect(try await other.runs(limit: 9).map(\.run) == [2, 1])
    #expect(try await fixed.runs(limit: 9).map(\.run) == [1])
    #expect(try await fixed.overview(worst: 1, run: .latest).run.run == 1)
  }

  @Test("sums by point and protocol add up to those of all associations")
  func sums() async throws {
    let report = RandomReport.make(seed: 4, associations: 200)
    try AnalysisStore(path: path).store(report)
    let overview = try await AnalysisReader(path: path, timeLimit: .seconds(600)).overview(
      worst: 5, run: .latest)
    var sum = AssociationShare(point: "", securityProtocol: .macsec)
    for share in overview.shares { sum.add(share) }
    #expect(sum.associations == 200)
    #expect(sum.packets == report.associations.map(\.packets).reduce(0, +))
    #expect(sum.octets == report.associations.map(\.octets).reduce(0, +))
    #expect(sum.lost == report.associations.map(\.lost).reduce(0, +))
    #expect(sum.lostBlind == report.associations.map(\.lostBlind).reduce(0, +))
    #expect(sum.gaps == UInt64(report.gaps.count))
    #expect(overview.shares.count == 9)
    let worst = report.associations.map(\.lost).sorted(by: >).prefix(5)
    #expect(overview.worst.map(\.summary.lost) == Array(worst))
    #expect(overview.totals == report.totals)
    #expect(overview.blindDrops == report.blindIntervals.map(\.drops).reduce(0, +))
  }

  @Test("sums of what only a lying capture can claim end at the largest number")
  func largeSums() async throws {
    var report = RandomReport.make(seed: 5, associations: 10)
    for index in 0..<10 { report.associations[index].octets = UInt64(Int64.max) }
    try AnalysisStore(path: path).store(report)
    let overview = try await AnalysisReader(path: path, timeLimit: .seconds(600)).overview(
      worst: 0, run: .latest)
    var sum = AssociationShare(point: "", securityProtocol: .macsec)
    for share in overview.shares { sum.add(share) }
    #expect(sum.octets == .max && overview.worst.isEmpty)
  }

  @Test("the latest complete run is asked about, or the one that is named; none other is there")
  func choice() async throws {
    let store = try AnalysisStore(path: path)
    let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
    #expect(try await reader.runs(limit: 9).isEmpty)
    await #expect(throws: StoreError(path: path, problem: .noRun)) {
      try await reader.overview(worst: 1, run: .latest)
    }
    let first = try store.store(RandomReport.make(seed: 1)).run
    let second = try store.store(RandomReport.make(seed: 2)).run
    #expect(try await reader.overview(worst: 1, run: .latest).run.run == second)
    #expect(try await reader.overview(worst: 1, run: .number(first)).run.run == first)
    #expect(try await reader.runs(limit: 9).map(\.run) == [second, first])
    #expect(try await reader.runs(limit: 1).map(\.run) == [second])
    await #expect(throws: StoreError(path: path, problem: .noSuchRun(77))) {
      try await reader.overview(worst: 1, run: .number(77))
    }
    try await store.pool.write { try $0.execute(sql: "UPDATE run SET complete = 0 WHERE run = 2") }
    #expect(try await reader.overview(worst: 1, run: .latest).run.run == first)
  }

  @Test("a database that is not there, is another's, newer or older is refused, and says why")
  func refusals() async throws {
    let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
    await #expect(throws: StoreError(path: path, problem: .missing)) { try await reader.check() }
    try Data("hello, I am no database, and long enough to be one".utf8)
      .write(to: URL(fileURLWithPath: path))
    await #expect(throws: StoreError(path: path, problem: .notADatabase)) {
      try await reader.check()
    }
    try FileManager.default.removeItem(atPath: path)
    let queue = try DatabaseQueue(path: path)
    try await queue.write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
    await #expect(throws: StoreError(path: path, problem: .foreignDatabase)) {
      try await reader.check()
    }
    try await queue.write { try $0.execute(sql: "DROP TABLE theirs") }
    try queue.close()
    let store = try AnalysisStore(path: path)
    try await reader.check()
    let name = try await store.pool.write { db in
      let name = try String.fetchOne(
        db, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid DESC")
      try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = ?", arguments: [name])
      return name
    }
    await #expect(throws: StoreError(path: path, problem: .olderSchema)) {
      try await reader.check()
    }
    try await store.pool.write { db in
      try db.execute(
        sql: "INSERT INTO grdb_migrations VALUES (?), ('99 future')", arguments: [name])
    }
    await #expect(throws: StoreError(path: path, problem: .newerSchema)) {
      try await reader.check()
    }
  }

  @Test("another file in the place of the database is opened anew")
  func replacedFile() async throws {
    try AnalysisStore(path: path).store(RandomReport.make(seed: 1, associations: 5))
    let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
    #expect(
      try await reader.overview(worst: 0, run: .latest).shares.map(\.associations).reduce(0, +) == 5
    )
    let other = directory.file("other.db")
    let store = try AnalysisStore(path: other)
    try store.store(RandomReport.make(seed: 2, associations: 6))
    try store.close()
    for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
    #expect(rename(other, path) == 0)
    #expect(
      try await reader.overview(worst: 0, run: .latest).shares.map(\.associations).reduce(0, +) == 6
    )
  }
}
