import PacketAnalysis

/// Headers as octets, so that a test reads like the frame it builds:
/// `ethernet(0x0800) + ipv4(50, ...)`. Lengths are right unless a test asks for others; checksums
/// are left out, no decoder looks at them.
enum Headers {
  static let source = MACAddress(rawValue: 0x0200_0000_0A01)
  static let destination = MACAddress(rawValue: 0x0200_0000_0B01)
  static let innerSource = MACAddress(rawValue: 0x0200_0000_0A02)

  static func ethernet(_ etherType: UInt16, source: MACAddress = Headers.source) -> [UInt8] {
    number(destination.rawValue, 6) + number(source.rawValue, 6) + number(etherType)
  }

  static func vlan(_ identifier: UInt16, _ etherType: UInt16) -> [UInt8] {
    number(identifier) + number(etherType)
  }

  static func ipv4(
    _ ipProtocol: UInt8, _ payload: [UInt8], source: UInt32 = 0xC000_0201,
    destination: UInt32 = 0xC000_0202, options: [UInt8] = [], fragment: UInt16 = 0,
    totalLength: UInt16? = nil
  ) -> [UInt8] {
    let length = 20 + options.count
    return [0x40 | UInt8(length / 4), 0]
      + number(totalLength ?? UInt16(length + payload.count)) + [0, 0] + number(fragment)
      + [64, ipProtocol, 0, 0] + number(source) + number(destination) + options + payload
  }

  static let ipv6Source = IPAddress(ipv6: 0x2001_0DB8 << 96 | 1)
  static let ipv6Destination = IPAddress(ipv6: 0x2001_0DB8 << 96 | 2)

  static func ipv6(
    _ nextHeader: UInt8, _ payload: [UInt8], payloadLength: UInt16? = nil
  ) -> [UInt8] {
    number(0x6000_0000 as UInt32) + number(payloadLength ?? UInt16(payload.count))
      + [nextHeader, 64] + number(ipv6Source.bits, 16) + number(ipv6Destination.bits, 16) + payload
  }

  static func ipv6Extension(_ nextHeader: UInt8, words: UInt8 = 0) -> [UInt8] {
    [nextHeader, words] + [UInt8](repeating: 0, count: 6 + 8 * Int(words))
  }

  static func udp(
    _ source: UInt16, _ destination: UInt16, _ payload: [UInt8], length: UInt16? = nil
  ) -> [UInt8] {
    number(source) + number(destination) + number(length ?? UInt16(8 + payload.count)) + [0, 0]
      + payload
  }

  static func tcp(_ source: UInt16, _ destination: UInt16) -> [UInt8] {
    number(source) + number(destination) + [UInt8](repeating: 0, count: 16)
  }

  /// With 24 octets of payload and ICV.
  static func esp(_ spi: UInt32, _ number: UInt32) -> [UInt8] {
    Headers.number(spi) + Headers.number(number) + [UInt8](repeating: 0xEE, count: 24)
  }

  /// With an ICV of 12 octets.
  static func ah(_ nextHeader: UInt8, _ spi: UInt32, _ number: UInt32) -> [UInt8] {
    [nextHeader, 4, 0, 0] + Headers.number(spi) + Headers.number(number)
      + [UInt8](repeating: 0xAA, count: 12)
  }

  static func secTAG(
    _ tci: TCI, an: UInt8 = 0, shortLength: UInt8 = 0, pn: UInt32 = 7, sci: UInt64? = nil
  ) -> [UInt8] {
    [tci.rawValue | an, shortLength] + number(pn) + (sci.map { number($0) } ?? [])
  }

  static let icv = [UInt8](repeating: 0x1C, count: 16)
  static func data(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xDA, count: count) }

  static func number<T: FixedWidthInteger & UnsignedInteger>(_ value: T, _ count: Int? = nil)
    -> [UInt8]
  {
    (0..<(count ?? T.bitWidth / 8)).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}

/// What a test looks at, copied out of the decoder's reused value.
struct Decoded {
  var frameClass: FrameClass
  var headers: [ProtectedHeader]
  var flow: PlainFlow?
  var finding: DecodeError?
  var badTag: MACsecIdentity?
  var sourceMAC: MACAddress?
  var destinationMAC: MACAddress?

  init(
    _ octets: [UInt8], wireLength: Int? = nil, fcs: Int = 0, link: LinkType = .ethernet,
    options: DecodingOptions = DecodingOptions()
  ) {
    var frame = DecodedFrame()
    FrameDecoder(options: options).decode(
      octets.span.bytes, originalLength: UInt32(wireLength ?? octets.count), fcsLengthOctets: fcs,
      linkType: link, into: &frame)
    self.init(frame)
  }

  init(_ frame: borrowing DecodedFrame) {
    frameClass = frame.frameClass
    headers = []
    for index in 0..<frame.headerCount { headers.append(frame.headers[index]) }
    flow = frame.flow
    finding = frame.finding
    badTag = frame.badTag
    sourceMAC = frame.sourceMAC
    destinationMAC = frame.destinationMAC
  }

  var macsec: [MACsecIdentity] {
    headers.compactMap { if case .macsec(let identity) = $0.identity { identity } else { nil } }
  }
  var ipsec: [IPsecIdentity] {
    headers.compactMap { if case .ipsec(let identity) = $0.identity { identity } else { nil } }
  }
  var numbers: [UInt32] { headers.map(\.number) }
}
