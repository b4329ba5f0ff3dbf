/// Which ANs of a secure channel are away (rule 1).
///
/// Exists only for channels of which more than one AN has been seen. It is looked at when the AN
/// changes: an AN that goes on sending does not come back.
struct ChannelPresence: BitwiseCopyable {
  /// The records of the associations; -1: not seen.
  var records: InlineArray<4, Int32> = .init(repeating: -1)
  /// The AN of the last frame.
  private(set) var current: UInt8

  /// At [a * 4 + b]: frames of b when the last frame of a arrived.
  private var framesAtLast: InlineArray<16, UInt64> = .init(repeating: 0)
  /// At [a * 4 + b]: the time of the first frame of b since the last frame of a.
  private var firstSince: InlineArray<16, Int64> = .init(repeating: Self.none)

  private static let none = Int64.min
  /// There was a frame; its time is not known.
  private static let untimed = Int64.min + 1

  init(current: UInt8) { self.current = current }

  /// The same channel, of which no frame was seen.
  var beginningAgain: ChannelPresence {
    var presence = ChannelPresence(current: current)
    presence.records = records
    return presence
  }

  /// A frame of `an`, other than the current one, arrives. `frames` counts those of each AN before
  /// it. Returns whether `an` was away.
  mutating func change(
    to an: UInt8, time: Timestamp, frames: InlineArray<4, UInt64>, rules: SequenceRules
  ) -> Bool {
    let left = Int(current)
    let come = Int(an)
    for other in 0..<4 {
      framesAtLast[left * 4 + other] = frames[other]
      firstSince[left * 4 + other] = Self.none
    }
    for waiting in 0..<4 where waiting != come {
      if firstSince[waiting * 4 + come] == Self.none {
        firstSince[waiting * 4 + come] = time.known?.nanosecondsSinceEpoch ?? Self.untimed
      }
    }
    current = an
    guard frames[come] > 0 else { return false }
    for other in 0..<4 where other != come {
      let at = come * 4 + other
      if frames[other] - framesAtLast[at] >= rules.start { return true }
      let first = firstSince[at]
      if let now = time.known?.nanosecondsSinceEpoch, first > Self.untimed, now > first,
        now.subtractingReportingOverflow(first).overflow
          || now - first >= rules.retireNanoseconds
      {
        return true
      }
    }
    return false
  }
}
