/// A UDP header.
///
///     | source port (2) | destination port (2) | length (2) | checksum (2) |
///
/// Source: RFC 768.
public struct UDPHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.headerLength, for: .udp)
    self.octets = octets.extracting(first: Self.headerLength)
    guard length == 0 || length >= Self.headerLength else {
      throw DecodeError(.lengthTooSmall, in: .udp)
    }
  }

  public static let headerLength = 8

  public var sourcePort: UInt16 { octets.bigEndian(at: 0, as: UInt16.self) }
  public var destinationPort: UInt16 { octets.bigEndian(at: 2, as: UInt16.self) }
  /// Of header and data; 0 in a jumbogram (RFC 2675) and with segmentation offload.
  public var length: Int { Int(octets.bigEndian(at: 4, as: UInt16.self)) }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try UDPHeader(cursor.rest)
    let (source, destination) = (header.sourcePort, header.destinationPort)
    frame.nearestIP.sourcePort = source
    frame.nearestIP.destinationPort = destination
    if header.length > 0 { cursor.limit(to: header.length) }
    cursor.skip(headerLength)
    return .udpPorts(source: source, destination: destination)
  }
}
