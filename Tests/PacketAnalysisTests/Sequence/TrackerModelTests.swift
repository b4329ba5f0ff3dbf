import Foundation
import PacketAnalysis
import Testing

/// The tracker against the model, on random traffic. `GAPSCOPE_SEEDS` sets the number of seeds,
/// `GAPSCOPE_FIRST_SEED` the first of them.
@Suite("Tracker and model")
struct TrackerModelTests {
  /// Limits for which traffic is made, and how much of it.
  struct Setting: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var options: TrackingOptions
    /// Frames of one seed.
    var count: Int
    /// One in so many seeds is tried.
    var share: UInt64
  }

  static let settings: [Setting] = [
    Setting("small limits", TrafficSimulator.smallOptions, count: 120, share: 2),
    Setting("small limits, K = 2", small { $0.confirmations = 2 }, count: 120, share: 4),
    Setting("small limits, K = 4", small { $0.confirmations = 4 }, count: 120, share: 4),
    Setting("few frames", TrafficSimulator.smallOptions, count: 25, share: 1),
    Setting("default limits", TrackingOptions(), count: 2_500, share: 200),
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
    let count = environment["GAPSCOPE_SEEDS"].flatMap(UInt64.init) ?? 3_000
    for seed in first..<first + max(count / setting.share, 1) {
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
    let epochs = result.epochs.map { epoch in
      let gaps = (epoch.gaps + epoch.skips).map { gap in
        "\(gap.first)-\(gap.last) (frames \(gap.before.frame), \(gap.after.frame))"
      }
      let suspects = epoch.suspectFrames.map { "\($0.frame)" }
      return """
          AN\(epoch.an) \(epoch.lowest ?? 0)-\(epoch.highest ?? 0): packets \(epoch.packets), \
        octets \(epoch.octets), distinct \(epoch.distinct), lost \(epoch.lost), skipped \
        \(epoch.skipped), duplicates \(epoch.duplicates), reordered \(epoch.reordered), suspects \
        \(epoch.suspects) (frames \(suspects)), missing \(gaps), times \
        \(epoch.firstTimeNanoseconds ?? 0)-\(epoch.lastTimeNanoseconds ?? 0), \
        \(epoch.interArrival.map { "\($0)" } ?? "-")
        """
    }
    return (epochs + ["  bad tags \(result.badTags)"]).joined(separator: "\n")
  }
}

extension TrackerModelTests.Setting {
  fileprivate init(
    _ description: String, _ options: TrackingOptions, count: Int, share: UInt64
  ) {
    (testDescription, self.options, self.count, self.share) = (description, options, count, share)
  }
}
