/// Reads what a person typed, octet by octet.
struct TextScanner {
  private var rest: Substring.UTF8View

  init(_ text: some StringProtocol) { rest = Substring(text).utf8 }

  var isAtEnd: Bool { rest.isEmpty }
  var next: UInt8? { rest.first }

  /// Whether the next octet was `character`, which is then behind us.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let next = rest.first, UInt32(next) == character.value else { return false }
    rest.removeFirst()
    return true
  }

  mutating func skipSpaces() {
    while let next = rest.first, next == 0x20 || next == 0x09 { rest.removeFirst() }
  }

  /// Exactly `count` decimal digits.
  mutating func digits(_ count: Int) -> Int? {
    var value = 0
    for _ in 0..<count {
      guard let digit = decimalDigit() else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }

  /// At least one decimal digit; `nil` too where the number is too large.
  mutating func number() -> UInt64? {
    guard var value = decimalDigit() else { return nil }
    while let digit = decimalDigit() {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  /// At least one hexadecimal digit; `nil` where there are more than `limit`.
  mutating func hexadecimal(limit: Int) -> UInt64? {
    var value: UInt64 = 0
    var count = 0
    while let next = rest.first, let digit = Self.hexadecimalDigit(next) {
      count += 1
      guard count <= limit else { return nil }
      value = value << 4 | digit
      rest.removeFirst()
    }
    return count > 0 ? value : nil
  }

  mutating func decimalDigit() -> UInt64? {
    guard let next = rest.first, (0x30...0x39).contains(next) else { return nil }
    rest.removeFirst()
    return UInt64(next - 0x30)
  }

  /// Letters, in lower case; empty where there are none.
  mutating func word() -> String {
    var word: [UInt8] = []
    while let next = rest.first, (0x61...0x7A).contains(next | 0x20) || next == 0x2D {
      word.append(next == 0x2D ? next : next | 0x20)
      rest.removeFirst()
    }
    return String(decoding: word, as: UTF8.self)
  }

  private static func hexadecimalDigit(_ octet: UInt8) -> UInt64? {
    switch octet {
    case 0x30...0x39: UInt64(octet - 0x30)
    case 0x41...0x46: UInt64(octet - 0x37)
    case 0x61...0x66: UInt64(octet - 0x57)
    default: nil
    }
  }
}

/// What was typed is not what was asked for.
public struct ValueError: Error, Equatable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    case duration = "a duration such as 10s, 250ms or 1m30s"
    case time = "a time such as 2026-03-01T08:00:00Z or seconds since 1970"
    case sci = "an SCI such as 020000000a010001 or 02:00:00:00:0a:01/1"
    case spi = "an SPI such as 0x0000abcd, 0000abcd or 43981"
    case address = "an IPv4, IPv6 or MAC address"
  }
  public var text: String
  public var expected: Kind

  public var description: String { "'\(text)' is not \(expected.rawValue)" }
}
