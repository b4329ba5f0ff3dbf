/// What an association would be, as of one of the frames that are still open: judged with the
/// verdicts known so far, and counted nowhere.
struct Sketch {
  /// A restart that stands unless the old epoch goes on (rule 6).
  struct Tentative {
    /// Index of its first frame.
    var begin: UInt64
    var oldHighest: UInt64
    /// Positions in the deliberation of the frames assigned to it.
    var positions: [Int]
  }

  private(set) var standing: Standing
  private var newest = SketchedNumbers(base: .newest)
  private var older = SketchedNumbers(base: .older)
  var above: RisingRuns
  var below: RisingRuns
  var returns: RisingRuns
  var restarts: RisingRuns
  /// Each began in the one before it.
  private(set) var tentatives: [Tentative] = []
  private let rules: SequenceRules

  /// The association as counted.
  init(_ standing: Standing, _ rules: SequenceRules) {
    self.standing = standing
    self.rules = rules
    above = RisingRuns(rules)
    below = RisingRuns(rules)
    returns = RisingRuns(rules)
    restarts = RisingRuns(rules)
  }

  /// Numbers that are remembered.
  var size: Int { newest.added.count + older.added.count }

  /// Whether later frames may reveal that the frame with `index` begins something.
  func holds(_ index: UInt64) -> Bool {
    above.holds(index) || below.holds(index) || returns.holds(index) || restarts.holds(index)
  }

  /// The next frame as the rules see it. `settled` is what has been counted.
  mutating func judge(
    _ frame: TrackedFrame, joins: Bool, isMACsec: Bool, _ settled: PresenceOf
  ) -> Judgement {
    standing.closeOlderIfDue(at: standing.frameIndex + 1)
    let presence = { (number: UInt64, slot: EpochSlot) in
      slot == .newest
        ? newest.presence(number, settled) : older.presence(number, settled)
    }
    return joins
      ? rules.join(frame.number, standing: standing, presence: presence)
      : rules.judge(
        frame.number, isReturn: frame.isReturn, isMACsec: isMACsec, standing: standing,
        presence: presence)
  }

  /// PN 0 where it is malformed: no frame of the association.
  mutating func pass(_ judgement: Judgement) { standing.isAbsent = judgement.isAbsent }

  /// Counts a frame; returns its index.
  mutating func advance() -> UInt64 {
    standing.frameIndex += 1
    let index = standing.frameIndex
    above.expire(at: index)
    below.expire(at: index)
    returns.expire(at: index)
    restarts.expire(at: index)
    tentatives.removeAll { $0.begin + rules.window < index }
    standing.closeOlderIfDue(at: index)
    return index
  }

  /// The tentative epoch that `number` shows to be a replay (rule 6).
  func refuted(by number: UInt32) -> Tentative? {
    guard let last = tentatives.last,
      rules.refutesRestart(
        number, oldHighest: last.oldHighest, tentativeHighest: standing.newest.highest)
    else { return nil }
    return last
  }

  /// A new epoch begins with the frame at `position`.
  mutating func begin(_ frame: TrackedFrame, origin: EpochOrigin, position: Int) {
    let oldHighest = standing.newest.highest
    let number = SequenceRules.begin(frame.number)
    standing.begin(number, time: frame.time, rules: rules)
    older = newest
    newest = SketchedNumbers(base: nil, added: [number])
    if origin == .restarted {
      tentatives.append(
        Tentative(begin: standing.frameIndex, oldHighest: oldHighest, positions: [position]))
    } else {
      tentatives = []
    }
    // A copy in the old epoch says nothing about the new one.
    restarts = RisingRuns(rules)
  }

  /// Takes the frame at `position` as `judgement` says, or as a confirmed jump.
  mutating func apply(_ judgement: Judgement, jumps: Bool, time: Timestamp, position: Int) {
    if case .take(.older, _, _) = judgement.outcome {
    } else if !tentatives.isEmpty {
      tentatives[tentatives.count - 1].positions.append(position)
    }
    standing.isAbsent = judgement.isAbsent
    if let number = progress(judgement) {
      above.breakRuns(at: standing.frameIndex)
      restarts.passProgress(
        to: UInt32(truncatingIfNeeded: number), at: standing.frameIndex)
    }
    if case .farAbove(let number) = judgement.question, jumps {
      jump(to: number, time: time)
    } else {
      switch judgement.outcome {
      case .malformed, .suspect: break
      case .first(let number): take(number, time: time, in: .newest)
      case .take(let slot, let number, let isNew):
        if isNew { take(number, time: time, in: slot) }
      }
    }
    standing.closeOlderIfReached(rules)
  }

  /// The number, where it is in (highest, highest + H]: the traffic goes on.
  private func progress(_ judgement: Judgement) -> UInt64? {
    guard case .take(.newest, let number, _) = judgement.outcome,
      number > standing.newest.highest
    else { return nil }
    return number
  }

  private mutating func take(_ number: UInt64, time: Timestamp, in slot: EpochSlot) {
    standing.take(number, time: time, in: slot)
    if slot == .newest { newest.added.insert(number) } else { older.added.insert(number) }
  }

  private mutating func jump(to number: UInt64, time: Timestamp) {
    let highest = standing.newest.highest
    let isSkip = rules.isSkip(
      missing: number - highest - 1, before: standing.highestTime, after: time)
    if standing.jump(to: number, time: time) {
      newest = SketchedNumbers(base: nil, added: [number])
      return
    }
    newest.added.insert(number)
    if isSkip { newest.skipped.append(highest + 1...number - 1) }
  }
}

/// The numbers of an epoch in a sketch: those already counted, and those added since.
private struct SketchedNumbers {
  /// The counted epoch that it goes on from; `nil`: it began in the sketch.
  var base: EpochSlot?
  var added: Set<UInt64> = []
  /// Passed over by jumps of the sketch (rule 9).
  var skipped: [ClosedRange<UInt64>] = []

  func presence(_ number: UInt64, _ settled: PresenceOf) -> NumberPresence {
    if added.contains(number) { return .arrived }
    if skipped.contains(where: { $0.contains(number) }) { return .skipped }
    guard let base else { return .missing }
    return settled(number, base)
  }
}
