import PacketAnalysis
import Testing

@testable import LiveCapture

/// What the kernel is asked to do, done here: that it does it is what `RingTests` shows.
@Suite("The program that finds the ring of a frame")
struct FanoutProgramTests {
  // MARK: Frames

  private let addresses: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0x0A, 7]
  private let filler = [UInt8](repeating: 0xAA, count: 64)

  private func ethernet(_ type: UInt16, tags: [UInt16] = [], _ content: [UInt8]) -> [UInt8] {
    addresses + tags.flatMap { octets($0) + [0, 5] } + octets(type) + content
  }

  private func octets(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

  private func secTAG(tci: UInt8, sci: [UInt8] = [], pn: UInt8 = 1) -> [UInt8] {
    [tci, 0, 0, 0, 0, pn] + sci + filler
  }

  private func ipv4(
    _ ipProtocol: UInt8, options: Int = 0, fragment: UInt16 = 0, last: UInt8 = 2,
    _ content: [UInt8]
  ) -> [UInt8] {
    [UInt8(0x45 + options), 0, 0, 0, 0, 0] + octets(fragment) + [64, ipProtocol, 0, 0]
      + [192, 0, 2, 1, 192, 0, 2, last] + [UInt8](repeating: 1, count: 4 * options) + content
  }

  private func ipv6(
    _ extensions: [(type: UInt8, units: Int)] = [], _ ipProtocol: UInt8, last: UInt8 = 2,
    _ content: [UInt8]
  ) -> [UInt8] {
    let types = extensions.map(\.type) + [ipProtocol]
    let source = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
    let destination = source.dropLast() + [last]
    let headers = zip(extensions, types.dropFirst()).flatMap { header, next -> [UInt8] in
      // Of a fragment header the second octet is reserved, and it is the first fragment.
      [next, header.type == 44 ? 0 : UInt8(header.units)]
        + [UInt8](repeating: 0, count: 6 + 8 * header.units)
    }
    return [0x60, 0, 0, 0, 0, 0, types[0], 64] + source + destination + headers + content
  }

  private func esp(_ spi: UInt8) -> [UInt8] { [0, 0, 0x10, spi, 0, 0, 0, 1] + filler }

  private func udp(_ source: UInt16, _ destination: UInt16, _ content: [UInt8]) -> [UInt8] {
    octets(source) + octets(destination) + [0, 0, 0, 0] + content
  }

  private let sci: [UInt8] = [2, 0, 0, 0, 0x0A, 7, 0, 1]

  // MARK: Results

  /// The hash of a frame, which is the same whether it is received or sent.
  private func hash(
    _ frame: [UInt8], _ linkType: LinkType = .ethernet, _ decoding: DecodingOptions = .init()
  ) -> UInt32 {
    let program = ClassicBPF(program: FanoutProgram(linkType, decoding: decoding).instructions)
    guard linkType == .ethernet else { return program.run(frame, data: 0, packetType: 0) }
    let received = program.run(frame, data: 14, packetType: 0)
    #expect(program.run(frame, data: 0, packetType: 4) == received)
    return received
  }

  private func expectOneRing(_ frames: [[UInt8]], _ linkType: LinkType = .ethernet) {
    let hashes = Set(frames.map { hash($0, linkType) })
    #expect(hashes.count == 1)
    #expect(!hashes.contains(0))
  }

  @Test("a channel: any AN, behind any tags, with and without encryption")
  func channel() {
    expectOneRing(
      (0..<4).flatMap { an in
        [[], [0x8100], [0x88A8, 0x8100], [0x9100, 0x9200, 0x8100, 0x8100]].flatMap { tags in
          [0x2C, 0x20].map { ethernet(0x88E5, tags: tags, secTAG(tci: $0 | an, sci: sci, pn: an)) }
        }
      })
  }

  @Test("another SCI is another channel")
  func otherChannels() {
    let hashes = (0..<64).map { port in
      hash(ethernet(0x88E5, secTAG(tci: 0x2C, sci: Array(sci.dropLast()) + [port])))
    }
    #expect(Set(hashes).count == 64)
    // Fairly divided among few rings.
    for ringCount: UInt32 in [2, 3, 4, 8] {
      let shares = Dictionary(grouping: hashes) { $0 % ringCount }
      #expect(shares.count == ringCount)
      #expect(shares.values.allSatisfy { $0.count * Int(ringCount) < 160 })
    }
  }

  @Test("without an SCI the source address tells the channel")
  func implicit() {
    expectOneRing(
      [0x4C, 0x0D, 0x1E].map { ethernet(0x88E5, tags: [0x8100], secTAG(tci: $0)) })
    var other = ethernet(0x88E5, secTAG(tci: 0x4C))
    let hash = hash(other)
    other[11] = 8
    #expect(self.hash(other) != hash)
  }

  @Test("an SPI: behind tags, IPv4 options, IPv6 extension headers, and in UDP")
  func espFrames() {
    let content = esp(9)
    expectOneRing([
      ethernet(0x0800, ipv4(50, content)),
      ethernet(0x0800, ipv4(50, options: 1, content)),
      ethernet(0x0800, tags: [0x88A8, 0x8100], ipv4(50, options: 10, content)),
      // The first fragment has the header.
      ethernet(0x0800, ipv4(50, fragment: 0x2000, content)),
      ethernet(0x86DD, ipv6([], 50, content)),
      ethernet(0x86DD, tags: [0x8100], ipv6([(0, 0), (43, 2), (60, 1), (44, 0)], 50, content)),
      ethernet(0x86DD, ipv6(Array(repeating: (60, 0), count: 7), 50, content)),
      ethernet(0x0800, ipv4(17, udp(4500, 4500, content))),
      ethernet(0x0800, ipv4(17, options: 2, udp(40_000, 4500, content))),
      ethernet(0x86DD, ipv6([(0, 1)], 17, udp(4500, 1_024, content))),
    ])
    expectOneRing([ipv4(50, content), ipv6([], 50, content)], .raw)
    #expect(
      hash(ethernet(0x0800, ipv4(50, esp(9)))) != hash(ethernet(0x0800, ipv4(50, esp(10)))))
  }

  @Test("AH, plain packets and later fragments go by their addresses")
  func byAddresses() {
    for last: UInt8 in [2, 3] {
      expectOneRing([
        ethernet(0x0800, ipv4(51, last: last, esp(1))),
        ethernet(0x0800, tags: [0x8100], ipv4(51, options: 3, last: last, esp(2))),
        ethernet(0x0800, ipv4(6, last: last, filler)),
        ethernet(0x0800, ipv4(17, last: last, udp(5_000, 53, filler))),
        ethernet(0x0800, ipv4(50, fragment: 0x00B9, last: last, filler)),
      ])
      expectOneRing([
        ethernet(0x86DD, ipv6([], 51, last: last, esp(1))),
        ethernet(0x86DD, ipv6([(0, 0)], 6, last: last, filler)),
      ])
    }
    #expect(
      hash(ethernet(0x0800, ipv4(6, last: 2, filler)))
        != hash(ethernet(0x0800, ipv4(6, last: 3, filler))))
    #expect(
      hash(ethernet(0x86DD, ipv6([], 6, last: 2, filler)))
        != hash(ethernet(0x86DD, ipv6([], 6, last: 3, filler))))
  }

  @Test("tunnels, what is no IP and what is cut short go to the first ring")
  func first() {
    for frame in [
      ethernet(0x0800, ipv4(47, filler)), ethernet(0x0800, ipv4(4, ipv4(50, esp(1)))),
      ethernet(0x0800, ipv4(17, udp(9_999, 4789, filler))), ethernet(0x86DD, ipv6([], 41, filler)),
      ethernet(0x8847, filler), ethernet(0x8864, filler), ethernet(0x0806, filler),
      ethernet(0x888E, filler),
      Array(ethernet(0x88E5, secTAG(tci: 0x2C, sci: sci)).prefix(26)),
      Array(ethernet(0x0800, ipv4(50, esp(1))).prefix(37)),
      ethernet(0x88E5, tags: Array(repeating: 0x8100, count: 9), secTAG(tci: 0x2C, sci: sci)),
    ] {
      #expect(hash(frame) == 0)
    }
  }

  @Test("EtherTypes and ports that are looked at besides")
  func moreTypes() {
    var decoding = DecodingOptions()
    (decoding.macsecEtherTypes, decoding.espPorts) = ([0x876F], [4_501])
    #expect(
      hash(ethernet(0x876F, secTAG(tci: 0x2C, sci: sci)), .ethernet, decoding)
        == hash(ethernet(0x88E5, secTAG(tci: 0x2C, sci: sci))))
    #expect(
      hash(ethernet(0x0800, ipv4(17, udp(4_501, 9, esp(9)))), .ethernet, decoding)
        == hash(ethernet(0x0800, ipv4(50, esp(9)))))
  }
}
