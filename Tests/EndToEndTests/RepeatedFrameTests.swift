import CaptureTestSupport
@testable import PacketAnalysis
import Testing

/// Frames that threads look at again, since their channel could not be joined, count as those that one
/// thread looks at once.
@Suite("Frames that are observed again")
struct RepeatedFrameTests {
  /// A sender of which every packet is there, and one that rekeys in the middle, so that its frames of the
  /// later part are observed again.
  private struct Capture {
    var writer = CaptureWriter()
    private var time: UInt32 = 0

    init() { writer.pcapHeader() }

    mutating func record(_ frame: [UInt8]) {
      time += 10
      let length = UInt32(frame.count)
      writer.pcapRecord(
        seconds: 1_700_000_000 + time / 1_000_000, fraction: time % 1_000_000, first: length,
        second: max(length, 1), payload: frame)
    }

    static let (steady, rekeying): (UInt8, UInt8) = (1, 2)

    static func ethernet(_ sender: UInt8) -> [UInt8] {
      [1, 0x80, 0xC2, 0, 0, 3, 2, 0, 0, 0, 0, sender]
    }

    static func tag(_ tci: UInt8, _ number: UInt32, _ sender: UInt8) -> [UInt8] {
      let octets = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
      return [0x88, 0xE5, tci, 0] + octets + [2, 0, 0, 0, 0, sender, 0, 1]
    }
  }

  private static let packets: UInt32 = 2_000

  /// - Parameters:
  ///   - inner: what the steady sender's packet of a number has inside its SecTAG.
  ///   - isEncrypted: whether that is Secure Data that nobody reads.
  private func capture(
    isEncrypted: Bool, inner: (UInt32) -> [UInt8],
    between: (inout Capture, UInt32) -> Void = { _, _ in }
  ) -> [UInt8] {
    var capture = Capture()
    let filling = [UInt8](repeating: 0xAA, count: 80)
    for number in 1...Self.packets {
      let tag = Capture.tag(isEncrypted ? 0x2C : 0x20, number, Capture.steady)
      capture.record(Capture.ethernet(Capture.steady) + tag + inner(number) + filling)
      if number % 50 == 0 {
        let an: UInt8 = number < Self.packets / 2 ? 0 : 1
        let tag = Capture.tag(0x2C | an, number / 50, Capture.rekeying)
        capture.record(Capture.ethernet(Capture.rekeying) + tag + filling)
      }
      between(&capture, number)
    }
    return capture.writer.octets
  }

  @Test("an empty record ended it, and the file was said to have been shortened")
  func emptyRecord() throws {
    let folder = try CaptureFolder()
    let octets = capture(isEncrypted: true, inner: { _ in [] }) { capture, number in
      if number % 300 == 0 { capture.record([]) }
    }
    let path = try folder.write(octets, "test.pcap")
    var counts = PartCounts()
    #expect(try compareThreads(path, threads: [2, 3, 5], "empty records", &counts))
    #expect(counts.repeatedChannels > 0)
  }

  @Test("an illegal SecTAG inside another counted only for threads")
  func nestedBadTag() throws {
    let folder = try CaptureFolder()
    // Version 1 of the SecTAG is illegal.
    let octets = capture(isEncrypted: false) { number in
      number % 100 == 0 ? Capture.tag(0xAC, number, Capture.rekeying) : [0x12, 0x34]
    }
    let path = try folder.write(octets, "test.pcap")
    var counts = PartCounts()
    #expect(try compareThreads(path, threads: [2, 3, 5], "nested bad tags", &counts))
    #expect(counts.repeatedChannels > 0)
    let report = try analyze(path)
    let badTags = report.associations.reduce(0 as UInt64) { $0 + $1.badTags }
    #expect(badTags == UInt64(Self.packets) / 100)
    #expect(report.malformed.isEmpty)
  }
}
