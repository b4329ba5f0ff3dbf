/// What shares a port with ESP in UDP.
///
///     NAT keepalive: the one octet 0xFF
///     IKE:           the non-ESP marker 00 00 00 00, then IKE
///     ESP:           anything else; an SPI is never 0
///
/// Source: RFC 3948, 2.1 to 2.3.
enum UDPEncapsulation {
  static func decode(
    _ cursor: borrowing FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let content = cursor.rest
    try content.require(1, for: .udpEncapsulation)
    if cursor.lengthOctets == 1, content.octet(at: 0) == 0xFF {
      frame.classify(.other)
      return .end
    }
    try content.require(4, for: .udpEncapsulation)
    if content.bigEndian(at: 0, as: UInt32.self) == 0 {
      frame.classify(.ike)
      return .end
    }
    let ports = IPsecIdentity.UDPPorts(
      source: frame.nearestIP.sourcePort, destination: frame.nearestIP.destinationPort)
    return try ESPHeader.decode(cursor, ports: ports, into: &frame)
  }
}
