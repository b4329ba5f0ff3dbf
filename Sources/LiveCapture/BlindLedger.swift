import PacketAnalysis

/// When one interface could not be seen, in the order of time.
///
/// What lasts or comes again at once is one interval. Memory has a limit: where there are too many
/// intervals, those that are near one another become one, and from then on what is nearer is joined.
struct BlindLedger: Sendable {
  private(set) var intervals: [BlindInterval] = []
  /// Nearer ones are joined.
  private(set) var joinedNanoseconds: Int64 = 0
  private let limit: Int

  /// A frame gets its time a little before or after it takes its place in the ring, or finds none; so
  /// much longer than the interval between two looks is a blind interval at either end.
  static let slackNanoseconds: Int64 = 1_000_000

  init(limit: Int = 16_384) { self.limit = limit }

  /// Frames were not seen at some time between two looks; returns that time.
  @discardableResult
  mutating func add(
    from start: Timestamp, to end: Timestamp, reason: BlindInterval.Reason, drops: UInt64
  ) -> ClosedRange<Timestamp> {
    let start = start.later(by: -Self.slackNanoseconds)
    let end = max(start, end.later(by: Self.slackNanoseconds))
    append(BlindInterval(point: 0, start: start, end: end, reason: reason, drops: drops))
    if intervals.count > limit { coarsen() }
    return start...end
  }

  private mutating func append(_ interval: BlindInterval) {
    guard let last = intervals.last, last.reason == interval.reason, let end = last.end,
      let start = interval.start, start <= end.later(by: joinedNanoseconds)
    else { return intervals.append(interval) }
    intervals[intervals.count - 1].end = interval.end.map { max($0, end) }
    intervals[intervals.count - 1].drops += interval.drops
  }

  private mutating func coarsen() {
    while intervals.count > limit / 2 {
      let before = intervals
      joinedNanoseconds = max(Self.slackNanoseconds, joinedNanoseconds * 2)
      intervals = []
      for interval in before { append(interval) }
      // Different reasons that take turns are never joined.
      if joinedNanoseconds > 1 << 60 { break }
    }
  }
}

extension Timestamp {
  func later(by nanoseconds: Int64) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: nanosecondsSinceEpoch &+ nanoseconds)
  }
}
