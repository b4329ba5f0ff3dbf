import PacketAnalysis
import Testing

@Suite("Carriers and link types")
struct CarrierTests {
  static let ip = Headers.ipv4(50, Headers.esp(0xABCD, 3))
  static let ip6 = Headers.ipv6(50, Headers.esp(0xABCD, 3))
  /// An Ethernet frame with a SecTAG of an implicit SCI, so that it matters whose address is taken.
  static let frame =
    Headers.ethernet(0x88E5, source: Headers.innerSource) + Headers.secTAG([.e, .c], pn: 3)
    + Headers.data(64)

  struct Carrier: Sendable, CustomStringConvertible {
    var description: String
    var octets: [UInt8]
    var link = LinkType.ethernet
    /// Of the SecTAG's channel, where the frame carries one.
    var source: MACAddress?
  }

  static func mpls(_ below: [UInt8]) -> [UInt8] {
    Headers.ethernet(0x8847) + [0, 1, 0, 64] + [0, 2, 1, 64] + below
  }
  static func gre(_ header: [UInt8]) -> [UInt8] {
    Headers.ethernet(0x0800) + Headers.ipv4(47, header)
  }
  static func pppoe(_ ppp: UInt16, _ payload: [UInt8]) -> [UInt8] {
    Headers.ethernet(0x8864) + [0x11, 0, 0, 1] + Headers.number(UInt16(payload.count + 2))
      + Headers.number(ppp) + payload + Headers.data(9)
  }
  static let vxlan: [UInt8] = [8, 0, 0, 0, 0, 0, 1, 0]
  static let erspanII: [UInt8] = [0x10, 0, 0, 0, 0, 0, 0, 0]
  static let erspanIII: [UInt8] = [0x20] + [UInt8](repeating: 0, count: 10)

