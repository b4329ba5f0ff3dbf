import Foundation
import PacketAnalysis
import Testing

/// The tracker against the model, on random traffic that comes near the borders of the rules.
@Suite("Tracker and model")
struct TrackerModelTests {
  private static let seeds =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 300

  @Test("agree on every field, with small options", arguments: [2, 3, 4])
  func smallOptions(confirmations: Int) {
    var options = TrafficSimulator.smallOptions
    options.confirmations = confirmations
    compare(seeds: Self.seeds, count: 250, options)
  }

  @Test("agree on every field, with the default options")
  func defaultOptions() {
    compare(seeds: max(Self.seeds / 20, 5), count: 3_000, TrackingOptions())
  }

  /// The comparison itself: with a tracker that wants one confirmation more than the model.
  @Test("a difference is found, and shrinks to a few frames")
  func shrinksDifferences() throws {
    let options = TrafficSimulator.smallOptions
    var others = options
    others.confirmations += 1
    let failure = try #require(
      firstFailure(seeds: 20, count: 250, options) { arrivals, isMACsec in
        RuleModel.judge(arrivals, isMACsec: isMACsec, options: options)
          != RuleImplementation.tracker.judge(arrivals, isMACsec, others)
      })
    #expect(failure.hasPrefix("seed 1, "))
    #expect((3...8).contains(failure.count { $0 == "(" }))
  }

  /// Stops at the first seed that fails.
  private func compare(seeds: UInt64, count: Int, _ options: TrackingOptions) {
    let failure = firstFailure(seeds: seeds, count: count, options) { arrivals, isMACsec in
      RuleModel.judge(arrivals, isMACsec: isMACsec, options: options)
        != RuleImplementation.tracker.judge(arrivals, isMACsec, options)
    }
    if let failure { Issue.record("\(failure)") }
  }

  /// The seed, and a short sequence that fails too.
  private func firstFailure(
    seeds: UInt64, count: Int, _ options: TrackingOptions,
    fails: ([Arrival], _ isMACsec: Bool) -> Bool
  ) -> String? {
    for seed in 1...seeds {
      let isMACsec = seed % 2 == 0
      var arrivals = TrafficSimulator.arrivals(seed: seed, count: count, options: options)
      // IPsec has no AN: one association, rekeyed by another SPI.
      if !isMACsec { for index in arrivals.indices { arrivals[index].an = 0 } }
      guard fails(arrivals, isMACsec) else { continue }
      let short = shrink(arrivals) { fails($0, isMACsec) }
      return report(seed: seed, short) + " isMACsec \(isMACsec) K \(options.confirmations)"
    }
    return nil
  }
}
