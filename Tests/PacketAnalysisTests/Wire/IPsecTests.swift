import PacketAnalysis
import Testing

@Suite("ESP and AH in IP and UDP (RFC 4303, 4302, 3948)")
struct IPsecTests {
  static let v4Source = IPAddress(ipv4: 0xC000_0201)
  static let v4Destination = IPAddress(ipv4: 0xC000_0202)

  @Test("names ESP by protocol, addresses and SPI")
  func esp() {
    let decoded = Decoded(
      Headers.ethernet(0x0800) + Headers.ipv4(50, Headers.esp(0xABCD, 12), options: [1, 1, 1, 1]))
    #expect(decoded.frameClass == .esp)
    #expect(
      decoded.ipsec == [
        IPsecIdentity(
          securityProtocol: .esp, source: Self.v4Source, destination: Self.v4Destination,
          spi: 0xABCD, ports: nil)
      ])
    #expect(decoded.numbers == [12])
  }

  @Test("SPI 0 is no association, 1 to 255 are", arguments: [0, 1, 255, 256] as [UInt32])
  func reservedSPI(spi: UInt32) {
    for payload in [(50, Headers.esp(spi, 1)), (51, Headers.ah(59, spi, 1))] as [(UInt8, [UInt8])] {
      let decoded = Decoded(Headers.ethernet(0x0800) + Headers.ipv4(payload.0, payload.1))
      #expect(decoded.headers.isEmpty == (spi == 0))
      #expect(decoded.finding?.problem == (spi == 0 ? .reservedSPI : nil))
    }
  }

  @Test("follows AH and the ESP behind it, over IPv6 with extension headers")
  func ahAndESP() {
    let payload =
      Headers.ipv6Extension(43) + Headers.ipv6Extension(60, words: 2) + Headers.ipv6Extension(51)
      + Headers.ah(60, 0x100, 5) + Headers.ipv6Extension(50) + Headers.esp(0x200, 6)
    let decoded = Decoded(Headers.ethernet(0x86DD) + Headers.ipv6(0, payload))
    #expect(decoded.frameClass == .ah)
    #expect(decoded.ipsec.map(\.securityProtocol) == [.ah, .esp])
    #expect(decoded.ipsec.map(\.spi) == [0x100, 0x200])
    #expect(
      decoded.ipsec.allSatisfy {
        $0.source == Headers.ipv6Source && $0.destination == Headers.ipv6Destination
      })
    #expect(decoded.numbers == [5, 6])
  }

  @Test("takes the addresses of the nearest IP header")
  func tunnel() {
    let inner = Headers.ipv4(50, Headers.esp(1, 2), source: 1, destination: 2)
    let decoded = Decoded(Headers.ethernet(0x0800) + Headers.ipv4(51, Headers.ah(4, 9, 1) + inner))
    #expect(decoded.ipsec.map(\.source) == [Self.v4Source, IPAddress(ipv4: 1)])
  }

  @Test("refuses an AH shorter than its fixed part, and one longer than the packet")
  func ahLength() {
    var zero = Headers.ah(17, 1, 1)
    zero[1] = 0
    #expect(
      Decoded(Headers.ethernet(0x0800) + Headers.ipv4(51, zero)).finding
        == DecodeError(.lengthTooSmall, in: .ah))
    zero[1] = 200
    let long = Headers.ethernet(0x0800) + Headers.ipv4(51, zero)
    #expect(Decoded(long).finding == DecodeError(.doesNotFit, in: .ah))
    // Snapped inside the ICV: the number is there and counts.
    #expect(Decoded(long, wireLength: 2000).frameClass == .ah)
  }

  struct Encapsulated: Sendable, CustomStringConvertible {
    var description: String
    var content: [UInt8]
    var frameClass: FrameClass
  }
  static let contents = [
    Encapsulated(description: "keepalive", content: [0xFF], frameClass: .other),
    Encapsulated(description: "another octet", content: [0xFE], frameClass: .malformed),
    Encapsulated(description: "nothing", content: [], frameClass: .malformed),
    Encapsulated(
      description: "IKE", content: [0, 0, 0, 0] + Headers.data(28), frameClass: .ike),
    Encapsulated(description: "ESP", content: Headers.esp(0x700, 8), frameClass: .esp),
    Encapsulated(
      description: "an SPI alone", content: [1, 2, 3, 4], frameClass: .malformed),
  ]

  @Test("tells apart what shares port 4500", arguments: contents)
  func udp(_ content: Encapsulated) {
    for (source, destination) in [(4500, 4500), (4500, 1024), (1024, 4500), (500, 4500)]
      as [(UInt16, UInt16)]
    {
      let udp = Headers.udp(source, destination, content.content)
      // Ethernet padding is no part of it.
      let decoded = Decoded(
        Headers.ethernet(0x0800) + Headers.ipv4(17, udp) + Headers.data(18))
      #expect(decoded.frameClass == content.frameClass)
      guard content.frameClass == .esp else { continue }
      #expect(
        decoded.ipsec.map(\.ports) == [
          IPsecIdentity.UDPPorts(source: source, destination: destination)
        ])
      #expect(decoded.ipsec.map(\.spi) == [0x700])
    }
  }

  @Test("a keepalive ends where UDP says, not where IP does")
  func udpLength() {
    let udp = Headers.udp(4500, 4500, [0xFF] + Headers.data(20), length: 9)
    #expect(Decoded(Headers.ethernet(0x0800) + Headers.ipv4(17, udp)).frameClass == .other)
  }

  @Test("knows other ESP ports by option")
  func otherPort() {
    let octets =
      Headers.ethernet(0x0800) + Headers.ipv4(17, Headers.udp(40_000, 10_500, Headers.esp(3, 4)))
    #expect(Decoded(octets).frameClass == .plain)
    var options = DecodingOptions()
    options.espPorts = [10_500]
    #expect(Decoded(octets, options: options).frameClass == .esp)
  }

  @Test(
    "takes port 500 for IKE",
    arguments: [(500, 500), (500, 9), (9, 500), (4500, 500)] as [(UInt16, UInt16)])
  func ike(ports: (UInt16, UInt16)) {
    let udp = Headers.udp(ports.0, ports.1, Headers.data(40))
    #expect(Decoded(Headers.ethernet(0x0800) + Headers.ipv4(17, udp)).frameClass == .ike)
  }

  @Test("an ICMP error that quotes ESP is plain")
  func icmp() {
    let quoted = Headers.ipv4(50, Headers.esp(1, 1))
    let decoded = Decoded(
      Headers.ethernet(0x0800) + Headers.ipv4(1, [3, 4, 0, 0, 0, 0, 0, 0] + quoted))
    #expect(decoded.frameClass == .plain)
    #expect(decoded.flow?.ipProtocol == 1)
    #expect(decoded.headers.isEmpty)
  }
}
