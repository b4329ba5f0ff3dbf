import Foundation
import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("An import that was cut short")
struct InterruptionTests {
  private let report = RandomReport.make(seed: 1)
  private let options = AnalysisOptions()

  /// Everything but the last transaction, as a kill leaves it.
  private func importHalf(_ store: AnalysisStore) throws -> Int64 {
    let writer = RunWriter(pool: store.pool, report: report, options: options)
    let run = try writer.begin(fingerprint: RunFingerprint.of(report, options: options))
    try writer.writeRows(of: run)
    return run
  }

  @Test("is seen by nobody")
  func invisible() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let run = try importHalf(store)
    #expect(try store.runs().isEmpty)
    #expect(throws: StoreError(path: store.path, problem: .noSuchRun(run))) {
      try store.readReport(run: run)
    }
    let shown = try store.pool.read { db in
      try ["complete_run", "association_report", "gap_report"].map {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)")
      }
    }
    #expect(shown == [0, 0, 0])
  }

  @Test("is replaced by the next attempt, in another process too")
  func replaced() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let half = try importHalf(try AnalysisStore(path: path))
    let store = try AnalysisStore(path: path)
    let stored = try store.store(report)
    #expect(stored.outcome == .replaced && stored.run != half)
    #expect(try store.readReport(run: stored.run) == report)
    let rows = try store.pool.read { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM association")
    }
    #expect(rows == report.associations.count)
    #expect(try store.store(report).outcome == .unchanged)
  }

  @Test("does not touch the runs beside it")
  func neighbours() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let other = RandomReport.make(seed: 2)
    let neighbour = try store.store(other)
    _ = try importHalf(store)
    #expect(try store.readReport(run: neighbour.run) == other)
    try store.store(report)
    #expect(try store.readReport(run: neighbour.run) == other)
  }

  @Test("by another process that stores the same says so")
  func removedMeanwhile() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let writer = RunWriter(pool: store.pool, report: report, options: options)
    let run = try writer.begin(fingerprint: RunFingerprint.of(report, options: options))
    try AnalysisStore(path: store.path).store(report)
    #expect(throws: StoreError(path: store.path, problem: .storedMeanwhile)) {
      try StoreError.catching(path: store.path) { try writer.complete(run) }
    }
    #expect(try store.runs().count == 1)
  }

  @Test("never happened once the store is closed: one file has it all")
  func closed() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let stored = try store.store(report)
    _ = try store.runs()
    try store.close()
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(files == ["results.db"])
    #expect(try AnalysisStore(path: store.path).readReport(run: stored.run) == report)
  }

  @Test("a reader keeps its view while another run is stored")
  func concurrentReader() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let first = try store.store(report)
    let second = RandomReport.make(seed: 2, associations: 2_000)
    try store.pool.read { db in
      let before = try RunReader(db: db, run: first.run).report()
      try AnalysisStore(path: store.path).store(second)
      #expect(try RunReader(db: db, run: first.run).report() == before)
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM run") == 1)
    }
    #expect(try store.runs().count == 2)
  }

  @Test("many stores from many threads keep every run whole")
  func concurrentWriters() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    _ = try AnalysisStore(path: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for seed in 1...6 as ClosedRange<UInt64> {
        group.addTask {
          let store = try AnalysisStore(path: path)
          let report = RandomReport.make(seed: seed, associations: 500)
          let stored = try store.store(report)
          #expect(try store.readReport(run: stored.run) == report)
        }
      }
      try await group.waitForAll()
    }
    #expect(try AnalysisStore(path: path).runs().count == 6)
  }

  @Test("the same report from many threads is one whole run, whoever wins")
  func concurrentSame() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let report = RandomReport.make(seed: 9, associations: 3_000)
    _ = try AnalysisStore(path: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...6 {
        group.addTask {
          let store = try AnalysisStore(path: path)
          do {
            try store.store(report)
          } catch let error as StoreError {
            #expect(error.problem == .storedMeanwhile)
          }
        }
      }
      try await group.waitForAll()
    }
    let store = try AnalysisStore(path: path)
    #expect(try store.runs().count == 1)
    let run = try #require(try store.runs().first?.run)
    #expect(try store.readReport(run: run) == report)
  }
}