  static let carriers: [Carrier] = [
    Carrier(description: "MPLS, IPv4", octets: mpls(ip)),
    Carrier(description: "MPLS, IPv6", octets: mpls(ip6)),
    Carrier(
      description: "MPLS, Ethernet", octets: mpls(frame), source: Headers.innerSource),
    Carrier(
      description: "MPLS, control word, Ethernet", octets: mpls([0, 0, 0, 9] + frame),
      source: Headers.innerSource),
    Carrier(
      description: "MPLS, tagged Ethernet",
      octets: mpls(
        Headers.ethernet(0x8100, source: Headers.innerSource) + Headers.vlan(7, 0x88E5)
          + Headers.secTAG([.e, .c], pn: 3) + Headers.data(64)), source: Headers.innerSource),
    Carrier(
      description: "MPLS, SecTAG",
      octets: mpls([0x88, 0xE5] + Headers.secTAG([.e, .c], pn: 3) + Headers.data(64)),
      source: Headers.source),
    Carrier(
      description: "MPLS multicast",
      octets: Headers.ethernet(0x8848) + [0, 1, 1, 1] + ip),
    Carrier(description: "PPPoE, IPv4", octets: pppoe(0x0021, ip)),
    Carrier(description: "PPPoE, IPv6", octets: pppoe(0x0057, ip6)),
    Carrier(description: "PPPoE, MPLS", octets: pppoe(0x0281, [0, 1, 1, 1] + ip)),
    Carrier(description: "GRE, IPv4", octets: gre([0, 0, 0x08, 0] + ip)),
    Carrier(
      description: "GRE with all options, IPv6",
      octets: gre([0xB0, 0, 0x86, 0xDD] + Headers.data(12) + ip6)),
    Carrier(
      description: "GRE, Ethernet", octets: gre([0x20, 0, 0x65, 0x58, 0, 0, 0, 1] + frame),
      source: Headers.innerSource),
    Carrier(description: "GRE, MPLS", octets: gre([0, 0, 0x88, 0x47, 0, 1, 1, 1] + ip)),
    Carrier(
      description: "ERSPAN type I", octets: gre([0, 0, 0x88, 0xBE] + frame),
      source: Headers.innerSource),
    Carrier(
      description: "ERSPAN type II",
      octets: gre([0x10, 0, 0x88, 0xBE, 0, 0, 0, 1] + erspanII + frame),
      source: Headers.innerSource),
    Carrier(
      description: "ERSPAN type III",
      octets: gre([0x10, 0, 0x22, 0xEB, 0, 0, 0, 1] + erspanIII + [0] + frame),
      source: Headers.innerSource),
    Carrier(
      description: "ERSPAN type III with platform header",
      octets: gre([0x10, 0, 0x22, 0xEB, 0, 0, 0, 1] + erspanIII + [1] + Headers.data(8) + frame),
      source: Headers.innerSource),
    Carrier(
      description: "VXLAN",
      octets: Headers.ethernet(0x86DD) + Headers.ipv6(17, Headers.udp(50_000, 4789, vxlan + frame)),
      source: Headers.innerSource),
    Carrier(description: "IPv4 in IPv4", octets: Headers.ethernet(0x0800) + Headers.ipv4(4, ip)),
    Carrier(description: "IPv6 in IPv4", octets: Headers.ethernet(0x0800) + Headers.ipv4(41, ip6)),
    Carrier(description: "IPv4 in IPv6", octets: Headers.ethernet(0x86DD) + Headers.ipv6(4, ip)),

    Carrier(description: "raw", octets: ip, link: .raw),
    Carrier(description: "raw, IPv6", octets: ip6, link: .raw),
    Carrier(description: "DLT_RAW", octets: ip, link: .dltRaw),
    Carrier(description: "DLT_RAW of OpenBSD", octets: ip6, link: .dltRawOpenBSD),
    Carrier(description: "LINKTYPE_IPV4", octets: ip, link: .ipv4),
    Carrier(description: "LINKTYPE_IPV6", octets: ip6, link: .ipv6),
    Carrier(description: "NULL, little-endian", octets: [2, 0, 0, 0] + ip, link: .null),
    Carrier(description: "NULL, big-endian", octets: [0, 0, 0, 30] + ip6, link: .null),
    Carrier(description: "NULL, Linux", octets: [10, 0, 0, 0] + ip6, link: .null),
    Carrier(description: "LOOP", octets: [0, 0, 0, 24] + ip6, link: .loop),
    Carrier(
      description: "SLL", octets: sll(0x0800) + ip, link: .linuxSLL),
    Carrier(
      description: "SLL, VLAN, SecTAG",
      octets: sll(0x8100) + Headers.vlan(5, 0x88E5) + Headers.secTAG([.e, .c], pn: 3)
        + Headers.data(64),
      link: .linuxSLL, source: Headers.source),
    Carrier(
      description: "SLL2, SecTAG",
      octets: sll2(0x88E5) + Headers.secTAG([.e, .c], pn: 3) + Headers.data(64), link: .linuxSLL2,
      source: Headers.source),
    Carrier(description: "SLL2", octets: sll2(0x86DD) + ip6, link: .linuxSLL2),
  ]

  static func sll(_ etherType: UInt16) -> [UInt8] {
    [0, 0, 0, 1, 0, 6] + Headers.number(Headers.source.rawValue, 6) + [0, 0]
      + Headers.number(etherType)
  }
  static func sll2(_ etherType: UInt16) -> [UInt8] {
    Headers.number(etherType) + [0, 0, 0, 0, 0, 2, 0, 1, 0, 6]
      + Headers.number(Headers.source.rawValue, 6) + [0, 0]
  }

  @Test("finds the protected header inside", arguments: carriers)
  func finds(_ carrier: Carrier) {
    let decoded = Decoded(carrier.octets, link: carrier.link)
    #expect(decoded.finding == nil)
    #expect(decoded.numbers == [3])
    guard let source = carrier.source else {
      #expect(decoded.frameClass == .esp)
      #expect(decoded.ipsec.map(\.spi) == [0xABCD])
      return
    }
    #expect(decoded.frameClass == .macsec)
    #expect(decoded.macsec.map(\.sci) == [SCI(systemIdentifier: source, portIdentifier: 1)])
    #expect(decoded.sourceMAC == source)
  }

