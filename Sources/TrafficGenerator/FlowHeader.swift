import PacketAnalysis

/// The headers of a flow's frames, written once, with zeros where frames differ.
struct FlowHeader {
  static let longestLength = 96

  var octets: [UInt8]
  /// Where the SecTAG begins, or the IP header.
  var networkOffset: Int
  /// The sum of the octets that the checksum of the IPv4 header covers.
  var ipChecksum: UInt64 = 0
  /// The sum of addresses, protocol and ports that the checksum of TCP or UDP covers.
  var transportChecksum: UInt64 = 0

  init(_ flow: Flow) {
    var writer = HeaderWriter()
    writer.append(flow.destinationMAC)
    writer.append(flow.sourceMAC)
    let vlans = flow.vlans.identifiers
    for (depth, identifier) in vlans.enumerated() {
      writer.append(depth + 1 < vlans.count ? EtherType.serviceTag : EtherType.customerTag)
      writer.append(identifier)
    }
    guard !flow.carrier.isMACsec else {
      writer.append(EtherType.macsec)
      networkOffset = writer.octets.count
      Self.appendSecTAG(flow, to: &writer)
      octets = writer.octets
      return
    }
    let isIPv6 = flow.source.family == .ipv6
    writer.append(isIPv6 ? EtherType.ipv6 : EtherType.ipv4)
    networkOffset = writer.octets.count
    Self.appendIP(flow, to: &writer)
    let transport = writer.octets.count
    Self.appendTransport(flow, to: &writer)
    octets = writer.octets
    if !isIPv6 { ipChecksum = InternetChecksum.sum(octets[networkOffset..<transport]) }
    // RFC 9293, 3.1 and RFC 8200, 8.1: addresses, protocol, and (added for each frame) length.
    let addresses = octets[(networkOffset + (isIPv6 ? 8 : 12))..<transport]
    transportChecksum =
      InternetChecksum.sum(addresses) + UInt64(flow.carrier.ipProtocol)
      + InternetChecksum.sum(octets[transport...])
  }

  /// IEEE Std 802.1AE-2018, 9.3: TCI and AN, SL, PN, and the SCI where it is explicit.
  private static func appendSecTAG(_ flow: Flow, to writer: inout HeaderWriter) {
    var tci: UInt8 = flow.isEncrypted ? 0x0C : 0
    switch flow.sciSource {
    case .explicit: tci |= 0x20
    case .endStation: tci |= 0x40
    case .singleCopyBroadcast: tci |= 0x10
    case .implicit: break
    }
    writer.append(tci)
    writer.append(0 as UInt8)
    writer.append(0 as UInt32)
    if flow.sciSource == .explicit { writer.append(flow.sci.rawValue) }
  }

  private static func appendIP(_ flow: Flow, to writer: inout HeaderWriter) {
    switch flow.source.family {
    case .ipv4:  // RFC 791, 3.1
      writer.append(0x4500 as UInt16)  // version 4, five words, no service class
      writer.append(0 as UInt32)  // length and identification
      writer.append(0 as UInt16)  // may be fragmented, is not
      writer.append(64 as UInt8)
      writer.append(flow.carrier.ipProtocol)
      writer.append(0 as UInt16)
    case .ipv6:  // RFC 8200, 3
      writer.append(0x6000_0000 as UInt32)
      writer.append(0 as UInt16)
      writer.append(flow.carrier.ipProtocol)
      writer.append(64 as UInt8)
    }
    writer.append(flow.source)
    writer.append(flow.destination)
  }

  private static func appendTransport(_ flow: Flow, to writer: inout HeaderWriter) {
    switch flow.carrier {
    case .esp:  // RFC 4303, 2: SPI, sequence number
      writer.append(0 as UInt64)
    case .espInUDP:  // RFC 3948, 2.1
      appendPorts(flow, to: &writer)
      writer.append(0 as UInt32)
      writer.append(0 as UInt64)
    case .ah:  // RFC 4302, 2: 24 octets with a 96-bit ICV, in words of four less two
      writer.append(253 as UInt8)  // what follows is for experiments (RFC 3692)
      writer.append(4 as UInt8)
      writer.append(0 as UInt16)
      writer.append(0 as UInt64)
    case .tcp:  // RFC 9293, 3.1
      appendPorts(flow, to: &writer)
      writer.append(0 as UInt32)
      writer.append(1 as UInt32)
      writer.append(0x5010 as UInt16)  // five words, ACK
      writer.append(0xFFFF as UInt16)
      writer.append(0 as UInt32)
    case .udp:
      appendPorts(flow, to: &writer)
      writer.append(0 as UInt32)
    case .macsec: break
    }
  }

  private static func appendPorts(_ flow: Flow, to writer: inout HeaderWriter) {
    writer.append(flow.sourcePort)
    writer.append(flow.destinationPort)
  }
}
