// Which header follows which. A new protocol is one file in `Wire/` and one row here; see
// `docs/adding-a-protocol.md`. Numbers: IANA "ieee-802-numbers", "protocol-numbers", "ppp-numbers",
// "service-names-port-numbers"; tcpdump.org/linktypes.html.

extension FrameDecoder {
  func decode(
    _ next: NextHeader, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    switch next {
    case .link(let type): try link(type, &cursor, into: &frame)
    case .etherType(let type): try etherType(type, &cursor, into: &frame)
    case .ipProtocol(let number): try ipProtocol(number, &cursor, into: &frame)
    case .udpPorts, .pppProtocol, .end: .end
    }
  }

  private func link(
    _ type: LinkType, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    switch type {
    case .ethernet: try EthernetHeader.decode(&cursor, into: &frame)
    default: .end
    }
  }

  private func etherType(
    _ type: UInt16, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    if options.macsecEtherTypes.contains(type) {
      return try SecTAG.decode(&cursor, into: &frame)
    }
    return switch type {
    case 0x0800: try IPv4Header.decode(&cursor, into: &frame)
    case 0x8100, 0x88A8, 0x9100, 0x9200: try VLANTag.decode(&cursor, into: &frame)
    case 0x88E5: try SecTAG.decode(&cursor, into: &frame)
    // ARP, LLDP, LACP and the like; IEEE 802.2 LLC, whose length is below 0x0600.
    default: .end
    }
  }

  private func ipProtocol(
    _ number: UInt8, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    frame.nearestIP.ipProtocol = number
    return switch number {
    case 50: try ESPHeader.decode(&cursor, into: &frame)
    default: .end
    }
  }
}
