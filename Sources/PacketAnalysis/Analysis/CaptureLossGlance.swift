/// A first look at associations and gaps, which finds at little cost that a run has no loss of the
/// capture: where losses come one by one, there is no time of any length in which no gap begins or
/// ends.
///
/// It is never sure that there is one; then `CaptureLossSearch` looks closely. Of one point only:
/// what others lose would hide a time that is quiet here.
struct CaptureLossGlance {
  enum Finding {
    /// There is no loss of the capture.
    case none
    /// A gap that belongs to one spans one of these times.
    case quiet(QuietTimes)
    /// Nothing is known.
    case unknown
  }

  private let shortest: Int64

  init(shortestStretch: Int64) { shortest = shortestStretch }

  /// Calls `forEachGap` twice, each time with all gaps of the point.
  func look(_ forEachGap: ((borrowing MissingRange) -> Void) -> Void) -> Finding {
    var (start, end) = (Int64.max, Int64.min)
    forEachGap { gap in
      guard let edges = edges(of: gap) else { return }
      start = min(start, edges.start)
      end = max(end, edges.end)
    }
    guard start < end else { return .none }
    guard var parts = TouchedParts(from: start, to: end, shortestStretch: shortest) else {
      return .unknown
    }
    forEachGap { gap in
      guard let edges = edges(of: gap) else { return }
      parts.touch(edges.start, edges.end)
    }
    return parts.isTouched.contains(false) ? .quiet(QuietTimes(parts)) : .none
  }

  /// `nil`: it is too short to count.
  @inline(__always)
  private func edges(of gap: borrowing MissingRange) -> (start: Int64, end: Int64)? {
    guard !gap.isSkipped, gap.beforeTime != .absent, gap.afterTime > gap.beforeTime else {
      return nil
    }
    let edges = (gap.beforeTime.nanosecondsSinceEpoch, gap.afterTime.nanosecondsSinceEpoch)
    let (length, overflow) = edges.1.subtractingReportingOverflow(edges.0)
    return overflow || length >= shortest ? edges : nil
  }
}

/// The mean times between packets of the fastest associations, as many as a loss of the capture takes
/// at least.
struct FastestSpacings {
  /// The longest first.
  private var spacings: [Int64] = []

  /// Of an association, those of its packets that were lost among them; `nil` where it has no two
  /// times.
  @inline(__always)
  static func spacing(from first: Timestamp, to last: Timestamp, expected: UInt64) -> Int64? {
    guard first != .absent, last > first, expected > 1 else { return nil }
    let (length, overflow) = last.nanosecondsSinceEpoch
      .subtractingReportingOverflow(first.nanosecondsSinceEpoch)
    return overflow ? nil : Int64(UInt64(length) / (expected - 1))
  }

  @inline(__always)
  mutating func add(_ spacing: Int64) {
    if spacings.count < CaptureLoss.leastSenders || spacing < spacings[0] { insert(spacing) }
  }

  private mutating func insert(_ spacing: Int64) {
    if spacings.count == CaptureLoss.leastSenders { spacings.removeFirst() }
    spacings.insert(spacing, at: spacings.firstIndex { $0 < spacing } ?? spacings.count)
  }

  /// In a shorter time too few associations would have had a packet; `nil`: there are not enough.
  var shortestStretch: Int64? {
    spacings.count == CaptureLoss.leastSenders ? max(1, spacings[0]) : nil
  }
}
