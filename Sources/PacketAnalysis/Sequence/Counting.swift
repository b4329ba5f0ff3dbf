/// What counting a frame touches besides its epoch.
struct Counting<Sink: ArrivalSink>: ~Copyable {
  var sink: Sink
  var ranges: MissingRangePool
  var suspects: SuspectList

  private let rules: SequenceRules

  init(sink: Sink, rules: SequenceRules, copyLimit: Int) {
    self.sink = sink
    suspects = SuspectList(copyLimit: copyLimit)
    self.rules = rules
    ranges = MissingRangePool()
  }

  init(copying other: borrowing Counting) {
    (sink, suspects, rules) = (other.sink, other.suspects, other.rules)
    ranges = MissingRangePool(copying: other.ranges)
  }

  /// A frame that rule 3 takes, or a jump.
  mutating func take(
    _ number: UInt64, isNew: Bool, isJump: Bool, _ frame: TrackedFrame,
    into epoch: inout EpochState
  ) {
    epoch.countFrame(frame)
    epoch.arrivals.add(frame.time)
    guard isNew else {
      epoch.duplicates += 1
      if epoch.numbers.distinct == 1 {
        suspects.addCopy(
          SuspectList.Suspect(
            epoch: epoch.ordinal, number: frame.number, place: frame.place, time: frame.time))
      }
      sink.arrived(
        epoch: epoch.ordinal, time: frame.time, octets: frame.octets, outcome: .duplicate)
      return
    }
    if epoch.numbers.distinct == 1, epoch.duplicates > 0 {
      suspects.forgetCopies(of: epoch.ordinal)
    }
    let isReordered = number < epoch.numbers.highest
    if isReordered { epoch.reordered += 1 }
    sink.arrived(
      epoch: epoch.ordinal, time: frame.time, octets: frame.octets,
      outcome: isReordered ? .reordered : .new)
    if number > epoch.numbers.highest {
      let missing = number - epoch.numbers.highest - 1
      let isSkipped =
        isJump
        && rules.isSkip(missing: missing, before: epoch.highestTime, after: frame.time)
      reveal(
        MissingRange(
          first: epoch.numbers.highest + 1, last: number &- 1, beforePlace: epoch.highestPlace,
          beforeTime: epoch.highestTime, afterPlace: frame.place, afterTime: frame.time,
          revealedTime: frame.time, isSkipped: isSkipped), &epoch)
      epoch.highestPlace = frame.place
      epoch.highestTime = frame.time
    } else if number < epoch.numbers.lowest {
      reveal(
        MissingRange(
          first: number + 1, last: epoch.numbers.lowest &- 1, beforePlace: frame.place,
          beforeTime: frame.time, afterPlace: epoch.lowestPlace, afterTime: epoch.lowestTime,
          revealedTime: frame.time), &epoch)
      epoch.lowestPlace = frame.place
      epoch.lowestTime = frame.time
    } else if let healed = ranges.heal(
      number, place: frame.place, time: frame.time, in: &epoch.missing)
    {
      epoch.missingCount = epoch.missingCount &- 1 &+ UInt32(healed.remaining)
      if healed.range.isSkipped { epoch.skipped -= 1 }
      sink.healed(
        epoch: epoch.ordinal, time: healed.range.revealedTime, isSkipped: healed.range.isSkipped)
    }
    epoch.numbers.insert(number)
  }

  private mutating func reveal(_ range: MissingRange, _ epoch: inout EpochState) {
    guard range.first <= range.last else { return }
    let count = range.last - range.first + 1
    if range.isSkipped { epoch.skipped += count }
    epoch.missingCount += 1
    ranges.insert(
      range, isHighest: range.first > epoch.numbers.highest, into: &epoch.missing)
    sink.revealed(
      epoch: epoch.ordinal, time: range.revealedTime, count: count, isSkipped: range.isSkipped)
  }
}
