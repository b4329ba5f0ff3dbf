import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// The short path is never a second opinion: what it reads, the general decoder reads in the same
/// way. A limit of time makes an analysis read all frames with the general decoder.
@Suite("The short path")
struct ShortPathTests {
  @Test("reads frames as the general decoder does", arguments: [0, 1, 2, 3, 4, 30, 62] as [UInt8])
  func agrees(fcsLength: UInt8) {
    var random = SplitMix64(seed: 40 + UInt64(fcsLength))
    for round in 0..<300 {
      let frames = (0..<40).map { _ in Self.frame(&random) }
      let short = Self.analyze(frames, fcsLength: Int(fcsLength))
      var options = AnalysisOptions()
      options.from = Timestamp(nanosecondsSinceEpoch: 0)
      let general = Self.analyze(frames, fcsLength: Int(fcsLength), options)
      #expect(short == general, "round \(round)")
    }
  }

  @Test("reads frames of each usual form, with and without a VLAN tag", arguments: [false, true])
  func isTaken(isTagged: Bool) {
    var random = SplitMix64(seed: 7)
    let forms: [[UInt8]] = [Self.macsec, Self.esp, Self.ip(6), Self.ip(17), Self.encapsulatedESP]
    for form in forms {
      var octets = form + [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: 60)
      if isTagged { octets = Self.tagged(octets) }
      octets.withUnsafeBytes { octets in
        guard let start = octets.baseAddress else { return }
        let frame = CapturedFrame(
          octets: start, capturedLength: UInt32(octets.count), originalLength: 1_000,
          time: Timestamp(nanosecondsSinceEpoch: 1), number: 1, interface: 0)
        let context = ShortPath.Context(fcsLengthOctets: 0, point: 0)
        let path = isTagged ? ShortPath(tagged: frame) : ShortPath(frame)
        let isRead =
          path?.macsec(context, isSnapped: true) != nil || path?.esp(context) != nil
          || path?.plain(context) != nil || path?.encapsulatedESP(context) != nil
        #expect(isRead)
      }
    }
  }

  @Test(
    "reads ESP in UDP as the general decoder does, at every border",
    arguments: [500, 1_000, 4_500, 4_789] as [UInt16], [500, 1_000, 4_500, 4_789] as [UInt16])
  func encapsulation(source: UInt16, destination: UInt16) {
    func frame(
      packetLength: UInt8 = 60, datagramLength: UInt8 = 40, spi: UInt8 = 7, number: UInt8 = 9,
      captured: Int = 110
    ) -> [UInt8] {
      var octets = Self.encapsulatedESP
      octets[17] = packetLength
      octets.replaceSubrange(
        34..<38, with: [source, destination].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
      (octets[39], octets[45], octets[49]) = (datagramLength, spi, number)
      return Array((octets + [UInt8](repeating: 1, count: 60)).prefix(captured))
    }
    for fcsLength in [0, 4] {
      for packetLength in [27, 28, 29, 34, 35, 36, 37, 60] as [UInt8] {
        // Its context is known from the first one on.
        var frames = [frame()]
        for datagramLength in [0, 7, 8, 9, 12, 15, 16, 17, 40] as [UInt8] {
          for (spi, number) in [(7, 10), (0, 10), (7, 0)] as [(UInt8, UInt8)] {
            for captured in [41, 42, 49, 50, 51, 53, 54, 110] {
              frames.append(
                frame(
                  packetLength: packetLength, datagramLength: datagramLength, spi: spi,
                  number: number, captured: captured))
            }
          }
        }
        var options = AnalysisOptions()
        options.from = Timestamp(nanosecondsSinceEpoch: 0)
        #expect(
          Self.analyze(frames, fcsLength: fcsLength)
            == Self.analyze(frames, fcsLength: fcsLength, options))
      }
    }
  }

  @Test(
    "a packet without room for its header is malformed wherever it stands", arguments: [50, 17, 6])
  func totalLengthTooSmall(ipProtocol: UInt8) {
    var octets = Self.ip(ipProtocol) + [UInt8](repeating: 1, count: 60)
    octets[17] = 27
    let report = Self.analyze([octets, octets, octets], snapped: false, fcsLength: 0)
    #expect(report.totals.malformed == 3)
  }

  @Test("the number of an ESP packet is never read from the frame check sequence")
  func espEndsInFCS() {
    // The packet has 40 octets before the FCS, and two of its number.
    let octets = Array((Self.esp + [UInt8](repeating: 1, count: 60)).prefix(44))
    let report = Self.analyze([octets, octets, octets], snapped: false, fcsLength: 4)
    #expect(report.associations.isEmpty)
    #expect(report.totals.esp == 0)
  }

