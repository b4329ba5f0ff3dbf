import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// Nobody keeps others from writing to a file that is mapped: what was checked may be something else when it is
/// looked at again.
@Suite("Octets that another process changes while they are read")
struct ChangingOctetsTests {
  /// Overwrites what stands before each frame that it takes.
  private struct Overwriter: FrameConsumer {
    /// So many octets before the frame, and how many of them.
    var before: Int
    var count: Int
    var value: UInt8
    var frames = 0

    mutating func take(_ frame: CapturedFrame) {
      frames += 1
      let start = UnsafeMutableRawPointer(mutating: frame.octets) - before
      start.initializeMemory(as: UInt8.self, repeating: value, count: count)
    }
  }

  @Test(
    "the interface of a pcapng frame was looked at again without asking whether there is one",
    arguments: [0, 1, 6, 0x80, 0xFF] as [UInt8])
  func pcapng(value: UInt8) {
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    for number in 0..<9 { writer.enhancedPacket(interface: 0, ticks: 7, payload: [UInt8(number)]) }
    // All of the block but for its type and length.
    let frames = read(writer.octets, Overwriter(before: 20, count: 20, value: value))
    #expect(frames == 9)
  }

  @Test("nothing of a pcap record is looked at again", arguments: [0, 1, 0x80, 0xFF] as [UInt8])
  func pcap(value: UInt8) {
    let frames = read(
      CaptureReaderTests.pcap.octets, Overwriter(before: 16, count: 16, value: value))
    #expect(frames == 5)
  }

  private func read(_ octets: [UInt8], _ overwriter: Overwriter) -> Int {
    var (octets, consumer, reader) = (octets, overwriter, CaptureReader())
    octets.withUnsafeMutableBytes { octets in
      var rest = UnsafeRawBufferPointer(octets)
      while true {
        let step = reader.readFrames(rest, atEnd: true, limit: nil, frameLimit: 4, into: &consumer)
        rest = UnsafeRawBufferPointer(rebasing: rest[step.consumedOctets...])
        guard case .batchFull = step.status else { break }
      }
    }
    return consumer.frames
  }
}
