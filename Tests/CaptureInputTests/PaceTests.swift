import CaptureInput
import PacketAnalysis
import Synchronization
import Testing

@Suite("The pace of a replay")
struct PaceTests {
  @Test("fixed: no drift, at any rate", arguments: [1, 3, 999, 1_000_000] as [UInt64])
  func fixed(rate: UInt64) {
    var schedule = PaceSchedule(.fixed(packetsPerSecond: rate))
    for second in UInt64(0)..<3 {
      #expect(schedule.due(.absent) == second * 1_000_000_000)
      for _ in 1..<rate { _ = schedule.due(.absent) }
    }
  }

  @Test("original: as the capture's clock, and faster")
  func original() {
    #expect(dues(.original(speed: 1), seconds: [5, 5.25, 7]) == [0, 0.25, 2])
    #expect(dues(.original(speed: 10), seconds: [5, 6, 15]) == [0, 0.1, 1])
    #expect(dues(.original(speed: 0.5), seconds: [5, 6]) == [0, 2])
  }

  @Test("a frame that was overtaken is due at once, and delays none")
  func overtaken() {
    #expect(dues(.original(speed: 1), seconds: [1, 2, 1.5, 3]) == [0, 1, 1, 2])
  }

  @Test("a clock that was set back goes on from there")
  func setBack() {
    #expect(dues(.original(speed: 1), seconds: [100, 101, 1, 2, 4]) == [0, 1, 1, 2, 4])
  }

  @Test("frames without a time are due with the one before")
  func untimed() {
    #expect(dues(.original(speed: 1), seconds: [nil, 1, nil, 2]) == [0, 0, 0, 1])
  }

  @Test("read again, a capture goes on without a pause, however short it is")
  func again() {
    var schedule = PaceSchedule(.original(speed: 1))
    #expect(schedule.due(time(1)) == 0)
    #expect(schedule.due(time(1.5)) == 500_000_000)
    schedule.beginAgain()
    #expect(schedule.due(time(1)) == 500_000_000)
    #expect(schedule.due(time(1.5)) == 1_000_000_000)
  }

  @Test("times at the ends of what can be told do not trap")
  func extremes() {
    let ends: [Int64] = [.min + 1, .max, 0, .min + 1, .max]
    for pace in [Pace.original(speed: 1), .original(speed: 1e-6), .original(speed: 1e9)] {
      var schedule = PaceSchedule(pace)
      var last: UInt64 = 0
      for end in ends {
        let due = schedule.due(Timestamp(nanosecondsSinceEpoch: end))
        #expect(due >= last)
        last = due
      }
    }
  }

  @Test("no frame comes before it is due, and late sleeps do not add up")
  func lateSleeps() {
    let clock = LateClock(latenessNanoseconds: 150_000)
    var pacer = Pacer(.fixed(packetsPerSecond: 100_000), clock: clock)
    var batch = FrameBatch()
    var frame: UInt64 = 0
    for _ in 0..<100 {
      batch.fill()
      pacer.deliver(batch) { frames in
        for _ in frames {
          let due = frame * 10_000
          #expect(clock.nowNanoseconds >= due && clock.nowNanoseconds <= due + 150_000)
          frame += 1
        }
      }
    }
    #expect(frame == UInt64(100 * FrameBatch.capacity))
    #expect(pacer.packets == frame)
    #expect(pacer.elapsedNanoseconds <= frame * 10_000 + 150_000)
  }

  // MARK: Times

  private func dues(_ pace: Pace, seconds: [Double?]) -> [Double] {
    var schedule = PaceSchedule(pace)
    return seconds.map { Double(schedule.due($0.map(time) ?? .absent)) / 1e9 }
  }

  private func time(_ seconds: Double) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: Int64(seconds * 1e9))
  }
}

/// A clock that only sleeping moves, and that wakes too late.
private final class LateClock: ReplayClock {
  private let latenessNanoseconds: UInt64
  private let now = Atomic<UInt64>(0)

  init(latenessNanoseconds: UInt64) { self.latenessNanoseconds = latenessNanoseconds }

  var nowNanoseconds: UInt64 { now.load(ordering: .relaxed) }

  func sleep(untilNanoseconds end: UInt64) -> Bool {
    if end > nowNanoseconds { now.store(end + latenessNanoseconds, ordering: .relaxed) }
    return true
  }
}

extension FrameBatch {
  /// Frames that nobody looks into.
  fileprivate mutating func fill() {
    removeAll()
    withUnsafeBytes(of: 0) { octets in
      guard let start = octets.baseAddress else { return }
      while !isFull {
        append(
          CapturedFrame(
            octets: start, capturedLength: 0, originalLength: 0, time: .absent, number: 1,
            interface: 0))
      }
    }
  }
}
