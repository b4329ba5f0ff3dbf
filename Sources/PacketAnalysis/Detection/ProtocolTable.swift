// Which header follows which. A new protocol is one file in `Wire/` and one row here; see
// `docs/adding-a-protocol.md`. Numbers: IANA's registries "ieee-802-numbers", "protocol-numbers",
// "ppp-numbers" and "service-names-port-numbers", and tcpdump.org/linktypes.html.

extension FrameDecoder {
  func decode(
    _ next: NextHeader, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    switch next {
    case .link(let type): try link(type, &cursor, into: &frame)
    case .etherType(let type): try etherType(type, &cursor, into: &frame)
    case .pppProtocol(let number): ppp(number)
    case .ipProtocol(let number): try ipProtocol(number, &cursor, into: &frame)
    case .udpPorts(let source, let destination):
      try udp(source: source, destination: destination, &cursor, into: &frame)
    case .end: .end
    }
  }

  private func link(
    _ type: LinkType, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    switch type {
    case .ethernet: try EthernetHeader.decode(&cursor, into: &frame)
    case .linuxSLL: try LinuxSLLHeader.decode(.sll, &cursor, into: &frame)
    case .linuxSLL2: try LinuxSLLHeader.decode(.sll2, &cursor, into: &frame)
    case .raw, .dltRaw, .dltRawOpenBSD: try RawIP.decode(cursor)
    case .ipv4: .etherType(0x0800)
    case .ipv6: .etherType(0x86DD)
    case .null, .loop: try Loopback.decode(&cursor)
    default: .end
    }
  }

  private func etherType(
    _ type: UInt16, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    switch type {
    case _ where options.macsecEtherTypes.contains(type):
      try SecTAG.decode(&cursor, into: &frame)
    case 0x0800: try IPv4Header.decode(&cursor, into: &frame)
    case 0x22EB, 0x88BE: try ERSPANHeader.decode(type, &cursor)
    case 0x6558: .link(.ethernet)  // transparent Ethernet bridging, in GRE
    // `VLANTag.etherTypes`: a condition in their place is asked for each frame.
    case 0x8100, 0x88A8, 0x9100, 0x9200: try VLANTag.decode(&cursor, into: &frame)
    case 0x86DD: try IPv6Header.decode(&cursor, into: &frame)
    case 0x8847, 0x8848: try MPLSLabel.decode(&cursor)
    case 0x8864: try PPPoEHeader.decode(&cursor)
    case 0x888E: try EAPOLHeader.decode(cursor, into: &frame)
    case 0x88E5: try SecTAG.decode(&cursor, into: &frame)
    // ARP, LLDP, LACP and the like; below 0x0600 the length of an IEEE 802.2 LLC frame.
    default: .end
    }
  }

  private func ppp(_ number: UInt16) -> NextHeader {
    switch number {
    case 0x0021: .etherType(0x0800)
    case 0x0057: .etherType(0x86DD)
    case 0x0281: .etherType(0x8847)
    default: .end
    }
  }

  private func ipProtocol(
    _ number: UInt8, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    frame.nearestIP.ipProtocol = number
    return switch (number, frame.nearestIP.source.family) {
    case (0, .ipv6), (43, .ipv6), (60, .ipv6), (135, .ipv6), (139, .ipv6), (140, .ipv6):
      try IPv6Extension.decode(&cursor, into: &frame)
    case (4, _): .etherType(0x0800)
    case (6, _): try TCPHeader.decode(cursor, into: &frame)
    case (17, _): try UDPHeader.decode(&cursor, into: &frame)
    case (41, _): .etherType(0x86DD)
    case (44, .ipv6): try IPv6FragmentHeader.decode(&cursor, into: &frame)
    case (47, _): try GREHeader.decode(&cursor)
    case (50, _): try ESPHeader.decode(&cursor, into: &frame)
    case (51, _): try AHHeader.decode(&cursor, into: &frame)
    // A plain flow; ICMP too, whatever packet an error of it quotes.
    default: .end
    }
  }

  private func udp(
    source: UInt16, destination: UInt16, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    switch (source, destination) {
    case (_, 4789): try VXLANHeader.decode(&cursor)
    case (_, 500): IKE.decode(into: &frame)
    case let (source, destination) where carriesESP(source) || carriesESP(destination):
      try UDPEncapsulation.decode(cursor, into: &frame)
    case (500, _): IKE.decode(into: &frame)
    default: .end
    }
  }

  private func carriesESP(_ port: UInt16) -> Bool {
    port == 4500 || options.espPorts.contains(port)
  }
}
