public import PacketAnalysis

extension FlowKey {
  /// IANA's keyword in lower case; `ip-N` for protocols that a network rarely carries.
  package var protocolName: String {
    switch ipProtocol {
    case 1: "icmp"
    case 2: "igmp"
    case 6: "tcp"
    case 17: "udp"
    case 47: "gre"
    case 58: "ipv6-icmp"
    case 89: "ospf"
    case 112: "vrrp"
    case 132: "sctp"
    default: "ip-\(ipProtocol)"
    }
  }
}

extension LinkType {
  /// As in the list of link types of tcpdump.org; the number where it has none here.
  public var name: String {
    switch self {
    case .null: "BSD loopback"
    case .ethernet: "Ethernet"
    case .dltRaw, .dltRawOpenBSD, .raw: "raw IP"
    case .loop: "OpenBSD loopback"
    case .linuxSLL: "Linux cooked v1"
    case .ipv4: "raw IPv4"
    case .ipv6: "raw IPv6"
    case .linuxSLL2: "Linux cooked v2"
    default: "link type \(rawValue)"
    }
  }
}

extension OutputBuffer {
  /// The text that `write` puts out, for the few places where a `String` is wanted.
  static func text(_ write: (inout OutputBuffer) -> Void) -> String {
    var buffer = OutputBuffer()
    write(&buffer)
    return String(decoding: buffer.octets(), as: UTF8.self)
  }
}

extension MACAddress {
  var text: String { OutputBuffer.text { $0.append(self) } }
}

extension IPAddress {
  package var text: String { OutputBuffer.text { $0.append(self) } }
}

extension Timestamp {
  /// RFC 3339 with nanoseconds, UTC.
  package var text: String { OutputBuffer.text { $0.append(self) } }
}
