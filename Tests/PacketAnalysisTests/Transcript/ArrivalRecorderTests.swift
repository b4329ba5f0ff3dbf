import CaptureTestSupport
import Foundation
import Testing

@testable import PacketAnalysis

/// The runs of a recorder through the tracker, against every frame through the tracker.
@Suite("Recorded arrivals")
struct ArrivalRecorderTests {
  private static let seeds =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 300

  @Test("fold to what the frames themselves give, wherever they are cut", arguments: [2, 3, 4])
  func anyCut(confirmations: Int) {
    var options = TrafficSimulator.smallOptions
    options.confirmations = confirmations
    var counts = FoldCounts()
    for seed in 1...Self.seeds {
      var arrivals = TrafficSimulator.arrivals(
        seed: seed, count: 1_500, options: options, calmLength: Int(seed % 5) * 40)
      let isMACsec = seed % 3 != 0
      if !isMACsec { for index in arrivals.indices { arrivals[index].an = 0 } }
      func differ(_ arrivals: [Arrival]) -> Bool {
        var none = FoldCounts()
        let folded = Self.fold(arrivals, isMACsec, options, seed: seed, &none)
        return folded.map { $0 != RuleImplementation.tracker.judge(arrivals, isMACsec, options) }
          ?? false
      }
      let folded = Self.fold(arrivals, isMACsec, options, seed: seed, &counts)
      guard let folded, folded != RuleImplementation.tracker.judge(arrivals, isMACsec, options)
      else { continue }
      let short = shrink(arrivals, fails: differ)
      Issue.record("\(report(seed: seed, short)) isMACsec \(isMACsec) K \(confirmations)")
      return
    }
    #expect(counts.together > counts.frames / 5)
    // An AN that comes back into a gap, as this traffic has it far too often.
    #expect(counts.inseparable * 50 < Self.seeds)
  }

  @Test("of an AN that comes back into a gap and leaves it cannot be parted, unless frame by frame")
  func returnIntoGap() {
    let arrivals = Traffic().send(1...50).send(1_001...1_050).send(1...20, an: 1)
      .send(100...1_100).arrivals
    let options = TrafficSimulator.smallOptions
    let expected = RuleImplementation.tracker.judge(arrivals, true, options)
    #expect(expected.epochs.count == 3)
    var counts = FoldCounts()
    for seed in 1...20 as ClosedRange<UInt64> {
      let together = Self.fold(arrivals, true, options, seed: seed, &counts)
      #expect(together == nil || together == expected)
      #expect(Self.fold(arrivals, true, options, seed: seed, eachFrame: true, &counts) == expected)
    }
    #expect(counts.inseparable > 0)
  }

  @Test("behind a gap of more than W/2 may be stragglers: they are no run before W more")
  func gapTowardsOlder() {
    // AN 0 returns above, goes on below for W frames, begins anew there, and comes near once more.
    let arrivals = Traffic().send(1_000...1_040).send(1...10, an: 1).send(1_106...1_108)
      .send(1_041...1_056).send(1_072, 1_086).send(1_100...1_180).arrivals
    let options = TrafficSimulator.smallOptions
    let expected = RuleImplementation.tracker.judge(arrivals, true, options)
    #expect(expected.epochs.count == 4)
    var counts = FoldCounts()
    for seed in 1...200 as ClosedRange<UInt64> {
      #expect(Self.fold(arrivals, true, options, seed: seed, &counts) == expected)
    }
    #expect(counts.inseparable == 0 && counts.together > 0)
  }

  @Test("with a window in which nothing can be confirmed were counted together, and refused")
  func narrowWindow() {
    var options = TrafficSimulator.smallOptions
    (options.window, options.start, options.confirmations) = (2, 2, 4)
    var counts = FoldCounts()
    for seed in 1...60 as ClosedRange<UInt64> {
      let arrivals = TrafficSimulator.arrivals(
        seed: seed, count: 600, options: options, calmLength: 100)
      let expected = RuleImplementation.tracker.judge(arrivals, true, options)
      #expect(Self.fold(arrivals, true, options, seed: seed, &counts) == expected, "seed \(seed)")
    }
    #expect(counts.inseparable == 0)
  }

