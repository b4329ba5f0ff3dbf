// Frames that come from a transcript: one by one, or as a run that is counted as a whole.

extension SequenceTracker where Sink == NoSink {
  /// Observes the frames of a run behind `first`, which was just observed. Returns false where they
  /// would have to be judged one by one: nothing was counted then.
  mutating func observe(_ tail: RunTail, file: Int, behind first: Observation) -> Bool {
    guard let slot = table.find(first.key, hash: first.hash) else { return false }
    let place = FramePlace(file: file, frame: tail.frame)
    if !slot.pointee.shape.needsCare, slot.pointee.expected == first.number &+ 1,
      let maximumStep = UInt32(exactly: tail.maximumStep)
    {
      slot.pointee.take(tail, maximumStep: maximumStep, place: place)
      return true
    }
    catchUp()
    let record = record(of: slot)
    settleSlot(slot)
    guard let number = extendedNumber(of: first, with: tail, record) else { return false }
    take(tail, place: place, behind: number, record)
    refreshSlot(slot)
    return true
  }

  /// The number of `first` as it was extended, if it has arrived in the newest epoch, and those of
  /// the tail are no more than missing numbers, copies, and new ones above the highest.
  private func extendedNumber(
    of first: Observation, with tail: RunTail, _ recordIndex: UInt32
  ) -> UInt64? {
    let index = Int(recordIndex)
    let record = records[index]
    let numbers = record.newest.numbers
    guard numbers.distinct > 0, record.newest.arrivals.last != .absent, !record.isDeliberated,
      !isNotCurrent(index)
    else { return nil }
    if record.isAbsent {
      if record.hasOlder { return nil }
      // Rule 1: what merely fills a gap is late; no high half is guessed.
      let number = rules.extend(first.number, near: numbers.highest, isAbsent: true)
      let rest = number + 1...number + UInt64(tail.count)
      return counting.ranges.isGap(rest, in: record.newest.missing) ? number : nil
    }
    let number = rules.unwrap(first.number, near: numbers.highest)
    guard number >= numbers.lowest, number <= numbers.highest,
      presence(of: number, in: .newest, recordIndex) == .arrived,
      // Where this holds of the second number, it holds of those above: they are nearer.
      rules.unwrap(first.number &+ 1, near: numbers.highest) == number + 1,
      // Rule 6.
      UInt64(first.number) >= rules.start || number == numbers.highest,
      !mayBeStragglers(first.number, tail, number: number, recordIndex)
    else { return nil }
    return number
  }

  /// Whether the older epoch, where it is open, may be nearer to a frame of the tail (rule 7).
  private func mayBeStragglers(
    _ first: UInt32, _ tail: RunTail, number: UInt64, _ record: UInt32
  ) -> Bool {
    guard let older = older[record] else { return false }
    let highest = records[Int(record)].newest.numbers.highest
    guard number < highest else { return false }
    let last = min(UInt64(tail.count), highest - number)
    return [1, last].contains { step in
      let straggler = rules.unwrap(first &+ UInt32(step), near: older.numbers.highest)
      return SequenceRules.distance(straggler, older.numbers.highest)
        < SequenceRules.distance(number + step, highest)
    }
  }

  /// Numbers from `number` + 1 on: missing ones, copies, and new ones above the highest.
  private mutating func take(
    _ tail: RunTail, place: FramePlace, behind number: UInt64, _ record: UInt32
  ) {
    let index = Int(record)
    let count = UInt64(tail.count)
    var epoch = records[index].newest
    let last = number + count
    let known = min(last, epoch.numbers.highest)
    if known > number {
      let healed = counting.ranges.heal(
        number + 1...known, place: place, time: tail.time, in: &epoch.missing)
      epoch.missingCount -= healed.removedRanges
      epoch.skipped -= healed.skipped
      epoch.reordered += healed.count
      epoch.duplicates += known - number - healed.count
      epoch.numbers.distinct += healed.count
    }
    epoch.numbers.distinct += last - known
    if last > known {
      epoch.numbers.highest = last
      epoch.highestPlace = place
      epoch.highestTime = tail.time
    }
    epoch.octets += tail.octets
    epoch.lastTime = max(epoch.lastTime, tail.time)
    epoch.arrivals.add(tail)
    records[index].newest = epoch
    records[index].frameIndex += count
    records[index].framesSeen += count
    closeOlderIfPassed(by: last - known, record)
  }

  /// The newest epoch has gone up by `count` numbers: the older one closes if any of them reached
  /// it (rule 7).
  private mutating func closeOlderIfPassed(by count: UInt64, _ record: UInt32) {
    guard let epoch = older[record] else { return }
    let highest = records[Int(record)].newest.numbers.highest
    let ahead = UInt32(truncatingIfNeeded: epoch.numbers.highest &- (highest - count))
    if UInt64(ahead) <= count + rules.window { finishOlder(record) }
  }
}

extension AssociationSlot {
  /// Counts packets with numbers above all others.
  fileprivate mutating func take(_ tail: RunTail, maximumStep: UInt32, place: FramePlace) {
    expected &+= tail.count
    octets &+= tail.octets
    lastTime = tail.time.nanosecondsSinceEpoch
    highestPlace = place
    // No larger than the maximum.
    minimumStep = min(minimumStep, UInt32(truncatingIfNeeded: tail.minimumStep))
    self.maximumStep = max(self.maximumStep, maximumStep)
  }
}

extension ArrivalTimes {
  /// Arrivals none of which was earlier than the one before.
  fileprivate mutating func add(_ tail: RunTail) {
    count += UInt64(tail.count)
    sumNanoseconds &+= UInt64(
      bitPattern: tail.time.nanosecondsSinceEpoch &- last.nanosecondsSinceEpoch)
    minimumNanoseconds = min(minimumNanoseconds, tail.minimumStep)
    maximumNanoseconds = max(maximumNanoseconds, tail.maximumStep)
    last = tail.time
  }
}
