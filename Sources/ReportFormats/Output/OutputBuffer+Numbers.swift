public import PacketAnalysis

extension OutputBuffer {
  /// Decimal, without grouping.
  public mutating func append(_ value: UInt64) {
    reserve(20)
    let digits = value.decimalDigitCount
    var end = base + count + digits
    count += digits
    var rest = value
    while rest >= 100 {
      let pair = Int(truncatingIfNeeded: rest % 100)
      rest /= 100
      end -= 2
      writePair(pair, at: end)
    }
    if rest >= 10 {
      writePair(Int(truncatingIfNeeded: rest), at: end - 2)
    } else {
      (end - 1).pointee = 0x30 + UInt8(truncatingIfNeeded: rest)
    }
  }

  @inline(__always)
  public mutating func append(_ value: some BinaryInteger) {
    if value < 0 { append(octet: 0x2D) }
    append(UInt64(clamping: value.magnitude))
  }

  /// Lower-case hexadecimal with leading zeros: the low `digits` digits of the value.
  public mutating func append(hexadecimal value: UInt64, digits: Int) {
    reserve(digits)
    for index in 0..<digits {
      base[count + index] = hexadecimalDigit(value >> UInt64(4 * (digits - 1 - index)))
    }
    count += digits
  }

  /// Without leading zeros, as in an IPv6 group.
  mutating func append(shortHexadecimal value: UInt16) {
    let digits = max(1, (16 - value.leadingZeroBitCount + 3) / 4)
    append(hexadecimal: UInt64(value), digits: digits)
  }

  /// RFC 3339 with nanoseconds, UTC: `2026-01-02T03:04:05.678901234Z`.
  public mutating func append(_ time: Timestamp) {
    reserve(30)
    let (day, inDay) = time.nanosecondsSinceEpoch.flooredQuotientAndRemainder(
      dividingBy: 86_400_000_000_000)
    if day != latestDay {
      latestDay = day
      latestDate = CivilDate(daysSinceEpoch: day)
    }
    let second = Int(inDay / 1_000_000_000)
    var fraction = Int(inDay % 1_000_000_000)
    let at = base + count
    writePair(latestDate.year / 100, at: at)
    writePair(latestDate.year % 100, at: at + 2)
    at[4] = 0x2D
    writePair(latestDate.month, at: at + 5)
    at[7] = 0x2D
    writePair(latestDate.day, at: at + 8)
    at[10] = 0x54
    writePair(second / 3_600, at: at + 11)
    at[13] = 0x3A
    writePair(second / 60 % 60, at: at + 14)
    at[16] = 0x3A
    writePair(second % 60, at: at + 17)
    at[19] = 0x2E
    for pair in 0..<4 {
      writePair(fraction % 100, at: at + 27 - 2 * pair)
      fraction /= 100
    }
    at[20] = 0x30 + UInt8(truncatingIfNeeded: fraction)
    at[29] = 0x5A
    count += 30
  }

  /// Two decimal digits; `value` is below 100.
  @inline(__always)
  private func writePair(_ value: Int, at pointer: UnsafeMutablePointer<UInt8>) {
    pointer[0] = 0x30 + UInt8(truncatingIfNeeded: value / 10)
    pointer[1] = 0x30 + UInt8(truncatingIfNeeded: value % 10)
  }
}

@inline(__always)
private func hexadecimalDigit(_ value: UInt64) -> UInt8 {
  let digit = UInt8(truncatingIfNeeded: value & 0xF)
  return digit < 10 ? 0x30 + digit : 0x57 + digit
}

extension UInt64 {
  /// 1 for 0.
  @inline(__always)
  fileprivate var decimalDigitCount: Int {
    var digits = 1
    var rest = self
    while rest >= 10_000 {
      rest /= 10_000
      digits += 4
    }
    return rest < 10 ? digits : rest < 100 ? digits + 1 : rest < 1_000 ? digits + 2 : digits + 3
  }
}
