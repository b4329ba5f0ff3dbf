import AnalysisStore
import PacketAnalysis

/// When a run that lasts is stored: at multiples of the interval by the clock of the machine, so that
/// what is stored of a second is of that second.
struct StoreSchedule {
  private let interval: Int64
  private var next: ContinuousClock.Instant

  /// `nil`: never before the end.
  init?(every interval: Int64?) {
    guard let interval else { return nil }
    self.interval = interval
    next = .now
    setNext()
  }

  /// Whether a state is due; the next is due an interval later.
  mutating func isDue() -> Bool {
    guard ContinuousClock.now >= next else { return false }
    setNext()
    return true
  }

  private mutating func setNext() {
    let time = Timestamp.now.nanosecondsSinceEpoch
    next = .now + .nanoseconds(interval - time % interval)
  }
}
