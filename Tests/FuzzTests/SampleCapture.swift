import CaptureTestSupport

/// A small capture to damage.
struct SampleCapture: Sendable, CustomStringConvertible {
  var description: String
  var octets: [UInt8]

  init(_ description: String, _ octets: [UInt8]) {
    (self.description, self.octets) = (description, octets)
  }

  /// Every format, link type, carrier and kind of frame that is known.
  static let all = pcaps + linkTypes + pcapngs + compressed

  // MARK: pcap

  private static let pcaps: [SampleCapture] = {
    typealias F = FuzzFrames
    let macsec = [1, 2, 5, 3, 3, 6].map { F.macsecFrame($0) }
    let withoutSCI =
      [F.macsecFrame(1, tci: F.es), F.macsecFrame(2, tci: F.scb), F.macsecFrame(3, tci: 0x0C)]
      + [F.ethernet(0x8100, [0, 5] + F.be(0x88E5 as UInt16) + F.macsec(4, tci: F.es, an: 1))]
      + [
        F.ethernet(
          0x88A8, [0, 6, 0x81, 0, 0, 7] + F.be(0x88E5 as UInt16) + F.macsec(5, tci: 0x0C, an: 3))
      ]
    let nested = [
      F.integrityOnly(7, 0x0800, F.ipv4(50, F.esp(1))),
      F.integrityOnly(9, 0x86DD, F.ipv6(50, F.esp(2))),
      F.integrityOnly(10, 0x0800, F.ipv4(51, F.ah(1, 50, F.esp(4)))),
    ]
    let ipsec = [
      F.ethernet(0x0800, F.ipv4(50, F.esp(0xFFFF_FFFF))),
      F.ethernet(0x0800, F.ipv4(50, F.esp(0), options: [1, 1, 1, 0])),
      F.ethernet(0x86DD, F.ipv6(50, F.esp(1))),
      F.ethernet(
        0x86DD, F.ipv6(0, F.ipv6Extension(60, F.ipv6Extension(51, F.ah(3, 50, F.esp(2)))))),
    ]
    let headers = [
      F.ethernet(0x0800, F.ipv4(51, F.ah(1, 50, F.esp(1)))),
      F.ethernet(0x0800, F.ipv4(51, F.ah(3, 4, F.ipv4(17, F.udp(9, 9, []))))),
    ]
    let natTraversal = [
      F.ethernet(0x0800, F.ipv4(17, F.udp(4500, 4500, F.esp(1)))),
      F.ethernet(0x0800, F.ipv4(17, F.udp(4500, 4500, [0, 0, 0, 0] + F.ike))),
      F.ethernet(0x0800, F.ipv4(17, F.udp(4500, 4500, [0xFF]))),
      F.ethernet(0x86DD, F.ipv6(17, F.udp(500, 500, F.ike))),
    ]
    let fragments = [
      F.ethernet(0x0800, F.ipv4(50, F.esp(1), fragment: 0x2000)),
      F.ethernet(0x0800, F.ipv4(50, F.esp(1), fragment: 0x0004)),
      F.ethernet(0x86DD, F.ipv6(44, [50, 0, 0, 1, 0, 0, 0, 9] + F.esp(1))),
      F.ethernet(0x86DD, F.ipv6(44, [50, 0, 0, 8, 0, 0, 0, 9] + F.esp(1))),
    ]
    let carriers = [
      F.ethernet(0x8847, [0, 1, 0, 64, 0, 2, 1, 64] + F.ipv4(50, F.esp(1))),
      F.ethernet(0x8847, [0, 1, 1, 64, 0, 0, 0, 0] + F.macsecFrame(1)),
      F.ethernet(0x0800, F.ipv4(47, [0x20, 0, 0x65, 0x58, 0, 0, 0, 1] + F.macsecFrame(2))),
      F.ethernet(0x0800, F.ipv4(47, [0, 0, 0x08, 0x00] + F.ipv4(50, F.esp(2)))),
    ]
    let more = [
      F.ethernet(
        0x0800, F.ipv4(17, F.udp(40_000, 4789, [8, 0, 0, 0, 0, 0, 1, 0] + F.macsecFrame(1)))),
      F.ethernet(0x8864, [0x11, 0, 0, 9, 0, 50, 0, 0x21] + F.ipv4(50, F.esp(1))),
      F.ethernet(0x88BE, [0x10, 0, 0, 1, 0, 0, 0, 0] + F.macsecFrame(2)),
      F.ethernet(
        0x0800,
        F.ipv4(
          47,
          [0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10, 0, 0, 1, 0, 0, 0, 0]
            + F.macsecFrame(3))),
    ]
    let others = [
      F.eapol(5), F.eapol(0),
      F.ethernet(
        0x0800,
        F.ipv4(
          6,
          F.be(443 as UInt16) + F.be(50_000 as UInt16)
            + [UInt8](repeating: 0, count: 16))),
      F.ethernet(0x86DD, F.ipv6(58, [128, 0, 0, 0])), F.ethernet(0x0806, [0, 1]),
    ]
    // A wrap, a jump, a restart, a number far away, another AN.
    let numbers: [UInt32] =
      [0xFFFF_FFFE, 0, 1, 900_000_000, 900_000_001, 900_000_002, 900_000_003, 1, 2, 3, 4]
    let sequences =
      numbers.map { F.macsecFrame($0) } + [F.macsecFrame(1, tci: 0x2C, an: 1), F.macsecFrame(9)]
    return [
      SampleCapture("pcap, microseconds: MACsec", pcap(macsec)),
      SampleCapture("pcap, big-endian: without SCI", pcap(withoutSCI, isBigEndian: true)),
      SampleCapture("pcap, nanoseconds: ESP in MACsec", pcap(nested, magic: nanoseconds)),
      SampleCapture(
        "pcap, nanoseconds, big-endian: ESP", pcap(ipsec, magic: nanoseconds, isBigEndian: true)),
      SampleCapture("pcap, modified: AH", pcap(headers, magic: modified, extra: 8)),
      SampleCapture(
        "pcap, modified, big-endian: NAT-T",
        pcap(natTraversal, magic: modified, isBigEndian: true, extra: 8)),
      SampleCapture("pcap: fragments", pcap(fragments)),
      SampleCapture("pcap: MPLS, GRE", pcap(carriers)),
      SampleCapture("pcap: VXLAN, PPPoE, ERSPAN", pcap(more)),
      SampleCapture("pcap: EAPOL, MKA, plain", pcap(others)),
      SampleCapture("pcap: wrap, jump, restart", pcap(sequences)),
      SampleCapture("pcap: snapped, with FCS", pcap(macsec, network: 0x2400_0001, cut: 6)),
      SampleCapture("pcap 2.3", pcap(headers, minor: 3)),
    ]
  }()

