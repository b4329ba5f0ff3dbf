import Glibc
public import PacketAnalysis

/// Hands over the frames of a replay when they are due.
///
/// A sleep ends a little late, by a tenth of a millisecond or so. What came due meanwhile is handed
/// over at once; so the rate is right at any rate.
public struct Pacer<Clock: ReplayClock> {
  private let clock: Clock
  private var schedule: PaceSchedule
  /// Of the first frame.
  private var startNanoseconds: UInt64?
  private var endNanoseconds: UInt64 = 0
  public private(set) var packets: UInt64 = 0

  public init(_ pace: Pace, clock: Clock = MonotonicClock()) {
    self.clock = clock
    schedule = PaceSchedule(pace)
  }

  /// From the first frame to the last.
  public var elapsedNanoseconds: UInt64 {
    startNanoseconds.map { endNanoseconds - $0 } ?? 0
  }

  /// Hands over all frames of the batch, in ranges that are due together; fewer where the reading
  /// is to end.
  ///
  /// - Parameter whileWaiting: called now and then before a frame that is not due for long.
  public mutating func deliver(
    _ batch: borrowing FrameBatch, whileWaiting: () -> Void = {}, _ body: (Range<Int>) -> Void
  ) {
    guard !batch.isEmpty else { return }
    let start = startNanoseconds ?? clock.nowNanoseconds
    startNanoseconds = start
    var first = 0
    var due = start.addingClamped(schedule.due(batch[0].time))
    while first < batch.count {
      while due > clock.nowNanoseconds.addingClamped(Self.pauseNanoseconds) {
        let pause = clock.nowNanoseconds.addingClamped(Self.pauseNanoseconds)
        guard clock.sleep(untilNanoseconds: pause) else { return }
        whileWaiting()
      }
      guard clock.sleep(untilNanoseconds: due) else { return }
      let now = clock.nowNanoseconds
      var end = first
      repeat {
        end += 1
        if end < batch.count { due = start.addingClamped(schedule.due(batch[end].time)) }
      } while end < batch.count && due <= now
      endNanoseconds = now
      packets += UInt64(end - first)
      body(first..<end)
      first = end
    }
  }

  private static var pauseNanoseconds: UInt64 { 100_000_000 }

  /// The capture is read once more from its beginning.
  public mutating func beginAgain() { schedule.beginAgain() }
}

/// What a replay needs of a clock.
public protocol ReplayClock {
  /// Since some moment in the past.
  var nowNanoseconds: UInt64 { get }
  /// Returns whether the moment has come; no, where the reading is to end before.
  func sleep(untilNanoseconds: UInt64) -> Bool
}

/// The clock of the machine, which no one sets.
public struct MonotonicClock: ReplayClock {
  /// A signal may come just before the sleep that it would end.
  private static let longestSleepNanoseconds: UInt64 = 100_000_000

  public init() {}

  public var nowNanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  public func sleep(untilNanoseconds end: UInt64) -> Bool {
    while !ReadingStop.isRequested {
      let now = nowNanoseconds
      if now >= end { return true }
      let wake = min(end, now + Self.longestSleepNanoseconds)
      var time = timespec(
        tv_sec: Int(wake / 1_000_000_000), tv_nsec: Int(wake % 1_000_000_000))
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }
    return false
  }
}
