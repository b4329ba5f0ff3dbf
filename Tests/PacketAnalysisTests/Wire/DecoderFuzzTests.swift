import PacketAnalysis
import Testing

/// A trap would end the test run, so getting to the end is the test; each case also holds what is
/// true of every frame.
@Suite("The decoder against anything")
struct DecoderFuzzTests {
  static let links: [LinkType] = [
    .null, .ethernet, .dltRaw, .dltRawOpenBSD, .raw, .loop, .linuxSLL, .ipv4, .ipv6, .linuxSLL2,
    LinkType(rawValue: 105),
  ]

  private func check(
    _ octets: [UInt8], wireLength: Int, fcs: Int = 0, link: LinkType, decoder: FrameDecoder,
    _ frame: inout DecodedFrame
  ) {
    decoder.decode(
      octets.span.bytes, originalLength: UInt32(wireLength), fcsLengthOctets: fcs, linkType: link,
      into: &frame)
    let failed = frame.frameClass == .malformed || frame.frameClass == .truncated
    let isProtected = [.macsec, .esp, .ah].contains(frame.frameClass)
    let isSound =
      failed == (frame.finding != nil) && isProtected == (frame.headerCount > 0)
      && frame.headerCount <= DecodedFrame.headerCapacity
      && (frame.frameClass == .plain) == (frame.flow != nil)
      && (frame.frameClass != .truncated || wireLength > octets.count)
      && (!isProtected || frame.headers[0].frameClass == frame.frameClass)
    if !isSound { Issue.record("\(link.rawValue) \(wireLength) \(fcs) \(octets)") }
  }

  @Test("every prefix and every flipped bit of every carrier", arguments: CarrierTests.carriers)
  func mutations(_ carrier: CarrierTests.Carrier) {
    let decoder = FrameDecoder(options: DecodingOptions())
    var frame = DecodedFrame()
    let octets = carrier.octets
    for length in 0...octets.count {
      let prefix = Array(octets.prefix(length))
      for wireLength in [0, length, octets.count] {
        for fcs in [-1, 0, 4, .max] {
          check(
            prefix, wireLength: wireLength, fcs: fcs, link: carrier.link, decoder: decoder, &frame)
        }
      }
    }
    var changed = octets
    for bit in 0..<octets.count * 8 {
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      for wireLength in [octets.count, octets.count + 100] {
        check(changed, wireLength: wireLength, link: carrier.link, decoder: decoder, &frame)
      }
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
    }
  }

  @Test("random octets, on every link type", arguments: 1...8 as ClosedRange<UInt64>)
  func random(seed: UInt64) {
    var random = FuzzRandom(state: seed)
    var options = DecodingOptions()
    options.espPorts = [0x4545]
    options.macsecEtherTypes = [0x4546]
    let decoder = FrameDecoder(options: options)
    var frame = DecodedFrame()
    for _ in 0..<3_000 {
      for link in Self.links {
        let length = Int.random(in: 0...160, using: &random)
        let octets = (0..<length).map { _ in
          // Numbers that the tables know are rare among random ones.
          Bool.random(using: &random)
            ? Self.words.randomElement(using: &random) ?? 0
            : UInt8.random(in: 0...255, using: &random)
        }
        let wireLength = length + Int.random(in: 0...3, using: &random) * 40
        check(octets, wireLength: wireLength, link: link, decoder: decoder, &frame)
      }
    }
  }
  static let words: [UInt8] = [
    0, 1, 2, 4, 6, 8, 10, 17, 41, 43, 44, 47, 50, 51, 60, 0x45, 0x46, 0x60, 0x11, 0x81, 0x88, 0x86,
    0xDD, 0xE5, 0x8E, 0x47, 0x64, 0xA8, 0x94, 0x12, 0xB5, 0xBE, 0x22, 0xEB, 0x65, 0x58,
  ]

  @Test("carriers in carriers, cut and changed at random", arguments: 1...4 as ClosedRange<UInt64>)
  func nested(seed: UInt64) {
    var random = FuzzRandom(state: seed)
    let decoder = FrameDecoder(options: DecodingOptions())
    var frame = DecodedFrame()
    for _ in 0..<20_000 {
      var octets: [UInt8] = []
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let piece = CarrierTests.carriers.randomElement(using: &random)?.octets ?? []
        octets += piece.dropLast(Int.random(in: 0...piece.count, using: &random))
      }
      for _ in 0..<Int.random(in: 0...4, using: &random) where !octets.isEmpty {
        octets[Int.random(in: 0..<octets.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      let link = Self.links.randomElement(using: &random) ?? .ethernet
      check(octets, wireLength: octets.count, link: link, decoder: decoder, &frame)
    }
  }

  @Test(
    "every frame of the odd captures of others, snapped anywhere",
    .enabled(if: SharedCaptures.arePresent, "no captures: skipped"),
    arguments: ["robust-libpcap", "robust-tcpdump", "libpcap", "tcpdump", "pcapng-suite"])
  func oddCaptures(folder: String) throws {
    let decoder = FrameDecoder(options: DecodingOptions())
    var frame = DecodedFrame()
    var frames = 0
    for name in SharedCaptures.names(in: "public/files/\(folder)") {
      for captured in testFrames(try SharedCaptures.octets("public/files/\(folder)/\(name)")) {
        frames += 1
        let wireLength = max(Int(captured.originalLength), captured.octets.count)
        for length in stride(
          from: captured.octets.count, through: 0, by: -max(1, captured.octets.count / 128))
        {
          check(
            Array(captured.octets.prefix(length)), wireLength: wireLength, link: captured.linkType,
            decoder: decoder, &frame)
        }
      }
    }
    #expect(frames > 0)
  }
}

/// A seeded generator (splitmix64), so that a failing case can be run again.
private struct FuzzRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
