/// An IPv4 header with its options.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |Version|  IHL  |Type of Service|          Total Length         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |         Identification        |Flags|      Fragment Offset    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Time to Live |    Protocol   |         Header Checksum       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |        Source Address         |      Destination Address      |   (4 octets each)
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// Source: RFC 791, 3.1.
public struct IPv4Header: ~Escapable {
  private let octets: RawSpan

  /// Checks version and lengths once, so that no property below can fail.
  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.minimumLength, for: .ipv4)
    guard octets.octet(at: 0) >> 4 == 4 else { throw DecodeError(.unsupportedVersion, in: .ipv4) }
    let length = Int(octets.octet(at: 0) & 0xF) * 4
    guard length >= Self.minimumLength else { throw DecodeError(.lengthTooSmall, in: .ipv4) }
    try octets.require(length, for: .ipv4)
    self.octets = octets.extracting(first: length)
    guard totalLength == 0 || totalLength >= length else {
      throw DecodeError(.lengthTooSmall, in: .ipv4)
    }
  }

  public static let minimumLength = 20

  public var length: Int { octets.byteCount }
  /// Of header and data; 0 where the sending machine left it to its network card (segmentation
  /// offload), and the frame's own length holds.
  public var totalLength: Int { Int(octets.bigEndian(at: 2, as: UInt16.self)) }
  /// In units of 8 octets.
  public var fragmentOffset: UInt16 { octets.bigEndian(at: 6, as: UInt16.self) & 0x1FFF }
  public var hasMoreFragments: Bool { octets.octet(at: 6) & 0x20 != 0 }
  public var ipProtocol: UInt8 { octets.octet(at: 9) }
  public var source: IPAddress { octets.ipv4Address(at: 12) }
  public var destination: IPAddress { octets.ipv4Address(at: 16) }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try IPv4Header(cursor.rest)
    frame.enterIP(
      source: header.source, destination: header.destination, ipProtocol: header.ipProtocol)
    let (length, totalLength, ipProtocol) = (header.length, header.totalLength, header.ipProtocol)
    let (offset, hasMore) = (header.fragmentOffset, header.hasMoreFragments)
    if totalLength > 0 { cursor.limit(to: totalLength) }
    cursor.skip(length)
    if offset > 0 {
      frame.classify(.fragment)
      return .end
    }
    if hasMore { cursor.enterFragment() }
    return .ipProtocol(ipProtocol)
  }
}
