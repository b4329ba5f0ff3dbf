/// Reads the values that `OctetWriter` writes, of octets that nobody vouches for.
struct OctetReader {
  private let octets: [UInt8]
  private var position: Int
  private let end: Int

  init(_ octets: [UInt8]) { self.init(octets, octets.indices) }

  private init(_ octets: [UInt8], _ range: Range<Int>) {
    self.octets = octets
    (position, end) = (range.lowerBound, range.upperBound)
  }

  var isAtEnd: Bool { position == end }
  var remainingCount: Int { end - position }

  mutating func octet() throws(TranscriptDamage) -> UInt8 {
    guard position < end else { throw .endsEarly }
    position += 1
    return octets[position - 1]
  }

  mutating func unsigned() throws(TranscriptDamage) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
      let octet = try octet()
      let bits = UInt64(octet & 0x7F)
      guard shift < 63 || bits <= 1 else { throw .valueOutOfRange }
      value |= bits << shift
      if octet < 0x80 { return value }
    }
    throw .valueOutOfRange
  }

  /// A value that fits the type.
  mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(TranscriptDamage) -> T
  {
    guard let value = T(exactly: try unsigned()) else { throw .valueOutOfRange }
    return value
  }

  /// A value within `limits`.
  mutating func integer<T: FixedWidthInteger>(
    within limits: ClosedRange<T>
  ) throws(TranscriptDamage) -> T {
    let value = try integer(T.self)
    guard limits.contains(value) else { throw .valueOutOfRange }
    return value
  }

  /// An index into something that has `count` elements.
  mutating func index(below count: Int) throws(TranscriptDamage) -> Int {
    let index = try integer(Int.self)
    guard index < count else { throw .valueOutOfRange }
    return index
  }

  mutating func signed() throws(TranscriptDamage) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func flag() throws(TranscriptDamage) -> Bool { try integer(within: 0...1) == 1 }

  mutating func time() throws(TranscriptDamage) -> Timestamp? {
    guard try flag() else { return nil }
    return Timestamp(nanosecondsSinceEpoch: try signed()).known
  }

  mutating func text() throws(TranscriptDamage) -> String {
    var slice = try slice(length: try integer(Int.self))
    guard let text = String(validating: slice.rest(), as: UTF8.self) else { throw .valueOutOfRange }
    return text
  }

  mutating func array<Element>(
    _ read: (inout OctetReader) throws(TranscriptDamage) -> Element
  ) throws(TranscriptDamage) -> [Element] {
    let count = try unsigned()
    var elements: [Element] = []
    var index: UInt64 = 0
    // Each takes an octet at least: what the count claims is not believed before.
    while index < count {
      guard !isAtEnd else { throw .endsEarly }
      elements.append(try read(&self))
      index += 1
    }
    return elements
  }

  mutating func fixed() throws(TranscriptDamage) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 8) { value |= UInt64(try octet()) << shift }
    return value
  }

  /// The next octets, to be read apart from those behind them.
  mutating func slice(length: Int) throws(TranscriptDamage) -> OctetReader {
    guard length >= 0, length <= remainingCount else { throw .endsEarly }
    defer { position += length }
    return OctetReader(octets, position..<position + length)
  }

  /// Everything that is left.
  mutating func rest() -> [UInt8] {
    defer { position = end }
    return Array(octets[position..<end])
  }
}
