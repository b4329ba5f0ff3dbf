/// Writes the values that a transcript consists of: see `docs/transcript-format.md`.
struct OctetWriter {
  private(set) var octets: [UInt8] = []

  mutating func append(octet: UInt8) { octets.append(octet) }
  mutating func append(_ other: [UInt8]) { octets += other }

  /// LEB128: seven bits an octet, the lowest first, 0x80 where more follow.
  mutating func append(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      octets.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    octets.append(UInt8(rest))
  }

  mutating func append(_ value: some UnsignedInteger & FixedWidthInteger) {
    append(UInt64(value))
  }

  /// Zigzag: 0, -1, 1, -2, … become 0, 1, 2, 3, …
  mutating func append(signed value: Int64) {
    append(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  /// A flag, whether there is one, and nanoseconds since 1970.
  mutating func append(_ time: Timestamp?) {
    guard let time = time?.known else { return append(octet: 0) }
    append(octet: 1)
    append(signed: time.nanosecondsSinceEpoch)
  }

  mutating func append(_ flag: Bool) { append(octet: flag ? 1 : 0) }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    octets += text.utf8
  }

  mutating func append<Element>(
    _ elements: some Collection<Element>, _ write: (inout OctetWriter, Element) -> Void
  ) {
    append(UInt64(elements.count))
    for element in elements { write(&self, element) }
  }

  /// Octets of a fixed number, the lowest first.
  mutating func append(fixed value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      octets.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}