  @Test("every prefix of a carrier is truncated, or counted as what it shows", arguments: carriers)
  func prefixes(_ carrier: Carrier) {
    let padding = carrier.description.contains("PPPoE") ? 9 : 0
    let header = carrier.octets.count - (carrier.source == nil ? 24 : 64) - padding
    for length in 0..<header {
      let decoded = Decoded(
        Array(carrier.octets.prefix(length)), wireLength: carrier.octets.count, link: carrier.link)
      #expect(decoded.headers.isEmpty, "\(length)")
      // Below MPLS what follows is known only once enough of it is there.
      #expect([.truncated, .other].contains(decoded.frameClass), "\(length)")
      if !carrier.description.contains("MPLS, ") { #expect(decoded.frameClass == .truncated) }
    }
  }

  @Test("without a source address an implicit SCI has none")
  func noSource() {
    let gre = [0, 0, 0x88, 0xE5] + Headers.secTAG([.e, .c]) + Headers.data(64)
    let decoded = Decoded(Headers.ipv4(47, gre), link: .raw)
    #expect(decoded.macsec.map(\.sci) == [SCI(rawValue: 1)])
    #expect(decoded.sourceMAC == nil)
  }

  @Test("what is not read inside a carrier is the carrier's flow")
  func carrierFlow() {
    let arp = Headers.ethernet(0x0806) + Headers.data(28)
    for (payload, number) in [
      (Headers.ipv4(17, Headers.udp(9, 4789, Self.vxlan + arp)), 17),
      (Headers.ipv4(17, Headers.udp(9, 4789, [0, 0, 0, 0, 0, 0, 1, 0] + Self.frame)), 17),
      (Headers.ipv4(47, [0, 1, 0x88, 0x0B, 0, 0, 0, 0]), 47),
      (Headers.ipv4(47, [0x40, 0, 0x08, 0, 0, 0, 0, 0] + Self.ip), 47),
      (Headers.ipv4(47, [0, 0, 0x12, 0x34]), 47),
    ] as [([UInt8], UInt8)] {
      let decoded = Decoded(Headers.ethernet(0x0800) + payload)
      #expect(decoded.frameClass == .plain)
      #expect(decoded.flow?.ipProtocol == number)
    }
  }

  @Test("a plain flow is the innermost")
  func innermostFlow() {
    let inner = Headers.ipv6(6, Headers.tcp(7, 8))
    let decoded = Decoded(Headers.ethernet(0x0800) + Headers.ipv4(41, inner))
    #expect(decoded.flow?.source == Headers.ipv6Source)
    #expect(decoded.flow?.sourcePort == 7)
  }

  @Test("PPPoE discovery, other PPP and pseudowires of nothing we know are other")
  func notRead() {
    for octets in [
      Self.pppoe(0xC021, Headers.data(8)), Headers.ethernet(0x8863) + Headers.data(20),
      Self.mpls([0x10, 0, 0, 0] + Headers.data(30)), Self.mpls(Headers.data(30)),
    ] {
      #expect(Decoded(octets).frameClass == .other)
    }
    #expect(Decoded(Headers.data(60), link: LinkType(rawValue: 105)).frameClass == .other)
    #expect(Decoded([1, 0, 0, 0] + Self.ip, link: .null).frameClass == .other)
  }

  @Test("follows at most eight protected headers")
  func protectedDepth() {
    let chain = (1...12).map { _ in Headers.ah(51, 1, 1) }.reduce([], +)
    let decoded = Decoded(Headers.ethernet(0x0800) + Headers.ipv4(51, chain))
    #expect(decoded.frameClass == .ah)
    #expect(decoded.headers.count == 8)
  }

  @Test("gives up past 32 headers", arguments: [30, 31])
  func depth(tags: Int) {
    // Ethernet and the tags; the EtherType behind the last has no decoder and is none.
    let stack = (0..<tags).flatMap { Headers.vlan(1, $0 == tags - 1 ? 0x0806 : 0x8100) }
    let decoded = Decoded(Headers.ethernet(0x8100) + stack + Headers.data(28))
    #expect(decoded.frameClass == (tags == 30 ? .other : .malformed))
    #expect(decoded.finding == (tags == 30 ? nil : DecodeError(.tooManyHeaders, in: .frame)))
  }
}