  @Test(
    "an EtherType that was told to carry a SecTAG does so in every frame",
    arguments: [0x0800, 0x8100])
  func otherEtherType(type: UInt16) {
    var options = AnalysisOptions()
    options.macsecEtherTypes = [type]
    let octets = type == 0x0800 ? Self.esp : Self.tagged(Self.esp)
    let frame = octets + [UInt8](repeating: 1, count: 60)
    let report = Self.analyze([frame, frame, frame], snapped: false, fcsLength: 0, options)
    #expect(report.totals.macsec + report.totals.malformed + report.totals.other == 3)
  }

  @Test("names the same channels by choices as by branches")
  func mixed() {
    var random = SplitMix64(seed: 8)
    var context = ShortPath.Context(fcsLengthOctets: 0, point: 3)
    context.hash(by: KeyHasher())
    var named = 0
    for _ in 0..<20_000 {
      let octets = Self.frame(&random) + [UInt8](repeating: 0, count: ShortPath.leastLength)
      octets.withUnsafeBytes { octets in
        guard let start = octets.baseAddress else { return }
        let one = ShortPath.channel(start, context, isMixed: false)
        let other = ShortPath.channel(start, context, isMixed: true)
        #expect(one?.word == other?.word)
        #expect(one?.factor == other?.factor)
        #expect(one?.mark == other?.mark)
        named += one == nil ? 0 : 1
      }
    }
    #expect(named > 2_000)
  }

  // MARK: Frames

  private static let addresses: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
  static let macsec = addresses + [0x88, 0xE5, 0x2C, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 2, 0, 1]
  static let esp = ip(50)

  /// An IPv4 header and the first octets of what follows: 8 octets with a length of 20.
  static func ip(_ ipProtocol: UInt8) -> [UInt8] {
    addresses + [
      0x08, 0, 0x45, 0, 0, 60, 0, 1, 0, 0, 64, ipProtocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
      0x30, 1, 0x30, 2, 0, 20, 0, 1,
    ]
  }

  /// Between ports 4500: SPI 7, number 9.
  private static let encapsulatedESP: [UInt8] =
    ip(17).prefix(34) + [0x11, 0x94, 0x11, 0x94, 0, 40, 0, 1, 0, 0, 0, 7, 0, 0, 0, 9]

  /// Behind a VLAN tag.
  private static func tagged(_ octets: [UInt8]) -> [UInt8] {
    Array(octets[..<12]) + [0x81, 0, 0x20, 7] + octets[12...]
  }

  /// One of the usual forms, with or without a VLAN tag, with some octets of its headers changed, and of any length.
  static func frame(_ random: inout SplitMix64) -> [UInt8] {
    let forms = [macsec, esp, ip(6), ip(17), encapsulatedESP]
    var octets = forms[Int.random(in: 0..<5, using: &random)]
    octets += (octets.count..<110).map { _ in UInt8.random(in: 0...255, using: &random) }
    if Int.random(in: 0..<3, using: &random) == 0 { octets = tagged(octets) }
    let telling: [UInt8] = [0, 1, 4, 6, 17, 19, 20, 28, 40, 47, 48, 49, 50, 51, 64, 69, 148, 255]
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let place = Int.random(in: 12..<52, using: &random)
      octets[place] = telling.randomElement(using: &random) ?? 0
    }
    // Ports that carry something: 500, 4500, 4789.
    if Int.random(in: 0..<4, using: &random) == 0 {
      let ports: [(UInt8, UInt8)] = [(1, 0xF4), (0x11, 0x94), (0x12, 0xB5)]
      let place = Bool.random(using: &random) ? 34 : 36
      (octets[place], octets[place + 1]) = ports.randomElement(using: &random) ?? (0, 0)
    }
    return Array(octets.prefix(Int.random(in: 0...110, using: &random)))
  }

  /// - Parameter snapped: of every third frame not all was captured.
  private static func analyze(
    _ frames: [[UInt8]], snapped: Bool = true, fcsLength: Int,
    _ options: AnalysisOptions = AnalysisOptions()
  ) -> AnalysisReport {
    let analyzer = PacketAnalyzer(options: options)
    let interface = InterfaceContext(linkType: .ethernet, fcsLengthOctets: fcsLength, point: 0)
    // In one batch: the first frame of each goes to the general decoder.
    let octets = frames.flatMap(\.self) + [0]
    octets.withUnsafeBytes { octets in
      guard var start = octets.baseAddress else { return }
      var batch = FrameBatch()
      for (index, frame) in frames.enumerated() {
        batch.append(
          CapturedFrame(
            octets: start, capturedLength: UInt32(frame.count),
            originalLength: UInt32(frame.count + (snapped && index % 3 == 0 ? index + 1 : 0)),
            time: Timestamp(nanosecondsSinceEpoch: Int64(index)), number: UInt64(index + 1),
            interface: 0))
        start += frame.count
      }
      analyzer.analyze(batch, file: 0, interfaces: [interface])
    }
    var run = RunDescription()
    (run.files, run.points) = (["a"], ["a"])
    return analyzer.finish(run)
  }
}