  private static let linkTypes: [SampleCapture] = {
    typealias F = FuzzFrames
    let ipv4 = F.ipv4(50, F.esp(1))
    let ipv6 = F.ipv6(51, F.ah(1, 50, F.esp(1)))
    let cooked: [UInt8] = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0x0A, 1, 0, 0]
    let cooked2: [UInt8] =
      [0x88, 0xE5, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0x0A, 1, 0, 0]
    let frames: [(String, UInt32, [[UInt8]])] = [
      ("Linux SLL", 113, [cooked + [0x88, 0xE5] + F.macsec(1), cooked + [0x08, 0x00] + ipv4]),
      ("Linux SLL2", 276, [cooked2 + F.macsec(1), cooked2 + F.macsec(3, tci: F.es)]),
      ("raw IP", 101, [ipv4, ipv6]), ("IPv4", 228, [ipv4]), ("IPv6", 229, [ipv6]),
      ("null", 0, [[2, 0, 0, 0] + ipv4, [0, 0, 0, 30] + ipv6]),
      ("loop", 108, [[0, 0, 0, 2] + ipv4, [0, 0, 0, 24] + ipv6]),
    ]
    return frames.map { SampleCapture("pcap: \($0.0)", pcap($0.2, network: $0.1)) }
  }()

  private static let nanoseconds: UInt32 = 0xA1B2_3C4D
  private static let modified: UInt32 = 0xA1B2_CD34

  /// - Parameters:
  ///   - extra: octets of a record header beyond the usual.
  ///   - cut: octets of each frame that were not captured.
  private static func pcap(
    _ frames: [[UInt8]], magic: UInt32 = 0xA1B2_C3D4, isBigEndian: Bool = false,
    minor: UInt16 = 4, network: UInt32 = 1, extra: Int = 0, cut: Int = 0
  ) -> [UInt8] {
    var writer = CaptureWriter(isBigEndian: isBigEndian)
    writer.pcapHeader(magic: magic, minor: minor, network: network)
    for (index, frame) in frames.enumerated() {
      writer.pcapRecord(
        seconds: 1_700_000_000 + UInt32(index), fraction: 5, first: UInt32(frame.count - cut),
        second: UInt32(frame.count), payload: frame.dropLast(cut), extra: extra)
    }
    return writer.octets
  }

  // MARK: pcapng

  private static let pcapngs: [SampleCapture] = [false, true].flatMap { isBigEndian in
    let order = isBigEndian ? "big-endian" : "little-endian"
    return [
      SampleCapture("pcapng, \(order): sections, options", sections(isBigEndian)),
      SampleCapture("pcapng, \(order): all kinds of blocks", blocks(isBigEndian)),
    ]
  }

  private static func sections(_ isBigEndian: Bool) -> [UInt8] {
    typealias F = FuzzFrames
    var writer = CaptureWriter(isBigEndian: isBigEndian)
    writer.section()
    writer.interface {
      $0.option(2, Array("eth0".utf8))
      $0.option(9, [9])
      $0.option(0, [])
    }
    writer.interface(linkType: 101, snapLength: 96) {
      $0.option(9, [0x94])
      $0.option(14, 1_000 as UInt64)
      $0.option(13, [4])
    }
    writer.enhancedPacket(ticks: 1_700_000_000_000_000_000, payload: F.macsecFrame(1)) {
      $0.option(2, [0, 0, 0, 1])
      $0.option(4, 3 as UInt64)
      $0.option(0, [])
    }
    writer.enhancedPacket(interface: 1, ticks: 1_700_000_000 << 20, payload: F.ipv4(50, F.esp(1)))
    writer.statistics(ticks: 1_700_000_001_000_000_000) {
      $0.option(4, 100 as UInt64)
      $0.option(5, 2 as UInt64)
    }
    writer.section()
    writer.interface { $0.option(2, Array("eth0".utf8)) }
    writer.enhancedPacket(ticks: 1_700_000_002_000_000, payload: F.macsecFrame(4))
    return writer.octets
  }

  private static func blocks(_ isBigEndian: Bool) -> [UInt8] {
    typealias F = FuzzFrames
    var writer = CaptureWriter(isBigEndian: isBigEndian)
    writer.section(minor: 2)
    writer.interface(snapLength: 200)
    writer.block(0x0BAD_CAFE) { $0.octets += [1, 2, 3, 4, 5] }
    writer.simplePacket(original: 46, payload: F.macsecFrame(1))
    writer.packet(drops: 7, ticks: 1_700_000_000_000_000, payload: F.macsecFrame(2))
    writer.packet(drops: .max, ticks: 1_700_000_001_000_000, payload: F.macsecFrame(5))
    writer.enhancedPacket(
      ticks: 1_700_000_002_000_000, payload: F.eapol(5), original: 1_000)
    writer.statistics(ticks: 1_700_000_003_000_000) { $0.option(7, 9 as UInt64) }
    return writer.octets
  }

  // MARK: Compressed

  private static let compressed: [SampleCapture] = {
    let (pcap, pcapng) = (pcaps[0].octets, pcapngs[0].octets)
    return [
      SampleCapture("gzip of pcap", CompressedOctets.gzip(pcap)),
      SampleCapture(
        "gzip, two members, of pcapng",
        CompressedOctets.gzip(Array(pcapng.prefix(100)))
          + CompressedOctets.gzip(Array(pcapng.dropFirst(100)))),
      SampleCapture("zstd of pcap", CompressedOctets.zstandard(pcap)),
      SampleCapture(
        "zstd of pcapng", CompressedOctets.skippable(4) + CompressedOctets.zstandard(pcapng)),
      SampleCapture("lz4 of pcap", CompressedOctets.lz4(pcap)),
      SampleCapture("lz4 of pcapng", CompressedOctets.lz4(pcapng)),
    ]
  }()
}
