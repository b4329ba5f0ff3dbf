import CaptureInput
import PacketAnalysis
import Testing
import TrafficGenerator

/// What an analyzer says on the way, against an analyzer that stopped there.
@Suite("Snapshots")
struct SnapshotTests {
  private func batches(_ path: String, _ body: (borrowing FrameBatch, [InterfaceContext]) -> Void)
    throws -> RunDescription
  {
    let captures = try CaptureSet([CaptureInputArgument(path: path)])
    var batch = FrameBatch()
    while let delivery = captures.next(into: &batch) { body(batch, delivery.interfaces) }
    var run = RunDescription()
    run.files = [path]
    run.points = captures.points
    return run
  }

  @Test(
    "a snapshot is the report of the frames so far, and changes nothing of what follows",
    arguments: 1...8 as ClosedRange<UInt64>, [nil, 10_000_000] as [Int64?])
  func prefixes(seed: UInt64, bucketNanoseconds: Int64?) throws {
    try withTemporaryFile { path in
      var mixture = GeneratorOptions.mixture(seed: seed)
      mixture.packets = min(max(mixture.packets, 1_500), 6_000)
      _ = try TrafficGenerator(options: mixture).run(path: path)
      var options = AnalysisOptions()
      options.bucketNanoseconds = bucketNanoseconds

      let analyzer = PacketAnalyzer(options: options)
      var snapshots: [AnalysisSnapshot] = []
      let run = try batches(path) { batch, interfaces in
        analyzer.analyze(batch, file: 0, interfaces: interfaces)
        snapshots.append(analyzer.snapshot())
      }
      #expect(snapshots.count > 3)
      for count in [2, snapshots.count / 2, snapshots.count - 1] {
        let stopped = PacketAnalyzer(options: options)
        var left = count
        _ = try batches(path) { batch, interfaces in
          if left > 0 { stopped.analyze(batch, file: 0, interfaces: interfaces) }
          left -= 1
        }
        try expectEqual(snapshots[count - 1].finish(run), stopped.finish(run))
      }
      let undisturbed = PacketAnalyzer(options: options)
      _ = try batches(path) { batch, interfaces in
        undisturbed.analyze(batch, file: 0, interfaces: interfaces)
      }
      try expectEqual(analyzer.finish(run), undisturbed.finish(run))
    }
  }

  @Test("the progress counts what the report would, where nothing is in doubt")
  func progress() throws {
    try withTemporaryFile { path in
      var options = GeneratorOptions()
      (options.packets, options.flows, options.seed) = (8_000, 12, 4)
      options.scenarios = try Scenario.parse(["loss:rate=0.05"])
      _ = try TrafficGenerator(options: options).run(path: path)
      let analyzer = PacketAnalyzer(options: AnalysisOptions())
      var progress: [AnalysisProgress] = []
      var snapshots: [AnalysisSnapshot] = []
      let run = try batches(path) { batch, interfaces in
        analyzer.analyze(batch, file: 0, interfaces: interfaces)
        progress.append(analyzer.progress)
        snapshots.append(analyzer.snapshot())
      }
      for (progress, snapshot) in zip(progress, snapshots) {
        let associations = snapshot.finish(run).associations
        #expect(progress.associations == associations.count)
        #expect(progress.lost == associations.reduce(0) { $0 + $1.lost })
      }
      #expect(try #require(progress.last).lost > 100)
    }
  }

  @Test("what two rings have of one association stands apart, and a note says so")
  func split() throws {
    try withTemporaryFile { path in
      var mixture = GeneratorOptions.mixture(seed: 3)
      mixture.packets = 3_000
      _ = try TrafficGenerator(options: mixture).run(path: path)
      var options = AnalysisOptions()
      options.bucketNanoseconds = 10_000_000
      let rings = [PacketAnalyzer(options: options), PacketAnalyzer(options: options)]
      let run = try batches(path) { batch, interfaces in
        for ring in rings { ring.analyze(batch, file: 0, interfaces: interfaces) }
      }
      let one = rings[0].snapshot().finish(run)
      let joined = AnalysisSnapshot(joining: rings.map { $0.snapshot() }).finish(run)
      #expect(joined.notes.count == one.notes.count + 1)
      #expect(joined.totals.packets == 2 * one.totals.packets)
      #expect(joined.associations.count == 2 * one.associations.count)
      #expect(Set(joined.associations.map(\.id)).count == joined.associations.count)
      let epochs = Dictionary(grouping: joined.associations, by: \.key)
      for rows in epochs.values {
        #expect(rows.map(\.epoch).sorted() == Array(rows.indices))
      }
      let ids = Set(joined.associations.map(\.id))
      #expect(joined.gaps.count == 2 * one.gaps.count)
      #expect(joined.gaps.allSatisfy { ids.contains($0.association) })
      for row in joined.associations {
        let gaps = joined.gaps.filter { $0.association == row.id }
        #expect(gaps.reduce(0) { $0 + $1.missing } == row.lost)
        let buckets = joined.buckets.filter { $0.association == row.id }
        #expect(buckets.reduce(0) { $0 + $1.packets } == row.packets)
      }
      #expect(joined.flows.map(\.key) == one.flows.map(\.key))
      #expect(joined.flows.map(\.packets) == one.flows.map { 2 * $0.packets })
    }
  }

  /// Without the whole reports in the message.
  private func expectEqual(_ found: AnalysisReport, _ expected: AnalysisReport) throws {
    let isEqual = found == expected
    try #require(
      isEqual, "\(ReportDifference.differences(truth: expected, report: found, limit: 5))")
  }
}
