import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("A run is recognised")
struct RunRecognitionTests {
  @Test("the same again changes nothing")
  func sameAgain() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let report = RandomReport.make(seed: 1)
    let first = try AnalysisStore(path: path).store(report)
    let store = try AnalysisStore(path: path)
    let before = try rowCounts(store)
    #expect(try store.store(report) == StoredRun(run: first.run, outcome: .unchanged))
    #expect(try rowCounts(store) == before)
  }

  @Test("a capture that was moved or renamed is the same")
  func renamed() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    var report = RandomReport.make(seed: 1)
    try store.store(report)
    report.files = report.files.map { "/elsewhere/\($0)" }
    report.notes = []
    #expect(try store.store(report).outcome == .unchanged)
  }

  @Test("two runs stand side by side and are not added up")
  func twoRuns() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let (a, b) = (RandomReport.make(seed: 1), RandomReport.make(seed: 2))
    let first = try store.store(a)
    let second = try store.store(b)
    #expect(first.run != second.run)
    #expect(try store.runs().map(\.run) == [first.run, second.run])
    #expect(try store.readReport(run: first.run) == a)
    #expect(try store.readReport(run: second.run) == b)
  }

  @Test("the same associations under other options are another run")
  func otherOptions() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let report = RandomReport.make(seed: 1)
    let first = try store.store(report)
    var options = AnalysisOptions()
    options.tracking.window = 64
    let second = try store.store(report, options: options)
    #expect(second.outcome == .inserted && second.run != first.run)
    #expect(try store.readReport(run: second.run) == report)
  }

  @Test("a run that was removed is gone and can be stored again")
  func removed() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let report = RandomReport.make(seed: 1)
    let empty = try rowCounts(store)
    let first = try store.store(report)
    try store.remove(run: first.run)
    #expect(try rowCounts(store) == empty)
    #expect(throws: StoreError(path: store.path, problem: .noSuchRun(first.run))) {
      try store.readReport(run: first.run)
    }
    #expect(try store.store(report).outcome == .inserted)
  }

  @Test("one different value makes another fingerprint", arguments: Self.changes.indices)
  func oneValue(index: Int) {
    let report = RandomReport.make(seed: 5)
    var changed = report
    Self.changes[index](&changed)
    let options = AnalysisOptions()
    #expect(changed != report)
    #expect(
      RunFingerprint.of(changed, options: options) != RunFingerprint.of(report, options: options))
  }

  private static let changes: [@Sendable (inout AnalysisReport) -> Void] = [
    { $0.totals.packets += 1 },
    { $0.totals.octets += 1 },
    { $0.totals.nested += 1 },
    { $0.points[0] = "other" },
    { $0.captures[0].firstTime = Timestamp(nanosecondsSinceEpoch: 1) },
    { $0.captures[0].timeSteps += 1 },
    { $0.associations[0].id ^= 1 << 63 },
    { $0.associations[0].epoch += 1 },
    { $0.associations[0].reordered += 1 },
    {
      $0.associations[0].interArrival = nil; $0.associations[1].interArrival = nil
    },
    { $0.associations.swapAt(0, 1) },
    { $0.associations.removeLast() },
    { $0.gaps[0].before.frame += 1 },
    { $0.gaps[0].cause = "another" },
    { $0.gaps[0].provisional.toggle() },
    { $0.skips[0].lastMissing += 1 },
    { $0.suspectFrames[0].number ^= 1 },
    { $0.flows[0].key.destinationPort ^= 1 },
    { $0.malformed[0].count += 1 },
    { $0.buckets[0].lost += 1 },
    { $0.bucketNanoseconds = nil },
    { $0.blindIntervals[0].drops += 1 },
  ]

  private func rowCounts(_ store: AnalysisStore) throws -> [String: Int] {
    try store.pool.read { db in
      var counts: [String: Int] = [:]
      for table in RunRemover.tables {
        counts[table] = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
      }
      return counts
    }
  }
}
