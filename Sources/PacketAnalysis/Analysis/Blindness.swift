/// The blind intervals of a run, by point.
struct Blindness: Sendable {
  /// Of one point, by start. Among the intervals that began by some time, the latest end of all
  /// decides; so it is kept for each.
  private struct Intervals: Sendable {
    var starts: [Timestamp] = []
    var latestEnds: [Timestamp] = []
  }

  private var intervals: [Int: Intervals] = [:]

  init(_ intervals: [BlindInterval]) {
    for interval in intervals.sorted(by: { ($0.start ?? .absent) < ($1.start ?? .absent) }) {
      let end = interval.end ?? Self.never
      let latest = self.intervals[interval.point]?.latestEnds.last ?? .absent
      self.intervals[interval.point, default: Intervals()].starts.append(interval.start ?? .absent)
      self.intervals[interval.point, default: Intervals()].latestEnds.append(max(end, latest))
    }
  }

  private static let never = Timestamp(nanosecondsSinceEpoch: .max)

  var isEmpty: Bool { intervals.isEmpty }

  /// Whether the capture was blind at some time between the frames on both sides of the gap. A gap
  /// without times touches any interval: nothing says that it does not.
  func touches(_ gap: SequenceGap, point: Int) -> Bool {
    guard let intervals = intervals[point] else { return false }
    let start = min(gap.before.time ?? .absent, gap.after.time ?? .absent)
    let end =
      gap.before.time.flatMap { before in gap.after.time.map { max(before, $0) } } ?? Self.never
    // The number of those that begin by the end of the gap.
    var (count, limit) = (0, intervals.starts.count)
    while count < limit {
      let middle = (count + limit) / 2
      if intervals.starts[middle] <= end { count = middle + 1 } else { limit = middle }
    }
    return count > 0 && intervals.latestEnds[count - 1] >= start
  }
}
