/// An IPv6 header, without its extension headers.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |Version| Traffic Class |              Flow Label               |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |        Payload Length         |  Next Header  |   Hop Limit   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |        Source Address         |      Destination Address      |   (16 octets each)
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// Source: RFC 8200, 3.
public struct IPv6Header: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(1, for: .ipv6)
    guard octets.octet(at: 0) >> 4 == 6 else { throw DecodeError(.unsupportedVersion, in: .ipv6) }
    try octets.require(Self.length, for: .ipv6)
    self.octets = octets.extracting(first: Self.length)
  }

  public static let length = 40

  /// Of all that follows; 0 for a jumbogram (RFC 2675) and with segmentation offload, where the
  /// frame's own length holds.
  public var payloadLength: Int { Int(octets.bigEndian(at: 4, as: UInt16.self)) }
  /// The IP protocol number of the payload or of the first extension header.
  public var nextHeader: UInt8 { octets.octet(at: 6) }
  public var source: IPAddress { octets.ipv6Address(at: 8) }
  public var destination: IPAddress { octets.ipv6Address(at: 24) }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try IPv6Header(cursor.rest)
    frame.enterIP(
      source: header.source, destination: header.destination, ipProtocol: header.nextHeader)
    let (payloadLength, nextHeader) = (header.payloadLength, header.nextHeader)
    cursor.skip(length)
    if payloadLength > 0 { cursor.limit(to: payloadLength) }
    return .ipProtocol(nextHeader)
  }
}
