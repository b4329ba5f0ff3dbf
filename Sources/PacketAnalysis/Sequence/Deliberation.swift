/// The frames of one association from the first whose meaning is still open.
///
/// Some frames can only be understood by what follows them: a number far away is a jump or a
/// forgery, a number that had arrived is a copy or a restart. From such a frame on, an association's
/// frames are kept here, at most W or so, and judged provisionally on a sketch of the association.
/// When a verdict is found the sketch is drawn anew with the verdict known; when the first frame is
/// no longer open it is handed on, with its verdict, to be counted for good. So everything is counted
/// once, in order, and as if each verdict had been known at arrival.
final class Deliberation {
  /// What has been found about a frame.
  enum Verdict: Equatable {
    /// Nothing, or nothing yet: it is what it seems to be.
    case asSeen
    /// A confirmed jump (rule 4).
    case jumps
    /// A new epoch begins here.
    case begins(EpochOrigin)
    /// Confirmed together with the frame that an epoch or a jump began with.
    case joins
    /// Part of a replay: begins nothing (rule 6).
    case replayed
  }

  private struct Entry {
    var frame: TrackedFrame
    var verdict = Verdict.asSeen
    /// Index in the association, once judged.
    var index: UInt64 = 0
  }

  /// A restart that stands unless the old epoch goes on (rule 6).
  private struct Tentative {
    var begin: UInt64
    var oldHighest: UInt64
    /// Positions in `entries` of the frames assigned to it.
    var positions: [Int]
  }

  private let rules: SequenceRules
  private let isMACsec: Bool
  private var entries: [Entry] = []
  /// Entries before this one have been handed on.
  private var head = 0

  // The sketch, as of the entry before `judged`.
  private var judged = 0
  private var standing: Standing
  private var newest = SketchedNumbers(base: .newest)
  private var older = SketchedNumbers(base: .older)
  private var above = RisingRuns()
  private var below = RisingRuns()
  private var returns = RisingRuns()
  private var restarts = RisingRuns()
  /// Each began in the one before it.
  private var tentatives: [Tentative] = []

  init(standing: Standing, rules: SequenceRules, isMACsec: Bool) {
    self.standing = standing
    self.rules = rules
    self.isMACsec = isMACsec
  }

  /// Adds a frame and finds what it decides. `settled` is the association as counted so far.
  func add(_ frame: TrackedFrame, settledStanding: Standing, settled: PresenceOf) {
    entries.append(Entry(frame: frame))
    // What has been handed on is in `settled` too: the sketch need not remember it for ever.
    if newest.added.count + older.added.count > 8 * Int(rules.window) {
      sketchAnew(from: settledStanding)
    }
    judgeAll(settledStanding, settled)
  }

  /// The next frame that is open no longer, with its verdict.
  func nextSettled(isEnd: Bool) -> (frame: TrackedFrame, verdict: Verdict)? {
    guard head < entries.count, isEnd || !isOpen(entries[head]) else { return nil }
    let entry = entries[head]
    head += 1
    if head > 4 * Int(rules.window) {
      entries.removeFirst(head)
      judged -= head
      for index in tentatives.indices {
        tentatives[index].positions = tentatives[index].positions.map { $0 - head }
      }
      head = 0
    }
    return (entry.frame, entry.verdict)
  }

  var isEmpty: Bool { head == entries.count }

  /// Later frames may still change what this one is.
  private func isOpen(_ entry: Entry) -> Bool {
    if standing.frameIndex >= entry.index + rules.window { return false }
    if entry.verdict == .begins(.restarted) { return true }
    guard entry.verdict == .asSeen else { return false }
    return above.holds(entry.index) || below.holds(entry.index) || returns.holds(entry.index)
      || restarts.holds(entry.index)
  }

  // MARK: The sketch

  /// The association has been counted differently from the sketch (a new epoch began there):
  /// draw the sketch anew from `settledStanding`.
  func sketchAnew(from settledStanding: Standing) {
    standing = settledStanding
    newest = SketchedNumbers(base: .newest)
    older = SketchedNumbers(base: .older)
    (above, below, returns, restarts) = (RisingRuns(), RisingRuns(), RisingRuns(), RisingRuns())
    tentatives = []
    judged = head
  }

  func judgeAll(_ settledStanding: Standing, _ settled: PresenceOf) {
    while judged < entries.count {
      let position = judged
      judged += 1
      if judge(position, settled) { sketchAnew(from: settledStanding) }
    }
  }

  /// Judges one entry; true if a verdict was found, so that the sketch no longer holds.
  private func judge(_ position: Int, _ settled: PresenceOf) -> Bool {
    let frame = entries[position].frame
    let verdict = entries[position].verdict
    if case .begins(let origin) = verdict {
      advance(position)
      begin(frame, origin: origin, position: position)
      return false
    }
    standing.closeOlderIfDue(at: standing.frameIndex + 1)
    let presence = { (number: UInt64, slot: EpochSlot) in
      (slot == .newest ? self.newest : self.older).presence(number, settled)
    }
    let judgement =
      verdict == .joins
      ? rules.join(frame.number, standing: standing, presence: presence)
      : rules.judge(
        frame.number, isReturn: frame.isReturn, isMACsec: isMACsec, standing: standing,
        presence: presence)
    if judgement.outcome == .malformed {
      entries[position].index = 0
      standing.isAbsent = judgement.isAbsent
      return false
    }
    advance(position)
    if refutesRestart(frame.number) { return true }
    if case .take(.older, _, _) = judgement.outcome {
    } else if !tentatives.isEmpty {
      tentatives[tentatives.count - 1].positions.append(position)
    }
    standing.isAbsent = judgement.isAbsent
    let index = standing.frameIndex
    if progresses(judgement) {
      above.breakRuns()
      restarts.passProgress()
    }
    apply(judgement, verdict: verdict, time: frame.time)
    return verdict == .asSeen && consider(judgement, frame: frame, index: index)
  }

