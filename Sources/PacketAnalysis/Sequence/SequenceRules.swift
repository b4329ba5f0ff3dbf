/// The numbers of an epoch as far as the rules need them.
struct NumberRange: Equatable, BitwiseCopyable {
  var lowest: UInt64
  var highest: UInt64
  var distinct: UInt64

  init(single number: UInt64) { (lowest, highest, distinct) = (number, number, 1) }
  init(lowest: UInt64, highest: UInt64, distinct: UInt64) {
    (self.lowest, self.highest, self.distinct) = (lowest, highest, distinct)
  }

  /// Whether `number` has arrived; `presence` is asked only of numbers within the range.
  func contains(_ number: UInt64, _ slot: EpochSlot, _ presence: PresenceOf) -> Bool {
    number >= lowest && number <= highest && presence(number, slot) == .arrived
  }

  mutating func insert(_ number: UInt64) {
    lowest = min(lowest, number)
    highest = max(highest, number)
    distinct += 1
  }
}

/// The two epochs of an association that a frame may belong to (rule 7).
enum EpochSlot { case newest, older }

/// How a new epoch came about.
enum EpochOrigin: UInt8, BitwiseCopyable {
  case first
  /// Rule 1: its AN had been away.
  case returned
  /// Rule 5: numbers far below.
  case farBelow
  /// Rule 6: the sender began again at 1.
  case restarted
}

/// What is known of an association between two frames: everything that the rules ask, and nothing
/// that they do not.
struct Standing: BitwiseCopyable {
  /// Frames so far; the first has index 1.
  var frameIndex: UInt64 = 0
  /// `distinct` is 0 where there is no epoch yet.
  var newest = NumberRange(lowest: 0, highest: 0, distinct: 0)
  /// The epoch before, while it is open for stragglers.
  var older: NumberRange?
  /// The last index at which `older` is open.
  var olderDeadline: UInt64 = 0
  /// An absence of the AN has begun and not ended (rule 1).
  var isAbsent = false
  /// The number that the newest epoch, or its latest jump, began with.
  var anchor: UInt64 = 0
  /// Of the first arrival of `newest.highest`.
  var highestTime = Timestamp.absent

  var hasEpoch: Bool { newest.distinct > 0 }
}

extension Standing {
  /// A new epoch begins with `number`; the one so far stays open for stragglers (rule 7).
  mutating func begin(_ number: UInt64, time: Timestamp, rules: SequenceRules) {
    older = hasEpoch ? newest : nil
    olderDeadline = frameIndex + rules.window
    newest = NumberRange(single: number)
    anchor = number
    highestTime = time
    isAbsent = false
    closeOlderIfReached(rules)
  }

  /// A number that had not arrived.
  mutating func take(_ number: UInt64, time: Timestamp, in slot: EpochSlot) {
    guard slot == .newest else {
      older?.insert(number)
      return
    }
    if !hasEpoch {
      newest = NumberRange(single: number)
      highestTime = time
      return
    }
    if number > newest.highest { highestTime = time }
    newest.insert(number)
  }

  /// A confirmed jump (rule 4); true where the epoch had a single number, which it loses.
  mutating func jump(to number: UInt64, time: Timestamp) -> Bool {
    anchor = number
    highestTime = time
    if newest.distinct == 1 {
      newest = NumberRange(single: number)
      return true
    }
    newest.insert(number)
    return false
  }

  /// To be called before the frame with `index` is judged.
  mutating func closeOlderIfDue(at index: UInt64) {
    if index > olderDeadline { older = nil }
  }

  /// To be called after each frame.
  mutating func closeOlderIfReached(_ rules: SequenceRules) {
    if let older, rules.closesOlder(older.highest, newest: newest.highest) { self.older = nil }
  }
}

/// What is known of a number within the range of an epoch.
enum NumberPresence {
  case arrived
  /// In a gap.
  case missing
  /// Passed over by the sender (rule 9).
  case skipped
}

typealias PresenceOf = (_ number: UInt64, _ slot: EpochSlot) -> NumberPresence

