/// How to make one epoch of two: of what arrived of an association in one part of a file, and in the next.
///
/// Every frame of the later part was taken at once (rule 3) and would have been after the earlier
/// part too; so what is missing is what is missing in both. `init` says no where that is in doubt.
struct EpochUnion {
  /// What is to be added to the numbers of the later part, which knew nothing of high halves.
  private let shift: UInt64
  /// Frames of the file before the later part.
  private let framesBefore: UInt64

  /// Of the later part.
  private let lowest: UInt64
  private let highest: UInt64
  private let lateNumbers: ArraySlice<PartNotes.LateNumber>

  /// The later part has numbers that lie below the highest of the earlier one.
  private let overlaps: Bool

  /// - Parameters:
  ///   - first: the number of the later part that arrived first, as its tracker numbered it.
  ///   - lateNumbers: of the later part, likewise.
  ///   - ranges: those of the earlier part among others.
  init?(
    _ earlier: borrowing EpochState, _ later: borrowing EpochState, first: UInt64,
    lateNumbers: ArraySlice<PartNotes.LateNumber>, ranges: borrowing MissingRangePool,
    rules: SequenceRules, framesBefore: UInt64
  ) {
    let (numbers, duplicates) = (earlier.numbers, earlier.duplicates)
    let begin = rules.unwrap(UInt32(truncatingIfNeeded: first), near: numbers.highest)
    shift = begin &- first
    (lowest, highest) = (later.numbers.lowest &+ shift, later.numbers.highest &+ shift)
    overlaps = lowest <= numbers.highest
    (self.lateNumbers, self.framesBefore) = (lateNumbers, framesBefore)

    // The first frame is near (rule 3); with it, all others are.
    guard begin <= numbers.highest + rules.horizon, begin + rules.window >= numbers.lowest else {
      return nil
    }
    // The copies of a single number wait for a second one.
    guard
      numbers.distinct > 1 || duplicates == 0 && max(highest, numbers.highest) > lowest
    else { return nil }
    guard overlaps else { return }
    // Numbers of both parts: near enough to be extended alike, and to have been noted where late.
    guard numbers.highest - lowest <= rules.horizon,
      numbers.highest < begin + PartNotes.lateNumberReach
    else { return nil }
    // What arrived in both parts may be a restart, if it is near the beginning (rule 6): not before
    // the highest number is well above it.
    let isAtStart =
      UInt64(UInt32(truncatingIfNeeded: lowest)) <= rules.start
      || UInt32(truncatingIfNeeded: numbers.highest) < UInt32(truncatingIfNeeded: lowest)
    guard isAtStart else { return }
    guard numbers.highest - lowest <= rules.start else { return nil }
    let missing = earlier.missing
    for late in lateNumbers {
      let number = late.number &+ shift
      let isBefore = ranges.presence(of: number, within: numbers, missing) == .arrived
      if isBefore, max(late.highest &+ shift, numbers.highest) - number > rules.start { return nil }
    }
  }

  /// - Parameters:
  ///   - missing: the ranges of the later epoch in `ranges`, which adopted them; to be used no more.
  ///   - epoch: the earlier one, which becomes both.
  func add(
    _ later: borrowing EpochState, missing: MissingRangePool.Root, to epoch: inout EpochState,
    in ranges: inout MissingRangePool
  ) {
    ranges.shift(missing, by: shift)
    if overlaps {
      unite(&epoch, later, missing, &ranges)
    } else {
      concatenate(&epoch, later, missing, &ranges)
    }
    epoch.octets += later.octets
    epoch.arrivals.append(later.arrivals)
    epoch.spanTimes(of: later)
    if lowest < epoch.numbers.lowest {
      epoch.numbers.lowest = lowest
      (epoch.lowestPlace, epoch.lowestTime) = (moved(later.lowestPlace), later.lowestTime)
    }
    if highest > epoch.numbers.highest {
      epoch.numbers.highest = highest
      (epoch.highestPlace, epoch.highestTime) = (moved(later.highestPlace), later.highestTime)
    }
  }

  private func moved(_ place: FramePlace) -> FramePlace { place.moved(by: framesBefore) }

  // MARK: One behind the other

  private func concatenate(
    _ epoch: inout EpochState, _ later: borrowing EpochState, _ missing: MissingRangePool.Root,
    _ ranges: inout MissingRangePool
  ) {
    epoch.numbers.distinct += later.numbers.distinct
    epoch.duplicates += later.duplicates
    epoch.reordered += later.reordered
    if lowest > epoch.numbers.highest + 1 {
      epoch.missingCount += 1
      ranges.insert(
        MissingRange(
          first: epoch.numbers.highest + 1, last: lowest - 1,
          beforePlace: epoch.highestPlace, beforeTime: epoch.highestTime,
          afterPlace: moved(later.lowestPlace), afterTime: later.lowestTime,
          revealedTime: later.lowestTime),
        isHighest: true, into: &epoch.missing)
    }
    epoch.missingCount += later.missingCount
    ranges.append(missing, to: &epoch.missing)
  }

