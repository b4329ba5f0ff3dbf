public import PacketAnalysis

/// How fast a capture is replayed.
public enum Pace: Sendable, Equatable {
  /// As the capture's clock went, or faster by a factor.
  case original(speed: Double)
  case fixed(packetsPerSecond: UInt64)
}

/// When each frame of a replay is due, in nanoseconds since its first one.
///
/// Reckoned from the first frame on and not from the one before, so that nothing adds up.
public struct PaceSchedule: Sendable {
  private let pace: Pace
  private var frames: UInt64 = 0
  private var lastDueNanoseconds: UInt64 = 0
  /// The frame that the capture's clock is counted from, and when it was due.
  private var origin: (time: Timestamp, dueNanoseconds: UInt64)?
  private var latest = Timestamp.absent

  /// Frames may have overtaken one another; a clock that goes back by more was set.
  private static let largestStepBackNanoseconds: Int64 = 1_000_000_000

  public init(_ pace: Pace) { self.pace = pace }

  /// When the next frame, which was captured at `time`, is due: never before the one before it.
  public mutating func due(_ time: Timestamp) -> UInt64 {
    switch pace {
    case .fixed(let packetsPerSecond):
      let due = UInt128(frames) * 1_000_000_000 / UInt128(max(packetsPerSecond, 1))
      lastDueNanoseconds = UInt64(clamping: due)
      frames += 1
    case .original(let speed):
      lastDueNanoseconds = max(lastDueNanoseconds, original(time, speed))
    }
    return lastDueNanoseconds
  }

  /// The capture is read once more from its beginning.
  public mutating func beginAgain() { origin = nil }

  private mutating func original(_ time: Timestamp, _ speed: Double) -> UInt64 {
    guard time != .absent else { return lastDueNanoseconds }
    guard let origin, !isSetBack(time) else {
      // It goes on from here as if no time had passed.
      self.origin = (time, lastDueNanoseconds)
      latest = time
      return lastDueNanoseconds
    }
    latest = max(latest, time)
    let nanoseconds =
      Int128(time.nanosecondsSinceEpoch) - Int128(origin.time.nanosecondsSinceEpoch)
    let due = Double(origin.dueNanoseconds) + Double(max(nanoseconds, 0)) / speed
    return due < Double(UInt64.max) ? UInt64(due) : .max
  }

  private func isSetBack(_ time: Timestamp) -> Bool {
    Int128(time.nanosecondsSinceEpoch)
      < Int128(latest.nanosecondsSinceEpoch) - Int128(Self.largestStepBackNanoseconds)
  }
}