/// Rules 1 to 8 for one frame, as if nothing were ever confirmed (`docs/sequence-tracking.md`).
struct Judgement {
  /// What a frame becomes if no verdict changes it.
  enum Outcome: Equatable {
    /// PN 0 in MACsec: not a frame of the association.
    case malformed
    case suspect
    /// The first epoch of the association.
    case first(UInt64)
    case take(EpochSlot, UInt64, isNew: Bool)
  }
  /// What later frames may reveal about it.
  enum Question: Equatable {
    /// Rule 4, with the number extended.
    case farAbove(UInt64)
    /// Rule 5.
    case farBelow
    /// Rule 6.
    case restart
  }

  var outcome: Outcome
  var question: Question?
  /// It may begin a new epoch because its AN was away (rule 1); whatever else it may be.
  var mayReturn = false
  /// The absence of the AN after this frame.
  var isAbsent = false
}

struct SequenceRules: BitwiseCopyable {
  let horizon: UInt64
  let window: UInt64
  let start: UInt64
  let confirmations: Int
  let fastestFramesPerSecond: UInt64
  let retireNanoseconds: Int64

  init(_ options: TrackingOptions) {
    horizon = options.horizon
    window = options.window
    start = options.start
    confirmations = options.confirmations
    fastestFramesPerSecond = options.fastestFramesPerSecond
    retireNanoseconds = options.retireNanoseconds
  }

  /// Epochs begin with this high half, so that a number can also be unwrapped downwards; the
  /// report subtracts the high half of the lowest number.
  static let firstHighHalf: UInt64 = 1 << 48
  private static let half: UInt64 = 1 << 32
  private static let nearWrap: UInt64 = 1 << 24

  /// A number of an epoch that begins with it.
  static func begin(_ number: UInt32) -> UInt64 { firstHighHalf | UInt64(number) }

  func judge(
    _ number: UInt32, isReturn: Bool, isMACsec: Bool, standing: Standing, presence: PresenceOf
  ) -> Judgement {
    let newest = standing.newest
    guard standing.hasEpoch else {
      if number == 0 { return Judgement(outcome: isMACsec ? .malformed : .suspect) }
      return Judgement(outcome: .first(Self.begin(number)))
    }
    let isAbsent = isReturn || standing.isAbsent
    let isIllegal = number == 0 && !isLegalZero(newest)
    let extended = extend(number, near: newest.highest, isAbsent: isAbsent)
    if let older = standing.older, number != 0 || isLegalZero(older) {
      let straggler = extend(number, near: older.highest, isAbsent: isAbsent)
      let isNearer =
        Self.distance(straggler, older.highest) < Self.distance(extended, newest.highest)
      if isIllegal || isNearer, isNear(straggler, older) {
        let isNew = !older.contains(straggler, .older, presence)
        var judgement = Judgement(outcome: .take(.older, straggler, isNew: isNew))
        judgement.isAbsent = isAbsent
        judgement.mayReturn = isAbsent && !fillsGap(straggler, .older, older, presence)
        return judgement
      }
    }
    if isIllegal {
      return Judgement(outcome: isMACsec ? .malformed : .suspect, isAbsent: isAbsent)
    }
    var judgement = judgeNumber(extended, wire: number, newest: newest, presence: presence)
    // Rule 1: what continues the epoch ends the absence; what does not, and fills no gap, is held.
    let continues = extended > newest.highest && extended - newest.highest <= horizon
    judgement.isAbsent = isAbsent && !continues
    judgement.mayReturn =
      judgement.isAbsent && !fillsGap(extended, .newest, newest, presence)
    return judgement
  }

  /// Rule 2, but for the high half across an absence (rule 1).
  func extend(_ number: UInt32, near highest: UInt64, isAbsent: Bool) -> UInt64 {
    isAbsent
      ? highest & ~(Self.half - 1) | UInt64(number) : unwrap(number, near: highest)
  }

  private func fillsGap(
    _ number: UInt64, _ slot: EpochSlot, _ range: NumberRange, _ presence: PresenceOf
  ) -> Bool {
    number > range.lowest && number < range.highest && presence(number, slot) == .missing
  }

