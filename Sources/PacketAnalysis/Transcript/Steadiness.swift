/// Whether the frames of an association have come so regularly that those in order may be counted
/// together, whatever came before the part and whatever will come after it.
///
/// The rules hold frames, or give them to the older of two epochs, only for W frames after something
/// irregular (`docs/transcript-format.md` has the argument). A part begins irregularly, since
/// nothing is known of what came before it. From there on K frames in order must come, and K again
/// more than W frames later: the first K bring every history to where these frames are taken; within
/// W frames all of it is decided, and an older epoch closed; the last K begin what the frames between
/// could not, since the older epoch had taken them.
struct Steadiness: BitwiseCopyable {
  private var highest: UInt32 = 0
  private var last: UInt32 = 0
  /// So many frames in a row had the next number, as far as that counts.
  private var inOrderCount = 0
  /// Frames that are still to pass before the next K in order count.
  private var waitCount: UInt64 = 0
  private var stage = Stage.none

  private enum Stage: UInt8 {
    /// There was no frame yet.
    case none
    case begun, found, steady
  }

  var isSteady: Bool { stage == .steady }

  /// Something irregular happened that no number shows.
  mutating func disturb() { self = Steadiness() }

  /// A frame with `number` arrives.
  mutating func observe(_ number: UInt32, rules: SequenceRules) {
    guard stage != .none, isNear(number, rules), UInt64(number) > rules.start else {
      begin(with: number)
      return
    }
    inOrderCount = number == last &+ 1 ? inOrderCount + 1 : 1
    pass(to: number)
    if waitCount > 0 {
      waitCount -= 1
      inOrderCount = 0
    } else if inOrderCount >= rules.confirmations {
      advance(waiting: rules.window + 1)
    }
  }

  private mutating func begin(with number: UInt32) {
    (highest, last) = (number, number)
    (stage, inOrderCount, waitCount) = (.begun, 1, 0)
  }

  /// Frames in order up to `number` were counted together.
  mutating func pass(to number: UInt32) {
    last = number
    if Int32(bitPattern: number &- highest) > 0 { highest = number }
  }

  /// A gap, a late frame or a copy: at most half of W above the highest or below it. An epoch that is
  /// open for stragglers is more than W away, so that none of these is nearer to it (rule 7).
  private func isNear(_ number: UInt32, _ rules: SequenceRules) -> Bool {
    let limit = (rules.window + 1) / 2
    return UInt64(number &- highest) <= limit || UInt64(highest &- number) <= limit
  }

  private mutating func advance(waiting count: UInt64) {
    switch stage {
    case .none, .begun: (stage, waitCount) = (.found, count)
    case .found, .steady: stage = .steady
    }
    inOrderCount = 0
  }
}
