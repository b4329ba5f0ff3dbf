import CaptureTestSupport
import PacketAnalysis
import Testing

@Suite("Reading pcap")
struct PcapReaderTests {
  static let second: Int64 = 1_000_000_000

  @Test(
    "reads each magic number in both byte orders",
    arguments: [
      (magic: UInt32(0xA1B2_C3D4), unit: Int64(1_000), extra: 0),
      (magic: 0xA1B2_3C4D, unit: 1, extra: 0),
      (magic: 0xA1B2_CD34, unit: 1_000, extra: 8),
    ], [false, true])
  func readsMagic(variant: (magic: UInt32, unit: Int64, extra: Int), isBigEndian: Bool) throws {
    var writer = CaptureWriter(isBigEndian: isBigEndian)
    writer.pcapHeader(magic: variant.magic, snapLength: 96, network: 113)
    for number in 1...40 {
      writer.pcapRecord(
        seconds: 0xFFFF_0000, fraction: UInt32(number), first: 10, second: 1_500,
        payload: CaptureWriter.payload(number, length: 10), extra: variant.extra)
    }
    let reading = CaptureReading(writer.octets)
    #expect(reading.status == .end)
    #expect(
      reading.frames
        == (1...40).map {
          CaptureReading.Frame(
            octets: CaptureWriter.payload($0, length: 10), originalLength: 1_500,
            time: Timestamp(
              nanosecondsSinceEpoch: 0xFFFF_0000 * Self.second + Int64($0) * variant.unit),
            number: UInt64($0), interface: 0)
        })
    let interface = try #require(reading.interfaces.first)
    #expect(interface.linkType == .linuxSLL)
    #expect(interface.snapLength == 96)
    #expect(interface.statistics.packets == 40)
    #expect(interface.statistics.octets == 60_000)
    #expect(interface.statistics.snappedFrames == 40)
    #expect(interface.statistics.longestFrameOctets == 1_500)
  }

  @Test(
    "knows in which versions the two lengths changed places",
    arguments: [
      (major: UInt16(2), minor: UInt16(0), isOriginalFirst: true), (2, 2, true), (543, 0, true),
      (2, 3, true), (2, 3, false), (2, 4, false),
    ])
  func ordersLengths(version: (major: UInt16, minor: UInt16, isOriginalFirst: Bool)) throws {
    var writer = CaptureWriter()
    writer.pcapHeader(major: version.major, minor: version.minor)
    let lengths: (UInt32, UInt32) = version.isOriginalFirst ? (90, 6) : (6, 90)
    writer.pcapRecord(
      seconds: 1, fraction: 0, first: lengths.0, second: lengths.1, payload: [1, 2, 3, 4, 5, 6])
    let frame = try #require(CaptureReading(writer.octets).frames.first)
    #expect(frame.octets == [1, 2, 3, 4, 5, 6])
    #expect(frame.originalLength == 90)
  }

  @Test("refuses other versions", arguments: [(1, 0), (2, 5), (3, 0), (543, 1)])
  func refusesVersion(major: UInt16, minor: UInt16) {
    var writer = CaptureWriter()
    writer.pcapHeader(major: major, minor: minor)
    #expect(CaptureReading(writer.octets).isRefused)
  }

  @Test("reads the length of the frame check sequence beside the link type")
  func readsFCSLength() throws {
    var writer = CaptureWriter()
    writer.pcapHeader(network: 0x2400_0001)
    let interface = try #require(CaptureReading(writer.octets).interfaces.first)
    #expect(interface.linkType == .ethernet)
    #expect(interface.fcsLengthOctets == 4)
  }

  @Test("says where a length is absurd, and keeps what came before")
  func findsAbsurdLength() {
    var writer = CaptureWriter()
    writer.pcapHeader()
    writer.pcapRecord(seconds: 1, fraction: 0, first: 4, second: 4, payload: [1, 2, 3, 4])
    let offset = writer.octets.count
    writer.pcapRecord(seconds: 1, fraction: 0, first: 262_145, second: 4, payload: [1, 2, 3, 4])
    let reading = CaptureReading(writer.octets)
    #expect(reading.frames.count == 1)
    #expect(reading.damage?.offset == UInt64(offset))
  }

  @Test("takes lengths that the snap length announces", arguments: [262_144, 300_000])
  func takesLongRecords(length: Int) {
    var writer = CaptureWriter()
    writer.pcapHeader(snapLength: 300_000)
    writer.pcapRecord(
      seconds: 1, fraction: 0, first: UInt32(length), second: UInt32(length),
      payload: [UInt8](repeating: 7, count: length))
    let reading = CaptureReading(writer.octets, chunk: 4_096)
    #expect(reading.status == .end)
    #expect(reading.frames.first?.octets.count == length)
  }

  @Test("counts backward steps")
  func countsTimeSteps() {
    var writer = CaptureWriter()
    writer.pcapHeader()
    for seconds: UInt32 in [5, 4, 6, 6, 3] {
      writer.pcapRecord(seconds: seconds, fraction: 0, first: 1, second: 1, payload: [0])
    }
    let statistics = CaptureReading(writer.octets).interfaces.first?.statistics
    #expect(statistics?.timeSteps == 2)
    #expect(statistics?.firstTime == Timestamp(nanosecondsSinceEpoch: 3 * Self.second))
    #expect(statistics?.lastTime == Timestamp(nanosecondsSinceEpoch: 6 * Self.second))
  }

  @Test("stops at the limit and goes on behind it")
  func stopsAtLimit() {
    var writer = CaptureWriter()
    writer.pcapHeader()
    for seconds: UInt32 in 1...6 {
      writer.pcapRecord(seconds: seconds, fraction: 0, first: 1, second: 1, payload: [0])
    }
    var reader = CaptureReader()
    var batch = FrameBatch()
    func time(_ seconds: Int64) -> Timestamp {
      Timestamp(nanosecondsSinceEpoch: seconds * Self.second)
    }
    writer.octets.withUnsafeBytes { octets in
      // The header describes an interface, which is to be known before its frames.
      let header = reader.read(octets, atEnd: true, limit: nil, into: &batch)
      #expect(header.status == .batchFull)
      let rest = UnsafeRawBufferPointer(rebasing: octets[header.consumedOctets...])
      let first = reader.read(rest, atEnd: true, limit: .absent, into: &batch)
      #expect(first.status == .limitReached(next: time(1)))
      let count = batch.count
      #expect(first.consumedOctets == 0 && count == 0)
      let second = reader.read(rest, atEnd: true, limit: time(4), into: &batch)
      #expect(second.status == .limitReached(next: time(5)))
      let countBehind = batch.count
      #expect(countBehind == 4)
    }
  }
}
