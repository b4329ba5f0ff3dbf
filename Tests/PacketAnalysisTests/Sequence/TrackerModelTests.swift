import Foundation
import PacketAnalysis
import Testing

/// The tracker against the model, on random traffic. The number of seeds is
/// `GAPSCOPE_SEEDS` where that is set.
@Suite("Tracker and model")
struct TrackerModelTests {
  /// Limits for which traffic is made, and how much of it.
  struct Setting: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var options: TrackingOptions
    /// Frames of one seed.
    var count: Int
    /// Seeds where the environment says nothing.
    var seeds: UInt64
  }

  static let settings: [Setting] = [
    Setting("small limits", TrafficSimulator.smallOptions, count: 120, seeds: 1_200),
    Setting("small limits, K = 2", small { $0.confirmations = 2 }, count: 120, seeds: 500),
    Setting("small limits, K = 4", small { $0.confirmations = 4 }, count: 120, seeds: 500),
    Setting("few frames", TrafficSimulator.smallOptions, count: 25, seeds: 3_000),
    Setting("default limits", TrackingOptions(), count: 2_500, seeds: 12),
  ]

  private static func small(_ change: (inout TrackingOptions) -> Void) -> TrackingOptions {
    var options = TrafficSimulator.smallOptions
    change(&options)
    return options
  }

  @Test("agree on every field", arguments: settings)
  func agree(setting: Setting) {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["GAPSCOPE_FIRST_SEED"].flatMap(UInt64.init) ?? 1
    let count = environment["GAPSCOPE_SEEDS"].flatMap(UInt64.init) ?? setting.seeds
    for seed in first..<first + count {
      let isMACsec = seed % 4 != 0
      let arrivals = TrafficSimulator.arrivals(
        seed: seed, count: setting.count, isMACsec: isMACsec, options: setting.options)
      let differs = { arrivals in
        let (model, tracker) = results(arrivals, isMACsec, setting.options)
        return model != tracker
      }
      guard differs(arrivals) else { continue }
      let short = shrink(arrivals, fails: differs)
      let (model, tracker) = results(short, isMACsec, setting.options)
      Issue.record(
        """
        \(setting.testDescription), \(isMACsec ? "MACsec" : "ESP"), \(setting.options)
        \(report(seed: seed, short))
        model:
        \(describe(model))
        tracker:
        \(describe(tracker))
        """)
      return
    }
  }

  private func results(
    _ arrivals: [Arrival], _ isMACsec: Bool, _ options: TrackingOptions
  ) -> (model: ChannelResult, tracker: ChannelResult) {
    (
      RuleModel.judge(arrivals, isMACsec: isMACsec, options: options),
      RuleImplementation.tracker.judge(arrivals, isMACsec, options)
    )
  }

  private func describe(_ result: ChannelResult) -> String {
    (result.epochs.map { "  \($0)" } + ["  bad tags \(result.badTags)"]).joined(separator: "\n")
  }
}

extension TrackerModelTests.Setting {
  fileprivate init(
    _ description: String, _ options: TrackingOptions, count: Int, seeds: UInt64
  ) {
    (testDescription, self.options, self.count, self.seeds) = (description, options, count, seeds)
  }
}
