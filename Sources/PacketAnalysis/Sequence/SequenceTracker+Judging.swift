// From a frame to what it is: at once, or after deliberation.

extension SequenceTracker {
  mutating func consider(_ frame: TrackedFrame, _ record: UInt32) {
    if records[Int(record)].isDeliberated, let deliberation = deliberations[record] {
      if mayHold { return deliberate(deliberation, frame, record) }
      decideEarly(deliberation, record)
    }
    makeRoomForRange()
    closeOlderIfDue(record)
    let judgement = judge(frame, record)
    let isDoubtful = judgement.question != nil || judgement.mayReturn
    guard isDoubtful, mayHold else {
      if isDoubtful { noteHasty(1, record) }
      apply(judgement, .asSeen, frame, record)
      return
    }
    let deliberation = Deliberation(
      standing: standing(record), rules: rules, isMACsec: key(ofRecord: Int(record)).isOfChannel)
    deliberations[record] = deliberation
    heldFrames += AnalysisLimits.deliberationFrames
    records[Int(record)].isDeliberated = true
    records[Int(record)].wasDeliberated = true
    deliberate(deliberation, frame, record)
  }

  mutating func deliberate(
    _ deliberation: Deliberation, _ frame: TrackedFrame, _ record: UInt32
  ) {
    let settled = standing(record)
    let held = deliberation.heldCount
    deliberation.add(frame, settledStanding: settled) { number, slot in
      presence(of: number, in: slot, record)
    }
    hand(on: deliberation, record, isEnd: false)
    heldFrames += deliberation.heldCount - held
    if deliberation.isEmpty {
      heldFrames -= deliberation.heldCount
      endDeliberation(record)
    }
  }

  /// Counts the frames of a deliberation that are open no longer.
  mutating func hand(on deliberation: Deliberation, _ record: UInt32, isEnd: Bool) {
    while let (frame, verdict) = deliberation.nextSettled(isEnd: isEnd) {
      let epoch = records[Int(record)].newest.ordinal
      let lowest = records[Int(record)].newest.numbers.lowest
      settle(frame, verdict, record)
      // The sketch goes on from the counted epochs: tell it when they are others.
      if !isEnd,
        records[Int(record)].newest.ordinal != epoch
          || verdict == .jumps && records[Int(record)].newest.numbers.lowest > lowest
      {
        let settled = standing(record)
        deliberation.sketchAnew(from: settled)
        deliberation.judgeAll(settled) { number, slot in presence(of: number, in: slot, record) }
      }
    }
  }

  /// Counts one frame, its verdict being known.
  mutating func settle(
    _ frame: TrackedFrame, _ verdict: Deliberation.Verdict, _ record: UInt32
  ) {
    makeRoomForRange()
    closeOlderIfDue(record)
    switch verdict {
    case .begins(let origin): beginEpoch(frame, origin, record)
    case .joins:
      let judgement = rules.join(frame.number, standing: standing(record)) { number, slot in
        presence(of: number, in: slot, record)
      }
      apply(judgement, verdict, frame, record)
    case .asSeen, .jumps, .replayed: apply(judge(frame, record), verdict, frame, record)
    }
  }

  // What only reads is a part of what changes the tracker: as a call of its own it would get a copy of
  // all of the tracker's properties (Swift 6.3.1).

  @inline(__always)
  func judge(_ frame: TrackedFrame, _ record: UInt32) -> Judgement {
    rules.judge(
      frame.number, isReturn: frame.isReturn, isMACsec: key(ofRecord: Int(record)).isOfChannel,
      standing: standing(record)
    ) { number, slot in presence(of: number, in: slot, record) }
  }

  @inline(__always)
  func standing(_ record: UInt32) -> Standing {
    let index = Int(record)
    return Standing(
      frameIndex: records[index].frameIndex, newest: records[index].newest.numbers,
      older: records[index].hasOlder ? older[record]?.numbers : nil,
      olderDeadline: records[index].olderDeadline, isAbsent: records[index].isAbsent,
      anchor: records[index].anchor, highestTime: records[index].newest.highestTime)
  }

  @inline(__always)
  func presence(
    of number: UInt64, in slot: EpochSlot, _ record: UInt32
  ) -> NumberPresence {
    let index = Int(record)
    if slot == .newest {
      return counting.ranges.presence(
        of: number, within: records[index].newest.numbers, records[index].newest.missing)
    }
    guard let epoch = older[record] else { return .missing }
    return counting.ranges.presence(of: number, within: epoch.numbers, epoch.missing)
  }
}
