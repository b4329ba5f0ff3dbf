import PacketAnalysis
import Testing

@testable import TrafficGenerator

@Suite("Frames as the standards have them")
struct FrameValidityTests {
  static func frames(seed: UInt64 = 5, sizes: FrameSizes = .imix) throws -> [CaptureOctets.Frame] {
    var options = GeneratorOptions.small(seed: seed, flows: 60)
    options.sizes = sizes
    (options.vlanShare, options.qinqShare, options.shortFrameShare) = (0.3, 0.2, 0.3)
    options.withoutSCIShare = 0.5
    return try CaptureOctets(options.generate().octets).frames
  }

  @Test(
    "have at least 60 octets and a header that can be read",
    arguments: [FrameSizes.imix, .fixed(60), .fixed(1_514), .uniform(60...9_216)])
  func lengths(sizes: FrameSizes) throws {
    for frame in try Self.frames(sizes: sizes) {
      #expect(frame.originalLength >= 60)
      #expect(frame.octets.count == frame.originalLength)
      #expect(ReadFrame(frame) != nil)
    }
  }

  @Test("of a fixed size are of that size, but for the alignment of ESP")
  func fixedSize() throws {
    for frame in try Self.frames(sizes: .fixed(700)) {
      guard let read = ReadFrame(frame) else { continue }
      switch read.header {
      case .macsec(_, let shortLength, _, _) where shortLength > 0: break
      case .esp: #expect((697...700).contains(frame.originalLength))
      default: #expect(frame.originalLength == 700)
      }
    }
  }

  @Test("802.1AE 9.7: SL is the length of Secure Data below 48 octets, padding comes after the ICV")
  func shortLength() throws {
    var (short, padded) = (0, 0)
    for frame in try Self.frames() {
      guard case .macsec(let tci, let shortLength, _, let secureData) = ReadFrame(frame)?.header
      else { continue }
      #expect(tci & 0x80 == 0)
      if shortLength == 0 {
        #expect(secureData >= 48)
      } else {
        short += 1
        #expect(shortLength < 48)
        #expect(secureData >= shortLength)
        if secureData > shortLength {
          padded += 1
          #expect(frame.originalLength == 60)
          #expect(frame.octets.suffix(secureData - shortLength).allSatisfy { $0 == 0 })
        }
      }
    }
    #expect(short > 50)
    #expect(padded > 20)
  }

  @Test("802.1AE 9.5: ES, SCB and SC exclude each other, and all ways to name a channel occur")
  func channelNames() throws {
    var seen: Set<UInt8> = []
    for frame in try Self.frames() {
      guard case .macsec(let tci, _, let sci, _) = ReadFrame(frame)?.header else { continue }
      seen.insert(tci & 0x70)
      #expect([0x00, 0x10, 0x20, 0x40].contains(tci & 0x70))
      #expect([0x00, 0x0C].contains(tci & 0x0C))
      if let sci { #expect(sci >> 16 == frame.octets.big64(at: 6) >> 16) }
    }
    #expect(seen == [0x00, 0x10, 0x20, 0x40])
  }

  @Test("IP: lengths and header checksums are right")
  func ip() throws {
    var (four, six) = (0, 0)
    for frame in try Self.frames() {
      guard let read = ReadFrame(frame), read.network > 0 else { continue }
      let octets = frame.octets
      if read.isIPv6 {
        six += 1
        #expect(octets.big16(at: read.network + 4) == octets.count - read.transport)
      } else {
        four += 1
        #expect(octets.foldedSum(read.network..<read.transport) == 0xFFFF)
        let end = read.network + octets.big16(at: read.network + 2)
        #expect(end == octets.count || (octets.count == 60 && end < 60))
      }
    }
    #expect(four > 500)
    #expect(six > 100)
  }

  @Test("TCP and UDP: lengths and checksums are right; around ESP there is none")
  func transport() throws {
    var (tcp, udp, encapsulated) = (0, 0, 0)
    for frame in try Self.frames(sizes: .uniform(60...1_514)) {
      guard let read = ReadFrame(frame), read.network > 0 else { continue }
      let octets = frame.octets
      let ipProtocol = octets[read.network + (read.isIPv6 ? 6 : 9)]
      guard ipProtocol == 6 || ipProtocol == 17 else { continue }
      let end =
        read.isIPv6 ? octets.count : read.network + octets.big16(at: read.network + 2)
      let length = end - read.transport
      if ipProtocol == 17 { #expect(octets.big16(at: read.transport + 4) == length) }
      if case .esp = read.header {
        encapsulated += 1
        #expect(octets.big16(at: read.transport + 6) == 0)
        continue
      }
      if ipProtocol == 6 { tcp += 1 } else { udp += 1 }
      let addresses = read.network + (read.isIPv6 ? 8 : 12)
      let pseudoHeader = octets.foldedSum(addresses..<read.transport) + Int(ipProtocol) + length
      #expect(octets.foldedSum(read.transport..<end, plus: pseudoHeader) == 0xFFFF)
    }
    #expect(tcp > 50)
    #expect(udp > 50)
    #expect(encapsulated > 50)
  }

  @Test("RFC 4303 and 4302: ESP is aligned to four octets, AH says its length in words less two")
  func ipsec() throws {
    var (esp, ah) = (0, 0)
    for frame in try Self.frames(sizes: .uniform(60...1_514)) {
      guard let read = ReadFrame(frame) else { continue }
      switch read.header {
      case .esp(let spi, let isInUDP):
        esp += 1
        #expect(spi > 255)
        let end =
          read.isIPv6
          ? frame.octets.count : read.network + frame.octets.big16(at: read.network + 2)
        #expect((end - read.transport - (isInUDP ? 8 : 0)) % 4 == 0)
      case .ah(let spi):
        ah += 1
        #expect(spi > 255)
        #expect(frame.octets[read.transport + 1] == 4)
      default: break
      }
    }
    #expect(esp > 100)
    #expect(ah > 50)
  }

  @Test("are equal where one is a copy of the other, and never otherwise")
  func copies() throws {
    let options = GeneratorOptions.small(
      seed: 9, protocols: .macsec, scenarios: [.init(.duplicate(rate: 0.2, distance: 0...3))])
    let (octets, truth) = try options.generate()
    let frames = CaptureOctets(octets).frames
    let copies = frames.count - Set(frames.map(\.octets)).count
    #expect(copies > 300)
    #expect(truth.associations.map { Int($0.duplicates) }.reduce(0, +) == copies)
  }
}