  /// A frame that was confirmed together with the beginning of the newest epoch, or of a jump: it
  /// belongs there, however far its number is from the others.
  func join(_ number: UInt32, standing: Standing, presence: PresenceOf) -> Judgement {
    let anchor = standing.anchor
    let same = anchor & ~(Self.half - 1) | UInt64(number)
    let extended = [same, same + Self.half, same - Self.half].reduce(same) {
      Self.distance($1, anchor) < Self.distance($0, anchor) ? $1 : $0
    }
    let isNew = !standing.newest.contains(extended, .newest, presence)
    return Judgement(outcome: .take(.newest, extended, isNew: isNew))
  }

  /// Rules 3 to 6.
  private func judgeNumber(
    _ extended: UInt64, wire: UInt32, newest: NumberRange,
    presence: PresenceOf
  ) -> Judgement {
    if extended > newest.highest {
      guard extended - newest.highest <= horizon else {
        return Judgement(outcome: .suspect, question: .farAbove(extended))
      }
      return Judgement(outcome: .take(.newest, extended, isNew: true))
    }
    if extended < newest.lowest {
      guard newest.lowest - extended <= window else {
        return Judgement(outcome: .suspect, question: .farBelow)
      }
      return Judgement(outcome: .take(.newest, extended, isNew: true))
    }
    guard newest.contains(extended, .newest, presence) else {
      return Judgement(outcome: .take(.newest, extended, isNew: true))
    }
    let mayRestart = UInt64(wire) <= start && newest.highest - extended > start
    return Judgement(
      outcome: .take(.newest, extended, isNew: false),
      question: mayRestart ? .restart : nil)
  }

  /// Rule 2.
  func unwrap(_ number: UInt32, near highest: UInt64) -> UInt64 {
    let same = highest & ~(Self.half - 1) | UInt64(number)
    let above = same + Self.half
    let below = same - Self.half
    var best = same
    if above - highest <= horizon || above & ~(Self.half - 1) - highest <= Self.nearWrap,
      above - highest < Self.distance(best, highest)
    {
      best = above
    }
    if highest - below <= horizon, highest - below < Self.distance(best, highest) { best = below }
    return best
  }

  /// Rule 6: `number` shows that the traffic of the old epoch goes on beside the tentative one. Once
  /// that has gone further than the old one ever did, it is no replay of it.
  func refutesRestart(_ number: UInt32, oldHighest: UInt64, tentativeHighest: UInt64) -> Bool {
    // The tentative one began at the beginning: it may have gone over the wrap, and further still.
    guard tentativeHighest - Self.firstHighHalf < oldHighest & (Self.half - 1) else {
      return false
    }
    let old = unwrap(number, near: oldHighest)
    guard old > oldHighest, old - oldHighest <= horizon else { return false }
    return Self.distance(unwrap(number, near: tentativeHighest), tentativeHighest) > start
  }

  /// Rule 9: no link could have carried `missing` frames between `before` and `after`.
  func isSkip(missing: UInt64, before: Timestamp, after: Timestamp) -> Bool {
    guard missing > Self.nearWrap, before != .absent, after != .absent, after > before else {
      return false
    }
    let (nanoseconds, overflow) = after.nanosecondsSinceEpoch.subtractingReportingOverflow(
      before.nanosecondsSinceEpoch)
    if overflow { return false }
    return UInt128(missing) * 1_000_000_000
      > UInt128(fastestFramesPerSecond) * UInt128(nanoseconds.magnitude)
  }

  /// Rule 7: the numbers of the two epochs can no longer be told apart. As on the wire: their high
  /// halves have nothing to do with each other.
  func closesOlder(_ older: UInt64, newest: UInt64) -> Bool {
    let ahead = UInt32(truncatingIfNeeded: older &- newest)
    return UInt64(min(ahead, 0 &- ahead)) <= window
  }

  /// Rule 8.
  private func isLegalZero(_ newest: NumberRange) -> Bool {
    let wrap = newest.highest & ~(Self.half - 1)
    if wrap + Self.half - newest.highest <= horizon { return true }
    return wrap >= newest.lowest && newest.highest - wrap <= horizon
  }

  private func isNear(_ number: UInt64, _ range: NumberRange) -> Bool {
    number > range.highest
      ? number - range.highest <= horizon
      : number >= range.lowest || range.lowest - number <= window
  }

  static func distance(_ a: UInt64, _ b: UInt64) -> UInt64 { a > b ? a - b : b - a }
}
