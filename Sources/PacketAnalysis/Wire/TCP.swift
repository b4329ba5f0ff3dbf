/// A TCP header, of which only the ports are read.
///
/// Source: RFC 9293, 3.1.
public struct TCPHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.minimumLength, for: .tcp)
    self.octets = octets.extracting(first: Self.minimumLength)
  }

  public static let minimumLength = 20

  public var sourcePort: UInt16 { octets.bigEndian(at: 0, as: UInt16.self) }
  public var destinationPort: UInt16 { octets.bigEndian(at: 2, as: UInt16.self) }

  static func decode(
    _ cursor: borrowing FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try TCPHeader(cursor.rest)
    frame.nearestIP.sourcePort = header.sourcePort
    frame.nearestIP.destinationPort = header.destinationPort
    return .end
  }
}
