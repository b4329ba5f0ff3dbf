// What only a lying file can claim may be more than an integer holds. Its sums stay at the limit.

extension FixedWidthInteger {
  /// The sum, or the nearest value that there is.
  @inlinable
  package func addingClamped(_ other: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    guard overflow else { return sum }
    return other < 0 ? .min : .max
  }

  @inlinable
  package mutating func addClamped(_ other: Self) { self = addingClamped(other) }
}