  @Test("that come more than 2^32 - 1 ns apart ended runs, each of them: they go on")
  func longSteps() {
    let second: Int64 = 1_000_000_000
    for steps in [[second], [5 * second], [second, 5 * second], [9 * second, 5 * second]] {
      var traffic = Traffic().at(nanoseconds: 0)
      for number in 1...400 as ClosedRange<UInt32> {
        traffic = traffic.send(number).wait(nanoseconds: steps[Int(number) % steps.count])
      }
      let options = TrafficSimulator.smallOptions
      let expected = RuleImplementation.tracker.judge(traffic.arrivals, false, options)
      var recorder = ArrivalRecorder(options: options, eachFrame: false)
      recorder.observe(traffic.arrivals, isMACsec: false)
      recorder.finish()
      #expect(recorder.runs.count < 40 && recorder.runs[recorder.runs.count - 1].tail.count > 300)
      for seed in 1...20 as ClosedRange<UInt64> {
        var counts = FoldCounts()
        #expect(Self.fold(traffic.arrivals, false, options, seed: seed, &counts) == expected)
      }
    }
  }

  @Test("of which some are held for one reason and the next for another may be inseparable")
  func twoReasons() {
    // Of a new epoch at 1 the older numbers are far above it, and from H below it on far below.
    let arrivals = Traffic().send((0 &- 100)...(0 &- 75)).send(1...10, an: 1).send(1...4)
      .send((0 &- 74)...(0 &- 20)).arrivals
    var options = TrafficSimulator.smallOptions
    options.confirmations = 4
    let expected = RuleImplementation.tracker.judge(arrivals, true, options)
    var counts = FoldCounts()
    for seed in 1...200 as ClosedRange<UInt64> {
      let together = Self.fold(arrivals, true, options, seed: seed, &counts)
      #expect(together == nil || together == expected)
    }
    #expect(counts.inseparable > 0)
  }

  private struct FoldCounts {
    var frames = 0
    /// Frames that were counted together with the one before.
    var together = 0
    var inseparable: UInt64 = 0
  }

  /// Cuts the arrivals anywhere, records each part by itself and feeds the runs to one tracker;
  /// `nil` where it says that it cannot.
  private static func fold(
    _ arrivals: [Arrival], _ isMACsec: Bool, _ options: TrackingOptions, seed: UInt64,
    eachFrame: Bool = false, _ counts: inout FoldCounts
  ) -> ChannelResult? {
    var random = SplitMix64(seed: seed &+ 1_000_000)
    var tracker = SequenceTracker(options: options, sink: NoSink())
    var rest = arrivals[...]
    while !rest.isEmpty {
      let length = Int.random(in: 1...max(rest.count, 2), using: &random)
      var recorder = ArrivalRecorder(options: options, eachFrame: eachFrame)
      recorder.observe(rest.prefix(length), isMACsec: isMACsec)
      recorder.finish()
      rest = rest.dropFirst(length)
      for index in 0..<recorder.runs.count {
        let run = recorder.runs[index]
        counts.frames += 1 + Int(run.tail.count)
        counts.together += Int(run.tail.count)
        let key = recorder.associations[Int(run.association)].key
        let shape = recorder.shapes[Int(run.shape)]
        let first = Observation(
          key: key, hash: tracker.table.hasher.hash(key), number: run.number, octets: run.octets,
          isNested: false, time: run.time, place: FramePlace(file: 0, frame: run.frame),
          shape: shape.shape(of: run.number))
        tracker.observe(first, shape.details)
        if run.tail.count > 0, !tracker.observe(run.tail, file: 0, behind: first) {
          counts.inseparable += 1
          return nil
        }
      }
    }
    tracker.finish()
    return tracker.channelResult()
  }
}
