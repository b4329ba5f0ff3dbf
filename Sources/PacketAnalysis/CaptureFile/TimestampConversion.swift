/// From the ticks of an interface to nanoseconds since 1970 (pcapng `if_tsresol`, `if_tsoffset`).
///
/// No value that a file can hold overflows: a time beyond `farthestNanoseconds` becomes that.
public struct TimestampConversion: Sendable, Equatable {
  /// Of decimal resolutions: nanoseconds = ticks * multiplier / divisor.
  private var multiplier: UInt64 = 1
  private var divisor: UInt64 = 1
  /// Of binary resolutions: a tick is 2^-shift seconds.
  private var binaryShift: UInt8?
  private var offsetSeconds: Int64
  /// Fewer ticks take no division, and nothing overflows; 0: that is never so.
  private var simpleTicks: UInt64 = 0
  /// The offset, where there are such ticks.
  private var offsetNanoseconds: Int64 = 0

  /// The farthest time from 1970 that is used: 64 bits reach 8.6 s further. What is beyond has another
  /// meaning where times are kept (`FrameStatistics.never`, `Timestamp.absent`), and the difference of
  /// the farthest times would wrap to a few nanoseconds (`AssociationSlot.step`).
  static let farthestNanoseconds = Int64.max - (1 << 33)

  public static let microseconds = TimestampConversion(resolution: 6)
  public static let nanoseconds = TimestampConversion(resolution: 9)

  /// - Parameters:
  ///   - resolution: the octet of `if_tsresol`: with the high bit, a tick is 2^-n seconds, without
  ///     it 10^-n (draft-ietf-opsawg-pcapng, 4.2).
  ///   - offsetSeconds: `if_tsoffset`, added to each time.
  public init(resolution: UInt8, offsetSeconds: Int64 = 0) {
    if resolution & 0x80 != 0 {
      binaryShift = resolution & 0x7F
    } else if resolution <= 9 {
      multiplier = Self.powerOfTen(9 - Int(resolution)) ?? 1
    } else if let divisor = Self.powerOfTen(Int(resolution) - 9) {
      self.divisor = divisor
    } else {
      multiplier = 0  // A tick is so short that all of them are less than a nanosecond.
    }
    self.offsetSeconds = offsetSeconds
    let farthestOffset = Self.farthestNanoseconds / 1_000_000_000
    if binaryShift == nil, divisor == 1, offsetSeconds.magnitude <= farthestOffset {
      offsetNanoseconds = offsetSeconds * 1_000_000_000
      // Neither what is multiplied nor the sum lies beyond the farthest time.
      let most = UInt64(Self.farthestNanoseconds - max(offsetNanoseconds, 0))
      simpleTicks = multiplier == 0 ? .max : most / multiplier + 1
    }
  }

  @inline(__always)
  func timestamp(ticks: UInt64) -> Timestamp {
    simpleTimestamp(ticks: ticks) ?? slowTimestamp(ticks: ticks)
  }

  /// The time, where it takes no division and nothing overflows.
  @inline(__always)
  func simpleTimestamp(ticks: UInt64) -> Timestamp? {
    guard ticks < simpleTicks else { return nil }
    return Timestamp(
      nanosecondsSinceEpoch: Int64(bitPattern: ticks &* multiplier) &+ offsetNanoseconds)
  }

  /// Exact for every resolution, then limited.
  @inline(never)
  private func slowTimestamp(ticks: UInt64) -> Timestamp {
    let nanoseconds: UInt128
    if let binaryShift {
      nanoseconds = (UInt128(ticks) * 1_000_000_000) >> UInt128(binaryShift)
    } else {
      nanoseconds = UInt128(ticks) * UInt128(multiplier) / UInt128(divisor)
    }
    // Fits: each of the two is less than 2^64 * 10^9.
    let time = Int128(nanoseconds) + Int128(offsetSeconds) * 1_000_000_000
    let farthest = Int128(Self.farthestNanoseconds)
    let limited = min(max(time, -farthest), farthest)
    return Timestamp(nanosecondsSinceEpoch: Int64(limited))
  }

  /// `nil` where 64 bits cannot hold it.
  private static func powerOfTen(_ exponent: Int) -> UInt64? {
    guard exponent <= 19 else { return nil }
    var power: UInt64 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
  }
}
