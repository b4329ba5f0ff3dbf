import AnalysisStore
import PacketAnalysis
import Testing

@Suite("A report comes back from the database")
struct RoundTripTests {
  @Test(
    "every field of a random report is read as it was stored",
    arguments: 1...40 as ClosedRange<UInt64>)
  func everyField(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let report = RandomReport.make(seed: seed)
    let stored = try store.store(report, options: RandomReport.options(seed: seed))
    #expect(stored.outcome == .inserted)
    try expectEqual(try store.readReport(run: stored.run), report)
  }

  @Test("the random reports use what a report can hold")
  func generatorCoverage() {
    let report = RandomReport.make(seed: 1, associations: 300)
    #expect(!report.gaps.isEmpty && !report.skips.isEmpty && !report.suspectFrames.isEmpty)
    #expect(!report.flows.isEmpty && !report.buckets.isEmpty && !report.blindIntervals.isEmpty)
    #expect(report.associations.contains { $0.sourceAddresses.count == 4 })
    #expect(report.associations.contains { $0.vlans.count == VLANStack.capacity })
    #expect(report.associations.contains { $0.lowestNumber == nil })
    #expect(report.associations.contains { $0.id > UInt64(Int64.max) })
    #expect(report.associations.contains { $0.interArrival == nil })
    #expect(report.gaps.contains { $0.cause != nil } && report.gaps.contains { $0.provisional })
    #expect(report.buckets.contains { $0.start == nil && $0.association == 0 })
  }

  @Test("an empty report is a run as well")
  func emptyReport() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let stored = try store.store(AnalysisReport())
    #expect(try store.readReport(run: stored.run) == AnalysisReport())
  }

  @Test("a report of more rows than one transaction takes is whole")
  func manyTransactions() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let report = RandomReport.make(seed: 7, associations: 25_000)
    #expect(report.gaps.count > 20_000)
    let stored = try store.store(report)
    try expectEqual(try store.readReport(run: stored.run), report)
  }

  @Test("a count that only a lying capture can claim is kept as the largest integer")
  func countAboveInt64() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    var report = AnalysisReport()
    report.points = ["default"]
    report.files = ["lying.pcapng"]
    var capture = CaptureSummary(file: 0, format: .pcapng, point: 0)
    capture.capturedDrops = .max
    report.captures = [capture]
    let stored = try store.store(report)
    let read = try store.readReport(run: stored.run)
    #expect(read.captures.first?.capturedDrops == UInt64(Int64.max))
  }

  @Test("the list of runs has the options and the span of the captures")
  func listOfRuns() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let report = RandomReport.make(seed: 3)
    let options = RandomReport.options(seed: 3)
    let stored = try store.store(report, options: options)
    let runs = try store.runs()
    let run = try #require(runs.first)
    #expect(runs.count == 1 && run.run == stored.run)
    #expect(run.options == options)
    #expect(run.packets == report.totals.packets && run.octets == report.totals.octets)
    #expect(run.firstTime == report.captures.compactMap(\.firstTime).min())
    #expect(run.lastTime == report.captures.compactMap(\.lastTime).max())
    #expect(run.storedAtSeconds > 1_600_000_000)
  }

  /// Part by part, so that a failure shows where it is; then as a whole.
  private func expectEqual(_ read: AnalysisReport, _ report: AnalysisReport) throws {
    try #require(read.captures == report.captures)
    try #require(read.totals == report.totals)
    try #require(read.associations.count == report.associations.count)
    for (a, b) in zip(read.associations, report.associations) { try #require(a == b) }
    try #require(read.gaps.count == report.gaps.count)
    for (a, b) in zip(read.gaps, report.gaps) { try #require(a == b) }
    try #require(read.skips == report.skips)
    try #require(read.suspectFrames == report.suspectFrames)
    try #require(read.flows == report.flows)
    try #require(read.buckets == report.buckets)
    try #require(read == report)
  }
}
