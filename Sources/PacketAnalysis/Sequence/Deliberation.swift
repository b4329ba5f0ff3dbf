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
    /// Part of a confirmed jump (rule 4).
    case jumps
    /// A new epoch begins here.
    case begins(EpochOrigin)
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
  private var tentative: Tentative?

  init(standing: Standing, rules: SequenceRules, isMACsec: Bool) {
    self.standing = standing
    self.rules = rules
    self.isMACsec = isMACsec
  }

  /// Adds a frame and finds what it decides. `settled` is the association as counted so far.
  func add(_ frame: TrackedFrame, settledStanding: Standing, hasArrived: HasArrived) {
    entries.append(Entry(frame: frame))
    // What has been handed on is in `settled` too: the sketch need not remember it for ever.
    if newest.added.count + older.added.count > 8 * Int(rules.window) {
      sketchAnew(from: settledStanding)
    }
    judgeAll(settledStanding, hasArrived)
  }

  /// The next frame that is open no longer, with its verdict.
  func nextSettled(isEnd: Bool) -> (frame: TrackedFrame, verdict: Verdict)? {
    guard head < entries.count, isEnd || !isOpen(entries[head]) else { return nil }
    let entry = entries[head]
    head += 1
    if head > 4 * Int(rules.window) {
      entries.removeFirst(head)
      judged -= head
      if let positions = tentative?.positions {
        tentative?.positions = positions.map { $0 - head }
      }
      head = 0
    }
    return (entry.frame, entry.verdict)
  }

  var isEmpty: Bool { head == entries.count }

  /// Later frames may still change what this one is.
  private func isOpen(_ entry: Entry) -> Bool {
    if standing.frameIndex >= entry.index + rules.window { return false }
    if let tentative, tentative.begin == entry.index { return true }
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
    tentative = nil
    judged = head
  }

  func judgeAll(_ settledStanding: Standing, _ hasArrived: HasArrived) {
    while judged < entries.count {
      let position = judged
      judged += 1
      if judge(position, hasArrived) { sketchAnew(from: settledStanding) }
    }
  }

  /// Judges one entry; true if a verdict was found, so that the sketch no longer holds.
  private func judge(_ position: Int, _ hasArrived: HasArrived) -> Bool {
    let frame = entries[position].frame
    let verdict = entries[position].verdict
    if case .begins(let origin) = verdict {
      advance(position)
      begin(frame.number, origin: origin, position: position)
      return false
    }
    standing.closeOlderIfDue(at: standing.frameIndex + 1)
    let judgement = rules.judge(
      frame.number, isReturn: frame.isReturn, isMACsec: isMACsec, standing: standing
    ) { number, slot in
      (slot == .newest ? newest : older).contains(number, hasArrived)
    }
    if judgement.outcome == .malformed {
      entries[position].index = 0
      return false
    }
    advance(position)
    if tentative != nil, refutesTentative(frame.number) { return true }
    tentative?.positions.append(position)
    standing.isAbsent = judgement.isAbsent
    let index = standing.frameIndex
    if progresses(judgement) {
      above.breakRuns()
      restarts.passProgress()
    }
    apply(judgement, verdict: verdict)
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
    if let begin = tentative?.begin, begin + rules.window < index { tentative = nil }
    standing.closeOlderIfDue(at: index)
  }

  private func begin(_ number: UInt32, origin: EpochOrigin, position: Int) {
    let oldHighest = standing.newest.highest
    standing.begin(SequenceRules.begin(number), rules: rules)
    older = newest
    newest = SketchedNumbers(base: nil, added: [SequenceRules.begin(number)])
    tentative =
      origin == .restarted
      ? Tentative(begin: standing.frameIndex, oldHighest: oldHighest, positions: [position]) : nil
    // What was held beside the old epoch says nothing about the new one.
    (above, below, returns, restarts) = (RisingRuns(), RisingRuns(), RisingRuns(), RisingRuns())
  }

  /// In (highest, highest + H]: the traffic goes on.
  private func progresses(_ judgement: Judgement) -> Bool {
    guard case .take(.newest, let number, _) = judgement.outcome else { return false }
    return number > standing.newest.highest
  }

  private func apply(_ judgement: Judgement, verdict: Verdict) {
    if case .farAbove(let number) = judgement.question, verdict == .jumps {
      if standing.jump(to: number) {
        newest = SketchedNumbers(base: nil, added: [number])
      } else {
        newest.added.insert(number)
      }
    } else {
      switch judgement.outcome {
      case .malformed, .suspect: break
      case .first(let number):
        standing.newest = NumberRange(single: number)
        newest.added.insert(number)
      case .take(let slot, let number, let isNew):
        guard isNew else { break }
        standing.take(number, in: slot)
        if slot == .newest { newest.added.insert(number) } else { older.added.insert(number) }
      }
    }
    standing.closeOlderIfReached(rules)
  }

  // MARK: Verdicts

  /// The old epoch goes on: what seemed a restart was a replay (rule 6).
  private func refutesTentative(_ number: UInt32) -> Bool {
    guard let restart = tentative,
      rules.refutesRestart(
        number, oldHighest: restart.oldHighest, tentativeHighest: standing.newest.highest)
    else { return false }
    for position in restart.positions { entries[position].verdict = .replayed }
    return true
  }

  /// Adds a frame to the runs that it may belong to; true if one of them is complete.
  private func consider(_ judgement: Judgement, frame: TrackedFrame, index: UInt64) -> Bool {
    // Rule 1 first: its run is a new epoch whatever the frames would have been otherwise.
    let wire = UInt64(frame.number)
    var isCandidate = false
    if case .returning = judgement.question { isCandidate = true }
    if isCandidate || !returns.isEmpty,
      let run = returns.add(wire, index: index, mayBegin: isCandidate, rules: rules)
    {
      return decide(run, companionsOf: returns, unbrokenOnly: false, verdict: .begins(.returned))
    }
    switch judgement.question {
    case .farAbove(let number):
      if let run = above.add(number, index: index, mayBegin: true, rules: rules) {
        return decide(run, companionsOf: above, unbrokenOnly: false, verdict: .jumps)
      }
    case .farBelow(let number):
      if let run = below.add(number, index: index, mayBegin: true, rules: rules) {
        return decide(run, companionsOf: below, unbrokenOnly: false, verdict: .begins(.farBelow))
      }
    case .restart(let number):
      return considerRestart(number, index: index, mayBegin: true)
    case .returning, nil:
      if case .take(.newest, let number, false) = judgement.outcome, !restarts.isEmpty {
        return considerRestart(number, index: index, mayBegin: false)
      }
    }
    return false
  }

  private func considerRestart(_ number: UInt64, index: UInt64, mayBegin: Bool) -> Bool {
    guard let run = restarts.add(number, index: index, mayBegin: mayBegin, rules: rules) else {
      return false
    }
    return decide(
      run, companionsOf: restarts, unbrokenOnly: true, verdict: .begins(.restarted))
  }

  /// Gives the verdict to the frames that a complete run confirms: to all of them where it is a
  /// jump, to the earliest where an epoch begins.
  private func decide(
    _ run: (first: UInt64, numbers: [UInt64]), companionsOf runs: RisingRuns, unbrokenOnly: Bool,
    verdict: Verdict
  ) -> Bool {
    var confirmed = runs.companions(
      of: run.numbers, rules: rules, unbrokenOnly: unbrokenOnly)
    if !confirmed.contains(run.first) { confirmed.append(run.first) }
    if verdict != .jumps, let earliest = confirmed.min() { confirmed = [earliest] }
    var isNews = false
    for position in head..<entries.count
    where confirmed.contains(entries[position].index) && entries[position].verdict == .asSeen {
      entries[position].verdict = verdict
      isNews = true
    }
    return isNews
  }
}

/// The numbers of an epoch in a sketch: those already counted, and those added since.
private struct SketchedNumbers {
  /// The counted epoch that it goes on from; `nil`: it began in the sketch.
  var base: EpochSlot?
  var added: Set<UInt64> = []

  func contains(_ number: UInt64, _ hasArrived: HasArrived) -> Bool {
    if added.contains(number) { return true }
    guard let base else { return false }
    return hasArrived(number, base)
  }
}
