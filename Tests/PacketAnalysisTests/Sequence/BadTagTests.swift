import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// Frames whose SecTAG is illegal, but names an association.
@Suite("Bad tags")
struct BadTagTests {
  @Test("count in the first epoch of the association, also where they come before it")
  func counted() throws {
    let report = analyze([
      frame(an: 1, pn: 1, [.version, .sc]), frame(an: 1, pn: 2, [.version, .sc]),
      frame(an: 2, pn: 3, [.version, .sc]), frame(an: 1, pn: 3), frame(an: 1, pn: 4),
      frame(an: 1, pn: 5, [.version, .sc]), frame(an: 0, pn: 1),
    ])
    let named = report.associations.map { association in
      if case .macsec(let identity) = association.key.identity { identity.an } else { 9 as UInt8 }
    }
    #expect(named == [1, 0])
    #expect(report.associations.map(\.badTags) == [3, 0])
    #expect(report.associations.map(\.packets) == [2, 1])
    #expect(report.totals.malformed == 4)
  }

  @Test("stay in the first epoch when another begins")
  func firstEpoch() {
    let report = analyze(
      [frame(an: 1, pn: 7, [.version, .sc])]
        + (30_000...30_010).map { frame(an: 1, pn: $0) } + (1...10).map { frame(an: 1, pn: $0) })
    #expect(report.associations.map(\.epoch) == [0, 1])
    #expect(report.associations.map(\.badTags) == [1, 0])
  }

  @Test("are remembered of so many associations and no more")
  func limit() {
    var tags = EarlyBadTags()
    func key(_ sci: Int) -> CompactKey {
      CompactKey(kind: .macsec, an: 0, point: 0, context: 0, first: UInt64(sci))
    }
    for _ in 1...2 {
      for sci in 0...EarlyBadTags.limit { tags.count(key(sci)) }
    }
    #expect(tags.take(key(0)) == 2)
    #expect(tags.take(key(0)) == 0)
    #expect(tags.take(key(EarlyBadTags.limit - 1)) == 2)
    #expect(tags.take(key(EarlyBadTags.limit)) == 0)
  }

  private func frame(an: UInt8, pn: UInt32, _ flags: TCI = [.sc, .e, .c]) -> [UInt8] {
    Headers.ethernet(0x88E5) + Headers.secTAG(flags, an: an, pn: pn, sci: 5) + Headers.data(64)
  }

  private func analyze(_ frames: [[UInt8]]) -> AnalysisReport {
    var writer = CaptureWriter()
    writer.pcapHeader()
    for (position, frame) in frames.enumerated() {
      let length = UInt32(frame.count)
      writer.pcapRecord(
        seconds: 1, fraction: UInt32(position), first: length, second: length, payload: frame)
    }
    let analyzer = PacketAnalyzer(options: AnalysisOptions())
    var reader = CaptureReader()
    writer.octets.withUnsafeBytes { octets in
      var begin = 0
      var status = ReadStep.Status.batchFull
      while status == .batchFull {
        let step = analyzer.analyze(
          UnsafeRawBufferPointer(rebasing: octets[begin...]), atEnd: true, limit: nil,
          frameLimit: .max, reader: &reader, file: 0,
          interfaces: [InterfaceContext(linkType: .ethernet, point: 0)]
        ).step
        begin += step.consumedOctets
        status = step.status
      }
    }
    var run = RunDescription()
    (run.files, run.points) = (["test.pcap"], ["test"])
    return analyzer.finish(run)
  }
}
