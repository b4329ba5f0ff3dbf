/// What the epochs of a finished reading come to.
extension RuleReading {
  func results() -> [EpochResult] {
    var results: [EpochResult] = []
    var handedOver: [Int] = []
    for (place, epoch) in epochs.enumerated() {
      var epoch = epoch
      epoch.suspects += handedOver
      handedOver = []
      // Rule 5: an epoch that never got a second number is none.
      let next = place + 1 < epochs.count ? epochs[place + 1].kind : nil
      if next == .farBelow && epoch.firstArrivals.count == 1 {
        handedOver = epoch.counted + epoch.suspects
      } else {
        results.append(result(epoch))
      }
    }
    return results
  }

  private func result(_ epoch: RuleEpoch) -> EpochResult {
    let counted = epoch.counted.sorted().map { arrivals[$0] }
    let suspects = epoch.suspects.sorted().map { arrivals[$0] }
    let times = (counted + suspects).compactMap(\.timeNanoseconds)
    var result = EpochResult(an: an)
    result.packets = UInt64(counted.count + suspects.count)
    result.octets = (counted + suspects).reduce(0) { $0 + UInt64($1.octets) }
    result.distinct = UInt64(epoch.firstArrivals.count)
    result.duplicates = UInt64(counted.count - epoch.firstArrivals.count)
    result.reordered = UInt64(epoch.reordered)
    result.suspects = UInt64(suspects.count)
    result.suspectFrames = suspects.map { .init(number: $0.number, frame: $0.frame) }
    (result.firstTimeNanoseconds, result.lastTimeNanoseconds) = (times.min(), times.max())
    result.interArrival = interArrival(counted.map(\.timeNanoseconds))

    let numbers = epoch.firstArrivals.keys.sorted()
    guard let lowest = numbers.first, let highest = numbers.last else { return result }
    let base = lowest & ~0xFFFF_FFFF
    (result.lowest, result.highest) = (UInt64(lowest - base), UInt64(highest - base))
    for (below, above) in zip(numbers, numbers.dropFirst()) where above > below + 1 {
      let gap = EpochResult.Gap(
        first: UInt64(below + 1 - base), last: UInt64(above - 1 - base),
        before: edge(epoch.firstArrivals[below]), after: edge(epoch.firstArrivals[above]))
      if epoch.skips.contains(where: { $0.contains(below + 1) }) {
        result.skips.append(gap)
        result.skipped += UInt64(above - below - 1)
      } else {
        result.gaps.append(gap)
        result.lost += UInt64(above - below - 1)
      }
    }
    return result
  }

  private func edge(_ position: Int?) -> EpochResult.Edge {
    let arrival = position.map { arrivals[$0] }
    return .init(frame: arrival?.frame ?? 0, timeNanoseconds: arrival?.timeNanoseconds)
  }

  /// Rule 10.
  private func interArrival(_ times: [Int64?]) -> EpochResult.InterArrival? {
    let steps = zip(times, times.dropFirst()).compactMap { earlier, later in
      if let earlier, let later, later >= earlier { UInt64(later - earlier) } else { nil }
    }
    guard let minimum = steps.min(), let maximum = steps.max() else { return nil }
    return .init(
      minimumNanoseconds: minimum, meanNanoseconds: steps.reduce(0, +) / UInt64(steps.count),
      maximumNanoseconds: maximum)
  }
}
