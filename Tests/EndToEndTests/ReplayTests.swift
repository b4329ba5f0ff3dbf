import CaptureInput
import Foundation
import PacketAnalysis
import Testing
import TrafficGenerator

/// A capture that is read several times in one run.
@Suite("Replay in a loop")
struct ReplayTests {
  @Test("each loop is an epoch of everything, with the same counts, and nothing is lost between")
  func loops() throws {
    let folder = try CaptureFolder()
    var compared = 0
    for seed in UInt64(1)...60 {
      guard let generator = try? TrafficGenerator(options: .mixture(seed: seed)) else { continue }
      var sink = MemorySink()
      _ = try generator.run(into: &sink, name: "loop.pcap")
      let path = try folder.write(sink.octets, "loop.pcap")
      compared += 1
      let once = try report(of: path, times: 1)
      let thrice = try report(of: path, times: 3)
      #expect(thrice.totals.packets == 3 * once.totals.packets, "seed \(seed)")
      var expected: [AssociationKey: [AssociationSummary]] = [:]
      for row in once.associations { expected[row.key, default: []].append(row) }
      var found: [AssociationKey: [AssociationSummary]] = [:]
      for row in thrice.associations { found[row.key, default: []].append(row) }
      #expect(found.count == expected.count, "seed \(seed)")
      for (key, rows) in expected {
        let rows = rows.map(\.counted)
        let again = (found[key] ?? []).sorted { $0.epoch < $1.epoch }
        #expect(again.map(\.epoch) == Array(0..<3 * rows.count), "seed \(seed)")
        #expect(again.map(\.counted) == rows + rows + rows, "seed \(seed): \(key)")
      }
      #expect(thrice.gaps.count == 3 * once.gaps.count, "seed \(seed)")
      #expect(thrice.skips.count == 3 * once.skips.count, "seed \(seed)")
    }
    #expect(compared > 20)
  }

  private func report(of path: String, times: Int) throws -> AnalysisReport {
    let analyzer = PacketAnalyzer(options: AnalysisOptions())
    var run = RunDescription()
    var batch = FrameBatch()
    for time in 0..<times {
      if time > 0 { analyzer.beginAgain() }
      let captures = try CaptureSet([CaptureInputArgument(path: path)])
      while let delivery = captures.next(into: &batch) {
        analyzer.analyze(batch, file: delivery.file, interfaces: delivery.interfaces)
      }
      (run.files, run.points, run.captures) = ([path], captures.points, captures.summaries())
    }
    return analyzer.finish(run)
  }
}

extension AssociationSummary {
  /// What was counted, whichever epoch it is.
  fileprivate var counted: AssociationCounts {
    var counts = counts
    counts.epoch = 0
    return counts
  }
}
