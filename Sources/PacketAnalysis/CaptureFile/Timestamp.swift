/// When the capture saw a frame, in nanoseconds since 1970-01-01T00:00:00Z.
///
/// Signed 64 bits reach the year 2262. Both capture formats are converted to this one unit when
/// they are read, so that nothing downstream asks which format a frame came from. This is the
/// capture's clock, not ours: an analysis gives the same result on every run.
public struct Timestamp: Comparable, Hashable, BitwiseCopyable, Sendable {
  public var nanosecondsSinceEpoch: Int64

  public init(nanosecondsSinceEpoch: Int64) {
    self.nanosecondsSinceEpoch = nanosecondsSinceEpoch
  }

  /// Stands for "no time" in the records of the per-packet path, where an optional would cost a
  /// word: the capture has no clock (pcapng simple packet blocks).
  public static let absent = Timestamp(nanosecondsSinceEpoch: .min)

  public static func < (a: Timestamp, b: Timestamp) -> Bool {
    a.nanosecondsSinceEpoch < b.nanosecondsSinceEpoch
  }

  /// `nil` where the capture had no time.
  public var known: Timestamp? { self == .absent ? nil : self }
}

extension Timestamp {
  /// The last multiple of a step since 1970 that is not later; the earliest time where there is none.
  ///
  /// - Parameter step: in nanoseconds, positive.
  package func floored(to step: Int64) -> Timestamp {
    let rest = nanosecondsSinceEpoch % step
    let (start, isTooEarly) = nanosecondsSinceEpoch.subtractingReportingOverflow(
      rest < 0 ? rest + step : rest)
    // The smallest value is taken: it means that there is no time.
    return Timestamp(nanosecondsSinceEpoch: isTooEarly ? -.max : max(start, -.max))
  }
}

extension ClosedRange<Timestamp> {
  /// From the earliest time of both to the latest.
  func spanning(_ other: Self) -> Self {
    Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
  }
}
