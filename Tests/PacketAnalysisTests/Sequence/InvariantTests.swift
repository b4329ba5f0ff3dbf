import CaptureTestSupport
import PacketAnalysis
import Testing

/// What holds for every channel, whatever its traffic, or for traffic of a stated kind.
@Suite("Invariants of a channel")
struct InvariantTests {
  static let seeds: ClosedRange<UInt64> = 1...150

  /// Runs a property over seeds; a failure shows its seed and a short sequence.
  private func forAll(
    _ arrivals: (UInt64) -> [Arrival], holds: ([Arrival], UInt64) -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for seed in Self.seeds {
      let traffic = arrivals(seed)
      guard !holds(traffic, seed) else { continue }
      let short = shrink(traffic) { !holds($0, seed) }
      Issue.record("\(report(seed: seed, short))", sourceLocation: sourceLocation)
      return
    }
  }

  @Test("packets and expected add up, every frame counts once", arguments: RuleImplementation.all)
  func sums(implementation: RuleImplementation) {
    let options = TrafficSimulator.smallOptions
    for isMACsec in [true, false] {
      forAll {
        TrafficSimulator.arrivals(seed: $0, count: 250)
      } holds: { arrivals, _ in
        let result = implementation.judge(arrivals, isMACsec, options)
        let packets = result.epochs.reduce(0) { $0 + $1.packets }
        let octets = result.epochs.reduce(0) { $0 + $1.octets }
        let bad = result.badTags.values.reduce(0, +)
        return Int(packets + bad) == arrivals.count
          && (bad > 0 || octets == arrivals.reduce(0) { $0 + UInt64($1.octets) })
          && result.epochs.allSatisfy(addsUp)
      }
    }
  }

  private func addsUp(_ epoch: EpochResult) -> Bool {
    let range = epoch.highest.flatMap { highest in epoch.lowest.map { highest - $0 + 1 } } ?? 0
    let missing = epoch.gaps.reduce(0) { $0 + $1.last - $1.first + 1 }
    let passedOver = epoch.skips.reduce(0) { $0 + $1.last - $1.first + 1 }
    return epoch.packets == epoch.distinct + epoch.duplicates + epoch.suspects
      && range - epoch.skipped == epoch.distinct + epoch.lost
      && epoch.lost == missing && epoch.skipped == passedOver
      && epoch.suspects == UInt64(epoch.suspectFrames.count)
      && epoch.reordered <= epoch.distinct && (epoch.lowest ?? 0) >> 32 == 0
  }

  @Test("dropping interior frames loses just these", arguments: RuleImplementation.all)
  func drops(implementation: RuleImplementation) {
    forAll(clean) { arrivals, seed in
      var random = SplitMix64(seed: seed)
      guard isConsecutive(arrivals) else { return true }  // what a shrunk case may not be
      let kept = arrivals.indices.filter {
        $0 == 0 || $0 == arrivals.count - 1 || Int.random(in: 0..<4, using: &random) > 0
      }
      let result = implementation.judge(kept.map { arrivals[$0] }, true, options(seed))
      return result.epochs.map(\.lost) == [UInt64(arrivals.count - kept.count)]
        && result.epochs.map(\.reordered) == [0]
    }
  }

  private func isConsecutive(_ arrivals: [Arrival]) -> Bool {
    guard let first = arrivals.first?.number else { return false }
    return arrivals.enumerated().allSatisfy { $0.element.number == first &+ UInt32($0.offset) }
  }

  /// Copies right after their originals: of any traffic without restarts, jumps and absences.
  @Test("copies change packets, octets, times and duplicates", arguments: RuleImplementation.all)
  func copies(implementation: RuleImplementation) {
    forAll(lossy) { arrivals, seed in
      var random = SplitMix64(seed: seed)
      var copied: [Arrival] = []
      for arrival in arrivals {
        let copies = [0, 0, 0, 1, 3].randomElement(using: &random) ?? 0
        copied += Array(repeating: arrival, count: 1 + copies)
      }
      let (was, result) = (
        implementation.judge(arrivals, true, options(seed)),
        implementation.judge(copied, true, options(seed))
      )
      let extra = UInt64(copied.count - arrivals.count)
      return result.epochs.map(\.duplicates) == was.epochs.map { $0.duplicates + extra }
        && result.epochs.map(withoutCopies) == was.epochs.map(withoutCopies)
    }
  }

