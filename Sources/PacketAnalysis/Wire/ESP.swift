/// The clear part of an Encapsulating Security Payload packet.
///
///     | Security Parameters Index (4) | Sequence Number (4) | payload, ICV ...
///
/// Source: RFC 4303, 2.
public struct ESPHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.length, for: .esp)
    self.octets = octets.extracting(first: Self.length)
    // 1 to 255 are reserved too, but are seen in the field; 0 never names an association.
    guard spi != 0 else { throw DecodeError(.reservedSPI, in: .esp) }
  }

  public static let length = 8

  /// Security Parameters Index (2.1).
  public var spi: UInt32 { octets.bigEndian(at: 0, as: UInt32.self) }
  /// Sequence Number; with Extended Sequence Numbers, its 32 least significant bits (2.2).
  public var sequenceNumber: UInt32 { octets.bigEndian(at: 4, as: UInt32.self) }

  /// ESP directly in IP.
  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    try decode(cursor, ports: nil, into: &frame)
  }

  /// - Parameter ports: of the UDP header that encapsulates it.
  static func decode(
    _ cursor: borrowing FrameCursor, ports: IPsecIdentity.UDPPorts?, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try ESPHeader(cursor.rest)
    let identity = IPsecIdentity(
      securityProtocol: .esp, source: frame.nearestIP.source,
      destination: frame.nearestIP.destination, spi: header.spi, ports: ports)
    frame.add(ProtectedHeader(identity: .ipsec(identity), number: header.sequenceNumber))
    return .end
  }
}
