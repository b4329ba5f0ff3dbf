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

  private let rules: SequenceRules
  private let isMACsec: Bool
  /// A frame keeps its position for ever: `entries` begins with the one at `dropped`.
  private var entries: [Entry] = []
  private var dropped = 0
  /// The first frame that has not been handed on.
  private var head = 0

  /// The association as of the frame before the one at `judged`.
  private var sketch: Sketch
  private var judged = 0
  /// Earlier sketches to go back to, kept from the first verdict on: frames that make one verdict
  /// after the other may not make all others be judged anew each time.
  private var checkpoints: [(judged: Int, sketch: Sketch)] = []
  private var hasVerdicts = false

  init(standing: Standing, rules: SequenceRules, isMACsec: Bool) {
    sketch = Sketch(standing, rules)
    self.rules = rules
    self.isMACsec = isMACsec
  }

  /// The same doubts, to be settled apart.
  init(copying other: Deliberation) {
    (rules, isMACsec) = (other.rules, other.isMACsec)
    (entries, dropped, head) = (other.entries, other.dropped, other.head)
    (sketch, judged) = (other.sketch, other.judged)
    (checkpoints, hasVerdicts) = (other.checkpoints, other.hasVerdicts)
  }

  /// Adds a frame and finds what it decides. `settled` is the association as counted so far.
  func add(_ frame: TrackedFrame, settledStanding: Standing, settled: PresenceOf) {
    entries.append(Entry(frame: frame))
    // What has been handed on is in `settled` too: the sketch need not remember it for ever.
    if sketch.size > 4 * Int(rules.window) { sketchAnew(from: settledStanding) }
    judgeAll(settledStanding, settled)
  }

  /// The next frame that is open no longer, with its verdict.
  func nextSettled(isEnd: Bool) -> (frame: TrackedFrame, verdict: Verdict)? {
    guard !isEmpty, isEnd || !isOpen(entries[head - dropped]) else { return nil }
    let entry = entries[head - dropped]
    head += 1
    if head - dropped > 4 * Int(rules.window) {
      entries.removeFirst(head - dropped)
      dropped = head
    }
    return (entry.frame, entry.verdict)
  }

  var isEmpty: Bool { head == end }
  /// Frames that are open.
  var openCount: Int { end - head }
  /// Frames that are in memory.
  var heldCount: Int { entries.count }

  private var end: Int { dropped + entries.count }

  /// Later frames may still change what this one is.
  private func isOpen(_ entry: Entry) -> Bool {
    if sketch.standing.frameIndex >= entry.index + rules.window { return false }
    if entry.verdict == .begins(.restarted) { return true }
    return entry.verdict == .asSeen && sketch.holds(entry.index)
  }

  // MARK: The sketch

  /// The association has been counted differently from the sketch (a new epoch began there):
  /// draw the sketch anew from `settledStanding`.
  func sketchAnew(from settledStanding: Standing) {
    sketch = Sketch(settledStanding, rules)
    judged = head
    checkpoints = []
  }

  func judgeAll(_ settledStanding: Standing, _ settled: PresenceOf) {
    while judged < end {
      keepCheckpoint()
      let position = judged
      judged += 1
      if let begin = judge(position, settled) { goBack(before: begin, settledStanding) }
    }
  }

  private func keepCheckpoint() {
    guard hasVerdicts, judged >= (checkpoints.last?.judged ?? head) + Self.checkpointDistance
    else { return }
    // What has been counted meanwhile cannot be judged again.
    checkpoints.removeAll { $0.judged < head }
    checkpoints.append((judged, sketch))
  }

  /// The frame at `begin` has got another verdict.
  private func goBack(before begin: Int, _ settledStanding: Standing) {
    hasVerdicts = true
    checkpoints.removeAll { $0.judged > begin || $0.judged < head }
    guard let last = checkpoints.last else {
      sketchAnew(from: settledStanding)
      return
    }
    (judged, sketch) = last
  }

  /// Judges one entry; the position of the first frame that this gives another verdict.
  private func judge(_ position: Int, _ settled: PresenceOf) -> Int? {
    let frame = entries[position - dropped].frame
    let verdict = entries[position - dropped].verdict
    if case .begins(let origin) = verdict {
      entries[position - dropped].index = sketch.advance()
      sketch.begin(frame, origin: origin, position: position)
      return nil
    }
    let judgement = sketch.judge(frame, joins: verdict == .joins, isMACsec: isMACsec, settled)
    if judgement.outcome == .malformed {
      entries[position - dropped].index = 0
      sketch.pass(judgement)
      return nil
    }
    let index = sketch.advance()
    entries[position - dropped].index = index
    if let replay = sketch.refuted(by: frame.number) { return refute(replay) }
    sketch.apply(judgement, jumps: verdict == .jumps, time: frame.time, position: position)
    return verdict == .asSeen ? consider(judgement, frame.number, index) : nil
  }

  // MARK: Verdicts

  /// The old epoch goes on: what seemed a restart was a replay (rule 6).
  private func refute(_ replay: Sketch.Tentative) -> Int? {
    guard let begin = replay.positions.first else { return nil }
    forgetVerdicts(after: begin)
    for position in replay.positions { entries[position - dropped].verdict = .replayed }
    return begin
  }

  /// What was found about later frames rested on other numbers: it will be found again.
  private func forgetVerdicts(after begin: Int) {
    for position in begin + 1..<end { entries[position - dropped].verdict = .asSeen }
  }

  /// Adds a frame to the runs that it may belong to; if one of them is complete, the position of
  /// the first frame that has another verdict by it.
  private func consider(_ judgement: Judgement, _ number: UInt32, _ index: UInt64) -> Int? {
    // Rule 1 first: its run is a new epoch whatever the frames would have been otherwise.
    if judgement.mayReturn || !sketch.returns.isEmpty,
      let run = sketch.returns.add(number, index: index, mayBegin: judgement.mayReturn),
      let begin = decide(run, companionsOf: sketch.returns, verdict: .begins(.returned))
    {
      return begin
    }
    switch judgement.question {
    case .farAbove:
      if let run = sketch.above.add(number, index: index, mayBegin: true) {
        return decide(run, companionsOf: sketch.above, verdict: .jumps)
      }
    case .farBelow:
      if let run = sketch.below.add(number, index: index, mayBegin: true) {
        return decide(run, companionsOf: sketch.below, verdict: .begins(.farBelow))
      }
    case .restart:
      return considerRestart(number, index, mayBegin: true)
    case nil:
      if case .take(.newest, _, false) = judgement.outcome, !sketch.restarts.isEmpty {
        return considerRestart(number, index, mayBegin: false)
      }
    }
    return nil
  }

  private func considerRestart(_ number: UInt32, _ index: UInt64, mayBegin: Bool) -> Int? {
    guard let run = sketch.restarts.add(number, index: index, mayBegin: mayBegin) else {
      return nil
    }
    return decide(
      run, companionsOf: sketch.restarts, unbrokenOnly: true, verdict: .begins(.restarted))
  }

  /// Gives the verdict to the earliest of the frames that a complete run confirms, and returns its
  /// position; the others join it. `nil` if that is no news.
  private func decide(
    _ run: (first: UInt64, numbers: [UInt32]), companionsOf runs: RisingRuns,
    unbrokenOnly: Bool = false, verdict: Verdict
  ) -> Int? {
    let confirmed = Set(runs.companions(of: run.numbers, unbrokenOnly: unbrokenOnly))
      .union([run.first])
    guard let earliest = confirmed.min(),
      let begin = (head..<end).first(where: { entries[$0 - dropped].index == earliest }),
      entries[begin - dropped].verdict == .asSeen
    else { return nil }
    forgetVerdicts(after: begin)
    entries[begin - dropped].verdict = verdict
    for position in begin + 1..<judged where confirmed.contains(entries[position - dropped].index) {
      entries[position - dropped].verdict = .joins
    }
    return begin
  }

  private static let checkpointDistance = 64
}
