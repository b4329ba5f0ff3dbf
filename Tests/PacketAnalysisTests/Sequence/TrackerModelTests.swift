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
    for seed in 1...Self.seeds {
      compare(seed: seed, count: 250, isMACsec: seed % 2 == 0, options: options)
    }
  }

  @Test("agree on every field, with the default options")
  func defaultOptions() {
    for seed in 1...max(Self.seeds / 20, 5) {
      compare(seed: seed, count: 3_000, isMACsec: seed % 2 == 0, options: TrackingOptions())
    }
  }

  private func compare(seed: UInt64, count: Int, isMACsec: Bool, options: TrackingOptions) {
    func differ(_ arrivals: [Arrival]) -> Bool {
      RuleModel.judge(arrivals, isMACsec: isMACsec, options: options)
        != RuleImplementation.tracker.judge(arrivals, isMACsec, options)
    }
    var arrivals = TrafficSimulator.arrivals(seed: seed, count: count, options: options)
    // IPsec has no AN: one association, rekeyed by another SPI.
    if !isMACsec { for index in arrivals.indices { arrivals[index].an = 0 } }
    guard differ(arrivals) else { return }
    let short = shrink(arrivals, fails: differ)
    Issue.record("\(report(seed: seed, short)) isMACsec \(isMACsec) K \(options.confirmations)")
  }
}