  private func advance(_ position: Int) {
    standing.frameIndex += 1
    let index = standing.frameIndex
    entries[position].index = index
    above.expire(at: index, rules: rules)
    below.expire(at: index, rules: rules)
    returns.expire(at: index, rules: rules)
    restarts.expire(at: index, rules: rules)
    tentatives.removeAll { $0.begin + rules.window < index }
    standing.closeOlderIfDue(at: index)
  }

  private func begin(_ frame: TrackedFrame, origin: EpochOrigin, position: Int) {
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
    restarts = RisingRuns()
  }

  /// In (highest, highest + H]: the traffic goes on.
  private func progresses(_ judgement: Judgement) -> Bool {
    guard case .take(.newest, let number, _) = judgement.outcome else { return false }
    return number > standing.newest.highest
  }

  private func apply(_ judgement: Judgement, verdict: Verdict, time: Timestamp) {
    if case .farAbove(let number) = judgement.question, verdict == .jumps {
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

  private func take(_ number: UInt64, time: Timestamp, in slot: EpochSlot) {
    standing.take(number, time: time, in: slot)
    if slot == .newest { newest.added.insert(number) } else { older.added.insert(number) }
  }

  private func jump(to number: UInt64, time: Timestamp) {
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

  // MARK: Verdicts

  /// The old epoch goes on: what seemed a restart was a replay (rule 6).
  private func refutesRestart(_ number: UInt32) -> Bool {
    guard let restart = tentatives.last, let begin = restart.positions.first,
      rules.refutesRestart(
        number, oldHighest: restart.oldHighest, tentativeHighest: standing.newest.highest)
    else { return false }
    forgetVerdicts(after: begin)
    for position in restart.positions { entries[position].verdict = .replayed }
    return true
  }

  /// What was found about later frames rested on other numbers: it will be found again.
  private func forgetVerdicts(after begin: Int) {
    for position in begin + 1..<entries.count { entries[position].verdict = .asSeen }
  }

  /// Adds a frame to the runs that it may belong to; true if one of them is complete.
  private func consider(_ judgement: Judgement, frame: TrackedFrame, index: UInt64) -> Bool {
    // Rule 1 first: its run is a new epoch whatever the frames would have been otherwise.
    if judgement.mayReturn || !returns.isEmpty,
      let run = returns.add(
        frame.number, index: index, mayBegin: judgement.mayReturn, rules: rules),
      decide(run, companionsOf: returns, unbrokenOnly: false, verdict: .begins(.returned))
    {
      return true
    }
    switch judgement.question {
    case .farAbove:
      if let run = above.add(frame.number, index: index, mayBegin: true, rules: rules) {
        return decide(run, companionsOf: above, unbrokenOnly: false, verdict: .jumps)
      }
    case .farBelow:
      if let run = below.add(frame.number, index: index, mayBegin: true, rules: rules) {
        return decide(run, companionsOf: below, unbrokenOnly: false, verdict: .begins(.farBelow))
      }
    case .restart:
      return considerRestart(frame.number, index: index, mayBegin: true)
    case nil:
      if case .take(.newest, _, false) = judgement.outcome, !restarts.isEmpty {
        return considerRestart(frame.number, index: index, mayBegin: false)
      }
    }
    return false
  }

  private func considerRestart(_ number: UInt32, index: UInt64, mayBegin: Bool) -> Bool {
    guard let run = restarts.add(number, index: index, mayBegin: mayBegin, rules: rules) else {
      return false
    }
    return decide(
      run, companionsOf: restarts, unbrokenOnly: true, verdict: .begins(.restarted))
  }

  /// Gives the verdict to the earliest of the frames that a complete run confirms; the others join
  /// it. False if that is no news.
  private func decide(
    _ run: (first: UInt64, numbers: [UInt32]), companionsOf runs: RisingRuns, unbrokenOnly: Bool,
    verdict: Verdict
  ) -> Bool {
    var confirmed = runs.companions(
      of: run.numbers, rules: rules, unbrokenOnly: unbrokenOnly)
    if !confirmed.contains(run.first) { confirmed.append(run.first) }
    guard let earliest = confirmed.min(),
      let begin = entries[head...].firstIndex(where: { $0.index == earliest }),
      entries[begin].verdict == .asSeen
    else { return false }
    forgetVerdicts(after: begin)
    entries[begin].verdict = verdict
    for position in begin + 1..<entries.count where confirmed.contains(entries[position].index) {
      entries[position].verdict = .joins
    }
    return true
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
