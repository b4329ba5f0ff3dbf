import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// What is written is read by the reader, which other tests hold against the standard.
@Suite("Writing pcapng")
struct PcapngEncoderTests {
  private func begin(_ interfaces: [CaptureInterface]) -> PcapngEncoder {
    var encoder = PcapngEncoder()
    encoder.beginSection(application: "a test")
    for interface in interfaces { encoder.addInterface(interface, filter: "esp") }
    return encoder
  }

  private func time(_ nanoseconds: Int64) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: nanoseconds)
  }

  @Test("interfaces with name, link type and snap length")
  func interfaces() {
    let reading = CaptureReading(
      begin([
        CaptureInterface(linkType: .ethernet, snapLength: 96, name: "eth0"),
        CaptureInterface(linkType: .raw, snapLength: 0, name: "wg0"),
      ]).octets)
    #expect(reading.status == .end)
    #expect(reading.interfaces.map(\.name) == ["eth0", "wg0"])
    #expect(reading.interfaces.map(\.linkType) == [.ethernet, .raw])
    #expect(reading.interfaces.map(\.snapLength) == [96, 0])
  }

  @Test("frames of any length, to the nanosecond", arguments: 0..<6)
  func frames(length: Int) {
    var encoder = begin([CaptureInterface(linkType: .ethernet, snapLength: 0)])
    let octets = (0..<UInt8(length)).map { $0 + 1 }
    for second: Int64 in [1_800_000_000, 1_700_000_000] {
      octets.withUnsafeBytes { bytes in
        let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8)
        guard let start else { return }
        encoder.take(
          CapturedFrame(
            octets: start, capturedLength: UInt32(length), originalLength: 1_500,
            time: time(second * 1_000_000_000 + 123_456_789), number: 1, interface: 0))
      }
    }
    #expect(encoder.frameCount == 2)
    #expect(encoder.times == time(1_700_000_000_123_456_789)...time(1_800_000_000_123_456_789))
    let reading = CaptureReading(encoder.octets)
    #expect(reading.status == .end)
    #expect(reading.frames.map(\.octets) == [octets, octets])
    #expect(reading.frames.map(\.originalLength) == [1_500, 1_500])
    #expect(
      reading.frames.map(\.time.nanosecondsSinceEpoch)
        == [1_800_000_000_123_456_789, 1_700_000_000_123_456_789])
  }

  @Test("a comment at statistics says when an interface was down, and changes nothing else")
  func down() throws {
    var encoder = begin([CaptureInterface(linkType: .ethernet, snapLength: 0)])
    for (end, dropped, down): (Int64, UInt64, ClosedRange<Int64>?) in [
      (5, 0, nil), (20, 0, 9...20), (30, 4, nil),
    ] {
      var statistics = PcapngEncoder.Statistics(
        interface: 0, start: time(1), end: time(end), received: 100, dropped: dropped)
      statistics.comment = down.map {
        BlindComment(reason: .interfaceDown, times: time($0.lowerBound)...time($0.upperBound))
      }
      encoder.append(statistics)
    }
    let reading = CaptureReading(encoder.octets)
    #expect(reading.status == .end)
    #expect(reading.drops.map(\.reason) == [.interfaceDown, .interfaceStatistics])
    #expect(reading.drops.map(\.start) == [time(9), time(20)])
    #expect(reading.drops.map(\.end) == [time(20), time(30)])
    #expect(reading.drops.map(\.drops) == [0, 4])
    #expect(reading.interfaces.map(\.drops) == [4])
  }

  @Test(
    "comments of others are no blind intervals",
    arguments: [
      "", "gapscope: ", "gapscope: interfaceDown", "gapscope: interfaceDown 5 4",
      "gapscope: interfaceDown 5 x", "gapscope: interfaceDown 1 2 3", "gapscope: lunch 1 2",
      "interfaceDown 1 2", "gapscope: interfaceDown \(Int64.min) 3",
      "gapscope: interfaceDown 1 99999999999999999999",
    ])
  func otherComments(text: String) {
    #expect(BlindComment(text) == nil)
  }

  @Test("statistics say what was dropped, and between which times")
  func statistics() {
    var encoder = begin([CaptureInterface(linkType: .ethernet, snapLength: 0)])
    for (end, dropped): (Int64, UInt64) in [(5, 0), (9, 7), (20, 7), (30, 7), (31, 10)] {
      encoder.append(
        PcapngEncoder.Statistics(
          interface: 0, start: time(1), end: time(end), received: 100, dropped: dropped))
    }
    let reading = CaptureReading(encoder.octets)
    #expect(reading.status == .end)
    #expect(reading.interfaces.map(\.drops) == [10])
    #expect(reading.drops.map(\.start) == [time(5), time(30)])
    #expect(reading.drops.map(\.end) == [time(9), time(31)])
    #expect(reading.drops.map(\.drops) == [7, 3])
  }
}