  // MARK: One into the other

  private func unite(
    _ epoch: inout EpochState, _ later: borrowing EpochState, _ missing: MissingRangePool.Root,
    _ ranges: inout MissingRangePool
  ) {
    let (before, border) = (epoch.numbers, epoch.numbers.highest)
    let missingBefore = border - before.lowest + 1 - before.distinct
    let touched = ranges.removeLast(reaching: lowest, from: &epoch.missing)
    let remaining = MissingRange.intersection(
      earlierRanges(epoch, touched), laterRanges(later, missing, ranges))
    ranges.removeAll(from: missing)
    for range in remaining { ranges.insert(range, isHighest: true, into: &epoch.missing) }
    epoch.missingCount = epoch.missingCount &- UInt32(touched.count) &+ UInt32(remaining.count)
    epoch.skipped -= touched.skippedSum - remaining.skippedSum

    let missingCount = missingBefore - touched.sum + remaining.sum
    epoch.numbers.distinct = max(highest, border) - min(lowest, before.lowest) + 1 - missingCount
    let new = epoch.numbers.distinct - before.distinct
    epoch.duplicates += later.duplicates + (later.numbers.distinct - new)

    // What is new below the border came late. Of what lies above, the later part knows it.
    let newAbove = max(highest, border) - border - remaining.sum(above: border)
    let lateBelow = lateNumbers.count { $0.number &+ shift <= border }
    epoch.reordered += new - newAbove + later.reordered - UInt64(lateBelow)
  }

  /// What the earlier part has not seen, from the ranges on that the later one may fill.
  private func earlierRanges(
    _ earlier: borrowing EpochState, _ touched: [MissingRange]
  ) -> [MissingRange] {
    let numbers = earlier.numbers
    var ranges = touched
    if lowest < numbers.lowest {
      ranges.insert(
        .below(numbers.lowest, place: earlier.lowestPlace, time: earlier.lowestTime), at: 0)
    }
    ranges.append(
      .above(numbers.highest, place: earlier.highestPlace, time: earlier.highestTime))
    return ranges
  }

  private func laterRanges(
    _ later: borrowing EpochState, _ missing: MissingRangePool.Root,
    _ pool: borrowing MissingRangePool
  ) -> [MissingRange] {
    var ranges = [
      MissingRange.below(lowest, place: moved(later.lowestPlace), time: later.lowestTime)
    ]
    pool.forEach(in: missing) { range, _ in ranges.append(copy range) }
    ranges.append(
      .above(highest, place: moved(later.highestPlace), time: later.highestTime))
    return ranges
  }
}

extension MissingRange {
  /// All numbers below the lowest one.
  fileprivate static func below(
    _ lowest: UInt64, place: FramePlace, time: Timestamp
  ) -> MissingRange {
    MissingRange(
      first: 0, last: lowest - 1, beforePlace: place, beforeTime: time, afterPlace: place,
      afterTime: time, revealedTime: time)
  }

  /// All numbers above the highest one.
  fileprivate static func above(
    _ highest: UInt64, place: FramePlace, time: Timestamp
  ) -> MissingRange {
    MissingRange(
      first: highest + 1, last: .max, beforePlace: place, beforeTime: time, afterPlace: place,
      afterTime: time, revealedTime: time)
  }

  /// The ranges of numbers that are missing in both, but for those without end. The number beside a
  /// range first arrived in the earlier part, if it did there.
  fileprivate static func intersection(
    _ earlier: [MissingRange], _ later: [MissingRange]
  ) -> [MissingRange] {
    var common: [MissingRange] = []
    var (index, other) = (0, 0)
    while index < earlier.count, other < later.count {
      let (a, b) = (earlier[index], later[other])
      var range = a
      range.first = max(a.first, b.first)
      range.last = min(a.last, b.last)
      if b.first > a.first { (range.beforePlace, range.beforeTime) = (b.beforePlace, b.beforeTime) }
      if b.last < a.last { (range.afterPlace, range.afterTime) = (b.afterPlace, b.afterTime) }
      if range.first <= range.last, range.first > 0, range.last < .max { common.append(range) }
      if a.last < b.last { index += 1 } else { other += 1 }
    }
    return common
  }
}

extension [MissingRange] {
  fileprivate var sum: UInt64 { sum(above: 0) }
  fileprivate var skippedSum: UInt64 { filter(\.isSkipped).sum }

  /// How many numbers above `border` they have.
  fileprivate func sum(above border: UInt64) -> UInt64 {
    reduce(0) { $1.last > border ? $0 + ($1.last - Swift.max($1.first - 1, border)) : $0 }
  }
}
