import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// Readers have a loop of their own for frames of several kinds that come in turn: what it takes at once, the
/// general decoder reads in the same way.
@Suite("Frames of several kinds in turn")
struct MixedFramesTests {
  enum Format: CaseIterable { case pcap, pcapng }

  @Test(
    "are read as the general decoder reads them", arguments: Format.allCases, [0, 4] as [UInt8])
  func agrees(format: Format, fcsLength: UInt8) {
    var random = SplitMix64(seed: 70 + UInt64(fcsLength))
    for round in 0..<100 {
      let frames = Self.turns(100) { ShortPathTests.frame(&random) }
      let file = File(frames, format: format, fcsLength: fcsLength)
      var options = AnalysisOptions()
      options.from = Timestamp(nanosecondsSinceEpoch: 0)
      var general = Self.analyze([file], options)
      // Known where only some times are analyzed.
      general.analyzedTimes = nil
      #expect(Self.analyze([file]) == general, "round \(round)")
    }
  }

  @Test("do not make Ethernet of the frames of the next file", arguments: Format.allCases)
  func otherLinkType(format: Format) {
    let frames = Self.turns(100) { ShortPathTests.ip(6) + [UInt8](repeating: 1, count: 60) }
    let file = File(frames, format: format)
    let other = File(frames, format: format, linkType: LinkType(rawValue: 147))
    let (one, both) = (Self.analyze([file]), Self.analyze([file, other]))
    #expect(one.totals.esp == 100)
    #expect(one.totals.plain == 100)
    #expect(both.totals.esp == 100)
    #expect(both.totals.plain == 100)
    #expect(both.totals.other == UInt64(frames.count))
  }

  // MARK: Captures

  /// Between a frame of MACsec and one of ESP there are others.
  private static func turns(_ count: Int, _ other: () -> [UInt8]) -> [[UInt8]] {
    let payload = [UInt8](repeating: 1, count: 60)
    return (1...count).flatMap { number in
      var (macsec, esp) = (ShortPathTests.macsec + payload, ShortPathTests.esp + payload)
      macsec[19] = UInt8(number)
      esp.replaceSubrange(34..<42, with: [0, 0, 0, 1, 0, 0, 0, UInt8(number)])
      return [macsec, esp, other()]
    }
  }

  private struct File {
    let octets: [UInt8]
    let interface: InterfaceContext

    init(
      _ frames: [[UInt8]], format: Format, linkType: LinkType = .ethernet, fcsLength: UInt8 = 0
    ) {
      var writer = CaptureWriter()
      switch format {
      case .pcap: writer.pcapHeader(network: UInt32(linkType.rawValue))
      case .pcapng:
        writer.section()
        writer.interface(linkType: linkType.rawValue)
      }
      for (index, frame) in frames.enumerated() {
        // Of every third one not all was captured.
        let original = UInt32(frame.count + (index % 3 == 0 ? index : 0))
        switch format {
        case .pcap:
          writer.pcapRecord(
            seconds: 1, fraction: UInt32(index), first: UInt32(frame.count), second: original,
            payload: frame)
        case .pcapng:
          writer.enhancedPacket(
            ticks: 1_000_000 + UInt64(index), payload: frame, original: original)
        }
      }
      octets = writer.octets
      interface = InterfaceContext(
        linkType: linkType, fcsLengthOctets: Int(fcsLength), point: 0)
    }
  }

  /// Some frames at a time, so that those that come next are known to be mixed.
  private static func analyze(
    _ files: [File], _ options: AnalysisOptions = AnalysisOptions()
  ) -> AnalysisReport {
    let analyzer = PacketAnalyzer(options: options)
    for (index, file) in files.enumerated() {
      var reader = CaptureReader()
      file.octets.withUnsafeBytes { octets in
        var position = 0
        while true {
          let window = UnsafeRawBufferPointer(rebasing: octets[position...])
          let step = analyzer.analyze(
            window, atEnd: true, limit: nil, frameLimit: 60, reader: &reader, file: index,
            interfaces: [file.interface]
          ).step
          position += step.consumedOctets
          if step.status != .batchFull { break }
        }
      }
    }
    var run = RunDescription()
    (run.files, run.points) = (files.indices.map { "\($0)" }, ["a"])
    return analyzer.finish(run)
  }
}
