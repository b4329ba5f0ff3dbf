public import PacketAnalysis

/// An address as a person types it.
public enum ParsedAddress: Hashable, Sendable {
  case mac(MACAddress)
  case ip(IPAddress)

  public init(parsing text: String) throws(ValueError) {
    if let address = MACAddress(parsing: text) {
      self = .mac(address)
    } else if let address = parseIPv4(text) {
      self = .ip(IPAddress(ipv4: address))
    } else if let address = parseIPv6(text) {
      self = .ip(IPAddress(ipv6: address))
    } else {
      throw ValueError(text: text, expected: .address)
    }
  }
}

extension MACAddress {
  /// Six pairs of hexadecimal digits between colons or hyphens.
  init?(parsing text: some StringProtocol) {
    var scanner = TextScanner(text)
    guard let address = scanner.macAddress(), scanner.isAtEnd else { return nil }
    self = address
  }
}

extension SCI {
  /// 16 hexadecimal digits, with or without `0x`; or the MAC address and, behind a slash, the Port
  /// Identifier in decimal.
  public init(parsing text: String) throws(ValueError) {
    var scanner = TextScanner(text)
    if let address = scanner.macAddress(), scanner.skip("/"), let port = scanner.number(),
      let port = UInt16(exactly: port), scanner.isAtEnd
    {
      self.init(systemIdentifier: address, portIdentifier: port)
      return
    }
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    scanner = TextScanner(digits)
    guard digits.utf8.count == 16, let value = scanner.hexadecimal(limit: 16), scanner.isAtEnd
    else { throw ValueError(text: text, expected: .sci) }
    self.init(rawValue: value)
  }
}

/// An SPI: hexadecimal behind `0x`, and where it has the eight digits that every tool shows of one;
/// otherwise decimal.
public func parseSPI(_ text: String) throws(ValueError) -> UInt32 {
  let hasPrefix = text.hasPrefix("0x") || text.hasPrefix("0X")
  let digits = hasPrefix ? text.dropFirst(2) : text[...]
  var scanner = TextScanner(digits)
  let isHexadecimal = hasPrefix || digits.utf8.count == 8
  let value = isHexadecimal ? scanner.hexadecimal(limit: 8) : scanner.number()
  guard let value, let spi = UInt32(exactly: value), scanner.isAtEnd else {
    throw ValueError(text: text, expected: .spi)
  }
  return spi
}

extension TextScanner {
  fileprivate mutating func macAddress() -> MACAddress? {
    guard var value = hexadecimal(limit: 2) else { return nil }
    for _ in 0..<5 {
      guard skip(":") || skip("-"), let pair = hexadecimal(limit: 2) else { return nil }
      value = value << 8 | pair
    }
    return MACAddress(rawValue: value)
  }
}

private func parseIPv4(_ text: some StringProtocol) -> UInt32? {
  var scanner = TextScanner(text)
  var bits: UInt32 = 0
  for index in 0..<4 {
    if index > 0 && !scanner.skip(".") { return nil }
    guard let number = scanner.number(), number <= 255 else { return nil }
    bits = bits << 8 | UInt32(number)
  }
  return scanner.isAtEnd ? bits : nil
}

/// RFC 4291, 2.2: eight groups, one run of zero groups as `::`, the last 32 bits perhaps dotted.
private func parseIPv6(_ text: String) -> UInt128? {
  let halves = split(text)
  guard halves.count <= 2, let head = halves.first.flatMap(groups),
    let tail = halves.count == 2 ? groups(halves[1]) : []
  else { return nil }
  let known = head.count + tail.count
  guard halves.count == 2 ? known < 8 : known == 8 else { return nil }
  let all = head + Array(repeating: 0, count: 8 - known) + tail
  return all.reduce(0) { $0 << 16 | UInt128($1) }
}

/// The parts between `::`.
private func split(_ text: String) -> [Substring] {
  var parts: [Substring] = []
  var rest = text[...]
  while let colon = rest.indices.first(where: { rest[$0...].hasPrefix("::") }) {
    parts.append(rest[..<colon])
    rest = rest[rest.index(colon, offsetBy: 2)...]
  }
  return parts + [rest]
}

private func groups(_ text: Substring) -> [UInt16]? {
  if text.isEmpty { return [] }
  var groups: [UInt16] = []
  let parts = text.split(separator: ":", omittingEmptySubsequences: false)
  for (index, part) in parts.enumerated() {
    if index == parts.count - 1, let dotted = parseIPv4(part) {
      groups += [UInt16(truncatingIfNeeded: dotted >> 16), UInt16(truncatingIfNeeded: dotted)]
      continue
    }
    var scanner = TextScanner(part)
    guard let value = scanner.hexadecimal(limit: 4), scanner.isAtEnd else { return nil }
    groups.append(UInt16(truncatingIfNeeded: value))
  }
  return groups
}
