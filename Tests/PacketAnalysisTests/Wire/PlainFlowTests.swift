import PacketAnalysis
import Testing

@Suite("IP, its fragments and plain flows")
struct PlainFlowTests {
  @Test("keeps TCP and UDP by 5-tuple, other IP by addresses")
  func flows() {
    for (number, payload, ports) in [
      (6, Headers.tcp(1, 2), [1, 2]), (17, Headers.udp(3, 4, [9]), [3, 4]),
      (132, Headers.tcp(5, 6), [0, 0]), (59, [], [0, 0]),
    ] as [(UInt8, [UInt8], [UInt16])] {
      for isIPv6 in [false, true] {
        let decoded = Decoded(
          isIPv6
            ? Headers.ethernet(0x86DD) + Headers.ipv6(number, payload)
            : Headers.ethernet(0x0800) + Headers.ipv4(number, payload))
        #expect(decoded.frameClass == .plain)
        #expect(decoded.flow?.ipProtocol == number)
        #expect(decoded.flow.map { [$0.sourcePort, $0.destinationPort] } == ports)
        #expect(
          decoded.flow?.source == (isIPv6 ? Headers.ipv6Source : IPAddress(ipv4: 0xC000_0201)))
        #expect(
          decoded.flow?.destination
            == (isIPv6 ? Headers.ipv6Destination : IPAddress(ipv4: 0xC000_0202)))
      }
    }
  }

  @Test(
    "reads the first fragment and counts the others",
    arguments: [0x2000, 0x0001, 0x2001, 0x4000] as [UInt16])
  func ipv4Fragments(field: UInt16) {
    let decoded = Decoded(
      Headers.ethernet(0x0800) + Headers.ipv4(50, Headers.esp(1, 2), fragment: field))
    #expect(decoded.frameClass == (field & 0x1FFF == 0 ? .esp : .fragment))
    #expect(decoded.flow == nil)
  }

  @Test("does so for IPv6", arguments: [(0, 0), (0, 1), (8, 0), (8, 1)] as [(UInt16, UInt16)])
  func ipv6Fragments(offset: UInt16, more: UInt16) {
    let header = [50, 0] + Headers.number(offset | more) + [0, 0, 0, 1]
    let decoded = Decoded(
      Headers.ethernet(0x86DD) + Headers.ipv6(44, header + Headers.esp(1, 2)))
    #expect(decoded.frameClass == (offset == 0 ? .esp : .fragment))
  }

  @Test("a first fragment that ends inside a SecTAG's data breaks no length rule")
  func firstFragmentOfVXLAN() {
    let inner = Headers.ethernet(0x88E5) + Headers.secTAG([.e, .c]) + Headers.data(20)
    let payload = Headers.udp(9, 4789, [8, 0, 0, 0, 0, 0, 1, 0] + inner, length: 200)
    let whole = Headers.ethernet(0x0800) + Headers.ipv4(17, payload)
    #expect(Decoded(whole).finding?.problem == .shortLengthMissing)
    let first = Headers.ethernet(0x0800) + Headers.ipv4(17, payload, fragment: 0x2000)
    #expect(Decoded(first).frameClass == .macsec)
  }

  struct Length: Sendable, CustomStringConvertible {
    var description: String
    var octets: [UInt8]
    var frameClass: FrameClass
    var finding: DecodeError? = nil
  }
  static let lengths = [
    Length(
      description: "IPv4 total length 0: segmentation offload",
      octets: Headers.ethernet(0x0800) + Headers.ipv4(50, Headers.esp(1, 2), totalLength: 0),
      frameClass: .esp),
    Length(
      description: "IPv4 total length beyond the frame",
      octets: Headers.ethernet(0x0800) + Headers.ipv4(50, Headers.esp(1, 2), totalLength: 9000),
      frameClass: .esp),
    Length(
      description: "IPv4 total length below the header",
      octets: Headers.ethernet(0x0800) + Headers.ipv4(50, Headers.esp(1, 2), totalLength: 19),
      frameClass: .malformed, finding: DecodeError(.lengthTooSmall, in: .ipv4)),
    Length(
      description: "IPv4 total length ends inside ESP: padding is no header",
      octets: Headers.ethernet(0x0800) + Headers.ipv4(50, Headers.esp(1, 2), totalLength: 27),
      frameClass: .malformed, finding: DecodeError(.doesNotFit, in: .esp)),
    Length(
      description: "IHL 4",
      octets: Headers.ethernet(0x0800) + [0x44] + Headers.ipv4(6, Headers.tcp(1, 2)).dropFirst(),
      frameClass: .malformed, finding: DecodeError(.lengthTooSmall, in: .ipv4)),
    Length(
      description: "IHL beyond the frame",
      octets: Headers.ethernet(0x0800) + [0x4F] + Headers.ipv4(6, Headers.tcp(1, 2)).dropFirst(),
      frameClass: .malformed, finding: DecodeError(.doesNotFit, in: .ipv4)),
    Length(
      description: "IPv4 EtherType, version 6",
      octets: Headers.ethernet(0x0800) + Headers.ipv6(6, Headers.tcp(1, 2)),
      frameClass: .malformed, finding: DecodeError(.unsupportedVersion, in: .ipv4)),
    Length(
      description: "IPv6 EtherType, version 4",
      octets: Headers.ethernet(0x86DD) + Headers.ipv4(6, Headers.tcp(1, 2)),
      frameClass: .malformed, finding: DecodeError(.unsupportedVersion, in: .ipv6)),
    Length(
      description: "IPv6 payload length 0",
      octets: Headers.ethernet(0x86DD) + Headers.ipv6(50, Headers.esp(1, 2), payloadLength: 0),
      frameClass: .esp),
    Length(
      description: "IPv6 extension header beyond the frame",
      octets: Headers.ethernet(0x86DD) + Headers.ipv6(60, [50, 1, 0, 0, 0, 0, 0, 0]),
      frameClass: .malformed, finding: DecodeError(.doesNotFit, in: .ipv6Extension)),
    Length(
      description: "UDP length 7",
      octets: Headers.ethernet(0x0800) + Headers.ipv4(17, Headers.udp(1, 2, [], length: 7)),
      frameClass: .malformed, finding: DecodeError(.lengthTooSmall, in: .udp)),
    Length(
      description: "UDP length 0 is that of the packet",
      octets: Headers.ethernet(0x0800)
        + Headers.ipv4(17, Headers.udp(4500, 4500, Headers.esp(1, 2), length: 0)),
      frameClass: .esp),
    Length(
      description: "half a UDP header",
      octets: Headers.ethernet(0x0800) + Headers.ipv4(17, [0, 1, 0, 2]),
      frameClass: .malformed, finding: DecodeError(.doesNotFit, in: .udp)),
    Length(
      description: "half a TCP header",
      octets: Headers.ethernet(0x0800) + Headers.ipv4(6, [0, 1, 0, 2]),
      frameClass: .malformed, finding: DecodeError(.doesNotFit, in: .tcp)),
  ]

  @Test("believes lengths as far as the frame goes", arguments: lengths)
  func holdsLength(_ length: Length) {
    let decoded = Decoded(length.octets)
    #expect(decoded.frameClass == length.frameClass)
    #expect(decoded.finding == length.finding)
    if length.frameClass == .esp { #expect(decoded.numbers == [2]) }
  }

  @Test("a header that does not fit is truncated in a snapped frame, malformed in another")
  func snapped() {
    let octets = Headers.ethernet(0x0800) + Headers.ipv4(50, Headers.esp(1, 2))
    for length in 0..<42 {
      let prefix = Array(octets.prefix(length))
      #expect(Decoded(prefix, wireLength: octets.count).frameClass == .truncated)
      #expect(Decoded(prefix).frameClass == .malformed)
    }
    #expect(Decoded(Array(octets.prefix(42)), wireLength: octets.count).frameClass == .esp)
  }

  @Test(
    "counts what is not IP as other",
    arguments: [0x0806, 0x88CC, 0x8863, 0x002E, 0x0600] as [UInt16])
  func other(etherType: UInt16) {
    let decoded = Decoded(Headers.ethernet(etherType) + Headers.data(46))
    #expect(decoded.frameClass == .other)
    #expect(decoded.finding == nil && decoded.flow == nil)
  }

  @Test("tells MKA from other EAPOL", arguments: 0...8 as ClosedRange<UInt8>)
  func eapol(type: UInt8) {
    let decoded = Decoded(Headers.ethernet(0x888E) + [3, type, 0, 0])
    #expect(decoded.frameClass == (type == 5 ? .mka : .eapol))
  }
}
