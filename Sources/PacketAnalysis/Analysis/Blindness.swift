/// The blind intervals of a run, by point.
struct Blindness: Sendable {
  private var intervals: [Int: [BlindInterval]]

  init(_ intervals: [BlindInterval]) {
    self.intervals = Dictionary(grouping: intervals, by: \.point)
  }

  var isEmpty: Bool { intervals.isEmpty }

  /// Whether the capture was blind at some time between the frames on both sides of the gap. A gap
  /// without times touches any interval: nothing says that it does not.
  func touches(_ gap: SequenceGap, point: Int) -> Bool {
    guard let intervals = intervals[point] else { return false }
    let start = min(gap.before.time ?? .absent, gap.after.time ?? .absent)
    let end =
      gap.before.time.flatMap { before in gap.after.time.map { max(before, $0) } }
      ?? Timestamp(nanosecondsSinceEpoch: .max)
    return intervals.contains { interval in
      (interval.start ?? .absent) <= end
        && start <= (interval.end ?? Timestamp(nanosecondsSinceEpoch: .max))
    }
  }
}
