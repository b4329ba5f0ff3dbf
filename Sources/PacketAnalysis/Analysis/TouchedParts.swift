/// A time in parts so short that a stretch of the shortest length has a whole one within, and in which
/// of them a gap begins or ends.
struct TouchedParts {
  private let start: Int64
  private let width: Int64
  private(set) var isTouched: [Bool]

  private static let most: Int64 = 1 << 20

  /// `nil`: they would be too many.
  ///
  /// - Parameter end: not before `start`.
  init?(from start: Int64, to end: Int64, shortestStretch: Int64) {
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
