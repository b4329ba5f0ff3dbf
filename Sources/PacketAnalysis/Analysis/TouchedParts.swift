/// A time in parts so short that a stretch of the shortest length has a whole one within, and in which
/// of them a gap begins or ends.
struct TouchedParts {
  /// In a shorter time nothing can be lost that would count.
  let shortestStretch: Int64
  private let start: Int64
  private let width: Int64
  private(set) var isTouched: [Bool]

  private static let most: Int64 = 1 << 20

  /// `nil`: they would be too many.
  ///
  /// - Parameter end: not before `start`.
  init?(from start: Int64, to end: Int64, shortestStretch: Int64) {
    self.shortestStretch = shortestStretch
    (self.start, width) = (start, max(1, shortestStretch / 2))
    let (length, overflow) = end.subtractingReportingOverflow(start)
    guard !overflow, length / width < Self.most else { return nil }
    isTouched = Array(repeating: false, count: Int(length / width) + 1)
  }

  /// Where a time of those from start to end is.
  @inline(__always)
  func index(of time: Int64) -> Int { Int((time - start) / width) }

  /// By the two ends of a gap.
  @inline(__always)
  mutating func touch(_ first: Int64, _ last: Int64) {
    isTouched[index(of: first)] = true
    isTouched[index(of: last)] = true
  }
}

/// The parts of a time in which no gap begins or ends.
struct QuietTimes {
  private let parts: TouchedParts
  /// How many are quiet before each part.
  private let countBefore: [Int32]

  init(_ parts: TouchedParts) {
    self.parts = parts
    var (counts, count) = ([Int32](), 0 as Int32)
    counts.reserveCapacity(parts.isTouched.count)
    for isTouched in parts.isTouched {
      counts.append(count)
      if !isTouched { count += 1 }
    }
    countBefore = counts
  }

  /// Whether a gap that takes so long may count.
  func isLong(_ length: Int64) -> Bool { length >= parts.shortestStretch }

  /// Whether a gap with these ends spans one.
  @inline(__always)
  func isSpanned(from first: Int64, to last: Int64) -> Bool {
    countBefore[parts.index(of: last)] > countBefore[parts.index(of: first)]
  }
}