  private func withoutCopies(_ epoch: EpochResult) -> EpochResult {
    var epoch = epoch
    (epoch.packets, epoch.octets, epoch.duplicates, epoch.interArrival) = (0, 0, 0, nil)
    return epoch
  }

  /// W frames may not span more than H numbers, nor the first W frames more than W.
  @Test("a shuffle within W changes neither lost nor duplicates", arguments: RuleImplementation.all)
  func shuffles(implementation: RuleImplementation) {
    forAll(lossy) { arrivals, seed in
      var random = SplitMix64(seed: seed)
      let numbers = shuffled(arrivals.map(\.number), by: Int(options(seed).window), &random)
      let moved = zip(arrivals, numbers).map { arrival, number in
        var arrival = arrival
        arrival.number = number  // the times stay where they are
        return arrival
      }
      let was = implementation.judge(arrivals, true, options(seed)).epochs
      let result = implementation.judge(moved, true, options(seed)).epochs
      return result.map(\.lost) == was.map(\.lost)
        && result.map(\.duplicates) == was.map(\.duplicates)
        && result.map(\.distinct) == was.map(\.distinct)
    }
  }

  /// Holds for one epoch whose numbers stay away from the rules that look at the number itself:
  /// restarts (a first number of at most S, rule 6), PN 0 further than H from highest (rule 8),
  /// the nearest high half further than H from highest (rule 2), and absences (rule 1).
  @Test(
    "a constant added to all numbers changes nothing else", arguments: RuleImplementation.all,
    [1, 65_536, 1 << 31, 0 &- 1_200, 0 &- 1_300, 0 &- 1_400] as [UInt32])
  func constant(implementation: RuleImplementation, constant: UInt32) {
    forAll(lossy) { arrivals, seed in
      let moved = arrivals.map { arrival in
        var arrival = arrival
        arrival.number &+= constant
        return arrival
      }
      let was = implementation.judge(arrivals, true, options(seed))
      let result = implementation.judge(moved, true, options(seed))
      return result.badTags == was.badTags
        && result.epochs.map(relative) == was.epochs.map(relative)
    }
  }

  /// All numbers counted from the lowest.
  private func relative(_ epoch: EpochResult) -> EpochResult {
    var epoch = epoch
    let lowest = epoch.lowest ?? 0
    for index in epoch.gaps.indices {
      epoch.gaps[index].first -= lowest
      epoch.gaps[index].last -= lowest
    }
    (epoch.highest, epoch.lowest) = ((epoch.highest ?? 0) - lowest, 0)
    return epoch
  }

  // MARK: Traffic

  /// Odd seeds have the default options.
  private func options(_ seed: UInt64) -> TrackingOptions {
    seed % 2 == 1 ? TrackingOptions() : TrafficSimulator.smallOptions
  }

  /// Consecutive numbers from 1,000 on.
  private func clean(_ seed: UInt64) -> [Arrival] {
    Traffic().send(1_000..<1_000 + 100 + UInt32(seed)).arrivals
  }

  /// Small losses, a little reordering, duplicates; nothing is ever held.
  private func lossy(_ seed: UInt64) -> [Arrival] {
    var random = SplitMix64(seed: seed)
    var number: UInt32 = 1_000
    var numbers = [number]
    while numbers.count < 250 {
      let isLoss = numbers.count > 40 && Int.random(in: 0..<8, using: &random) == 0
      number += isLoss ? .random(in: 2...3, using: &random) : 1
      numbers.append(number)
      if Int.random(in: 0..<20, using: &random) == 0 {
        numbers.append(numbers[max(0, numbers.count - .random(in: 1...10, using: &random))])
      }
    }
    return Traffic().send(shuffled(numbers, by: 3, &random)).arrivals
  }

  /// No number more than `distance` from its place.
  private func shuffled(
    _ numbers: [UInt32], by distance: Int, _ random: inout SplitMix64
  ) -> [UInt32] {
    numbers.enumerated()
      .map { (place: $0 + .random(in: 0...distance, using: &random), offset: $0, number: $1) }
      .sorted { ($0.place, $0.offset) < ($1.place, $1.offset) }.map(\.number)
  }
}
