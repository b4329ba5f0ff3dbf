// Counting a frame whose meaning is known, and the epochs of an association.

extension SequenceTracker {
  mutating func apply(
    _ judgement: Judgement, _ verdict: Deliberation.Verdict, _ frame: TrackedFrame,
    _ record: UInt32
  ) {
    let index = Int(record)
    if judgement.outcome == .malformed {
      records[index].newest.badTags += 1
      records[index].isAbsent = judgement.isAbsent
      zeros.add(frame)
      return
    }
    records[index].frameIndex += 1
    records[index].isAbsent = judgement.isAbsent
    if case .farAbove(let number) = judgement.question, verdict == .jumps {
      jump(to: number, frame, record)
    } else {
      switch judgement.outcome {
      case .malformed: break
      case .suspect: suspect(frame, record)
      case .first(let number): first(number, frame, record)
      case .take(.newest, let number, let isNew):
        if isNew { noteLate(number, record) }
        counting.take(
          number, isNew: isNew, isJump: false, frame, into: &records[index].newest)
      case .take(.older, let number, let isNew):
        if var epoch = older[record] {
          counting.take(number, isNew: isNew, isJump: false, frame, into: &epoch)
          older[record] = epoch
        }
      }
    }
    closeOlderIfReached(record)
  }

  mutating func first(_ number: UInt64, _ frame: TrackedFrame, _ record: UInt32) {
    let index = Int(record)
    records[index].newest.numbers = NumberRange(single: number)
    records[index].newest.lowestPlace = frame.place
    records[index].newest.lowestTime = frame.time
    records[index].newest.highestPlace = frame.place
    records[index].newest.highestTime = frame.time
    records[index].newest.countFrame(frame)
    records[index].newest.arrivals.add(frame.time)
    records[index].newest.arrivals.first = frame.time
    records[index].anchor = number
    counting.sink.arrived(
      epoch: records[index].newest.ordinal, time: frame.time, octets: frame.octets, outcome: .new)
  }

  mutating func suspect(_ frame: TrackedFrame, _ record: UInt32) {
    let index = Int(record)
    records[index].newest.suspects += 1
    records[index].newest.countFrame(frame)
    counting.suspects.add(
      epoch: records[index].newest.ordinal, number: frame.number, place: frame.place,
      time: frame.time)
    counting.sink.arrived(
      epoch: records[index].newest.ordinal, time: frame.time, octets: frame.octets,
      outcome: .suspect)
  }

  /// A confirmed jump (rule 4).
  mutating func jump(to number: UInt64, _ frame: TrackedFrame, _ record: UInt32) {
    let index = Int(record)
    records[index].anchor = number
    guard records[index].newest.numbers.distinct == 1 else {
      counting.take(
        number, isNew: true, isJump: true, frame, into: &records[index].newest)
      return
    }
    let epoch = records[index].newest
    suspectSingle(of: epoch)
    records[index].newest.dissolve()
    counting.sink.dissolved(epoch: epoch.ordinal, into: epoch.ordinal)
    first(number, frame, record)
  }

  mutating func beginEpoch(
    _ frame: TrackedFrame, _ origin: EpochOrigin, _ record: UInt32
  ) {
    let index = Int(record)
    if records[index].hasOlder { finishOlder(record) }
    records[index].frameIndex += 1
    older[record] = records[index].newest
    records[index].hasOlder = true
    records[index].olderDeadline = records[index].frameIndex + rules.window
    records[index].newest = EpochState(
      ordinal: nextEpoch(), origin: origin, firstPlace: frame.place)
    records[index].isAbsent = false
    first(SequenceRules.begin(frame.number), frame, record)
    closeOlderIfReached(record)
  }

  mutating func closeOlderIfDue(_ record: UInt32) {
    let index = Int(record)
    if records[index].hasOlder, records[index].frameIndex + 1 > records[index].olderDeadline {
      finishOlder(record)
    }
  }

  mutating func closeOlderIfReached(_ record: UInt32) {
    let index = Int(record)
    guard records[index].hasOlder, let epoch = older[record] else { return }
    if rules.closesOlder(epoch.numbers.highest, newest: records[index].newest.numbers.highest) {
      finishOlder(record)
    }
  }

  mutating func finishOlder(_ record: UInt32) {
    guard var epoch = older.removeValue(forKey: record) else { return }
    let index = Int(record)
    records[index].hasOlder = false
    let neverBegan =
      epoch.numbers.distinct == 0
      || epoch.numbers.distinct == 1 && records[index].newest.origin == .farBelow
    guard neverBegan else {
      end(epoch, of: index)
      return
    }
    if epoch.numbers.distinct == 1 { suspectSingle(of: epoch) }
    epoch.dissolve()
    records[index].newest.absorb(epoch)
    if let own = epochsGivenUp.removeValue(forKey: epoch.ordinal) {
      epochsGivenUp[records[index].newest.ordinal, default: EpochGivenUp()].add(own)
    }
    counting.suspects.inherit(epoch: epoch.ordinal, by: records[index].newest.ordinal)
    counting.sink.dissolved(epoch: epoch.ordinal, into: records[index].newest.ordinal)
  }

  mutating func suspectSingle(of epoch: EpochState) {
    counting.suspects.add(
      epoch: epoch.ordinal, number: UInt32(truncatingIfNeeded: epoch.numbers.lowest),
      place: epoch.lowestPlace, time: epoch.lowestTime)
    counting.suspects.addCopies(of: epoch.ordinal)
  }
}
