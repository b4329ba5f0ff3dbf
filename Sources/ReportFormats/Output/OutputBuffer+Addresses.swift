public import PacketAnalysis

extension OutputBuffer {
  /// `02:00:00:00:0a:01`
  public mutating func append(_ address: MACAddress) {
    for index in 0..<6 {
      if index > 0 { append(octet: 0x3A) }
      append(hexadecimal: address.rawValue >> UInt64(8 * (5 - index)), digits: 2)
    }
  }

  /// 16 hexadecimal digits.
  public mutating func append(_ sci: SCI) {
    append(hexadecimal: sci.rawValue, digits: 16)
  }

  /// Dotted decimal, or the canonical text of RFC 5952.
  public mutating func append(_ address: IPAddress) {
    switch address.family {
    case .ipv4: append(ipv4: UInt32(truncatingIfNeeded: address.bits))
    case .ipv6: append(ipv6: address.bits)
    }
  }

  private mutating func append(ipv4 bits: UInt32) {
    for index in 0..<4 as Range<UInt32> {
      if index > 0 { append(octet: 0x2E) }
      append(UInt64(bits >> (24 - 8 * index) & 0xFF))
    }
  }

  private mutating func append(ipv6 bits: UInt128) {
    // An IPv4-mapped address is known by its prefix, so that it is written mixed (RFC 5952, 5).
    if bits >> 32 == 0xFFFF {
      append("::ffff:")
      append(ipv4: UInt32(truncatingIfNeeded: bits))
      return
    }
    let zeros = longestZeroRun(ofIPv6: bits)
    for index in 0..<8 {
      if zeros.contains(index) {
        if index == zeros.lowerBound { append("::") }
        continue
      }
      if index > 0 && index != zeros.upperBound { append(octet: 0x3A) }
      append(shortHexadecimal: group(index, ofIPv6: bits))
    }
  }
}

private func group(_ index: Int, ofIPv6 bits: UInt128) -> UInt16 {
  UInt16(truncatingIfNeeded: bits >> UInt128(16 * (7 - index)))
}

/// The groups that `::` stands for: the longest run of at least two zero groups, the first of
/// equals (RFC 5952, 4.2). Empty, and beyond the last group, where there is none.
private func longestZeroRun(ofIPv6 bits: UInt128) -> Range<Int> {
  var longest = 8..<8
  var start = 0
  for index in 0...8 {
    if index < 8 && group(index, ofIPv6: bits) == 0 { continue }
    if index - start >= 2 && index - start > longest.count { longest = start..<index }
    start = index + 1
  }
  return longest
}
