import CaptureTestSupport
import PacketAnalysis
import Testing

@Suite("Reading pcapng")
struct PcapngReaderTests {
  static func nanoseconds(_ value: Int64) -> Timestamp { Timestamp(nanosecondsSinceEpoch: value) }

  @Test("reads sections of both byte orders in one file, each with its own interfaces")
  func readsSections() {
    var writer = CaptureWriter()
    for (section, isBigEndian) in [false, true, false].enumerated() {
      writer.isBigEndian = isBigEndian
      writer.section()
      writer.interface { $0.option(2, Array("eth\(section)".utf8)) }
      writer.interface(linkType: 113)
      writer.enhancedPacket(interface: 1, ticks: 7, payload: [UInt8(section)])
      writer.enhancedPacket(interface: 0, ticks: 8, payload: [UInt8(section), 1])
    }
    let reading = CaptureReading(writer.octets)
    #expect(reading.status == .end)
    #expect(reading.interfaces.map(\.name) == ["eth0", nil, "eth1", nil, "eth2", nil])
    #expect(reading.interfaces.map(\.indexInSection) == [0, 1, 0, 1, 0, 1])
    #expect(reading.frames.map(\.interface) == [1, 0, 3, 2, 5, 4])
    #expect(reading.frames.map(\.number) == [1, 2, 3, 4, 5, 6])
    #expect(reading.frames.map(\.octets) == [[0], [0, 1], [1], [1, 1], [2], [2, 1]])
    #expect(
      reading.frames.map(\.time.nanosecondsSinceEpoch) == [7, 8, 7, 8, 7, 8].map { $0 * 1_000 })
  }

  @Test(
    "converts the ticks of any resolution",
    arguments: [
      (resolution: UInt8(0), ticks: UInt64(3), expected: Int64(3_000_000_000)),
      (3, 1_234, 1_234_000_000), (9, 1_600_000_000_123_456_789, 1_600_000_000_123_456_789),
      (12, 1_999, 1), (19, 29_999_999_999, 2), (127, .max, 0), (0x80, 2, 2_000_000_000),
      (0x8A, 512, 500_000_000), (0xA0, 1 << 31, 500_000_000), (0xFF, .max, 0),
      (0, .max, .max - (1 << 33)),
    ])
  func convertsTicks(row: (resolution: UInt8, ticks: UInt64, expected: Int64)) {
    var writer = CaptureWriter()
    writer.section()
    writer.interface { $0.option(9, [row.resolution]) }
    writer.enhancedPacket(ticks: row.ticks, payload: [1])
    #expect(CaptureReading(writer.octets).frames.map(\.time) == [Self.nanoseconds(row.expected)])
  }

  @Test("adds the offset of the interface", arguments: [Int64(100), -50])
  func addsOffset(seconds: Int64) {
    var writer = CaptureWriter()
    writer.section()
    writer.interface { $0.option(14, UInt64(bitPattern: seconds)) }
    writer.enhancedPacket(ticks: 60_000_000, payload: [1])
    #expect(
      CaptureReading(writer.octets).frames.map(\.time)
        == [Self.nanoseconds((60 + seconds) * 1_000_000_000)])
  }

  @Test("a frame of the latest time there is has a time, and none that wraps to the earliest")
  func farthestTimes() {
    var writer = CaptureWriter()
    writer.section()
    writer.interface { $0.option(9, [9]) }
    writer.interface {
      $0.option(9, [9]); $0.option(14, UInt64(bitPattern: .min))
    }
    writer.enhancedPacket(interface: 0, ticks: UInt64(Int64.max), payload: [1])
    writer.enhancedPacket(interface: 1, ticks: 0, payload: [1])
    let reading = CaptureReading(writer.octets)
    #expect(reading.interfaces.allSatisfy { $0.statistics.lastTime != nil })
    let times = reading.frames.map(\.time.nanosecondsSinceEpoch)
    #expect(times[0] == -times[1])
    #expect(UInt64(bitPattern: times[1] &- times[0]) > UInt64(UInt32.max))
  }

  @Test(
    "cuts simple packets at the snap length, the original length and what is there",
    arguments: [
      (snap: UInt32(0), original: UInt32(5), there: 5, expected: 5), (0, 3, 4, 3), (4, 90, 4, 4),
      (0, 90, 8, 8), (2, 90, 8, 2),
    ])
  func readsSimplePackets(row: (snap: UInt32, original: UInt32, there: Int, expected: Int)) throws {
    var writer = CaptureWriter()
    writer.section()
    writer.interface(snapLength: row.snap)
    writer.simplePacket(
      original: row.original, payload: CaptureWriter.payload(1, length: row.there))
    let reading = CaptureReading(writer.octets)
    let frame = try #require(reading.frames.first)
    #expect(frame.octets == CaptureWriter.payload(1, length: row.expected))
    #expect(frame.originalLength == row.original)
    #expect(frame.time == .absent)
    #expect(reading.interfaces[0].statistics.firstTime == nil)
  }

  @Test("passes over unknown blocks, however long", arguments: [nil, 1, 13, 4_096])
  func skipsUnknownBlocks(chunk: Int?) {
    var writer = CaptureWriter()
    writer.section()
    writer.block(0x0BAD) { $0.octets = [UInt8](repeating: 9, count: 40_000) }
    writer.interface { $0.option(0x7777, [1, 2, 3]) }
    writer.block(0x8000_0001)
    writer.enhancedPacket(ticks: 1, payload: [1]) { $0.option(0x7777, [1, 2, 3]) }
    let reading = CaptureReading(writer.octets, chunk: chunk)
    #expect(reading.status == .end)
    #expect(reading.frames.map(\.octets) == [[1]])
  }

  // MARK: Drops

  @Test("reads drops before a frame as a blind interval since the frame before")
  func readsDropCounts() {
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    writer.enhancedPacket(ticks: 1, payload: [1])
    writer.enhancedPacket(ticks: 5, payload: [1]) { $0.option(4, 3) }
    writer.packet(drops: 2, ticks: 9, payload: [1])
    writer.packet(drops: .max, ticks: 10, payload: [1])
    let reading = CaptureReading(writer.octets)
    #expect(reading.interfaces[0].drops == 5)
    // One interval: it goes on where the first ended.
    #expect(
      reading.drops == [
        DropRecord(
          interface: 0, start: Self.nanoseconds(1_000), end: Self.nanoseconds(9_000), drops: 5,
          reason: .dropCount)
      ])
  }

  @Test("reads the rise of the statistics as blind intervals")
  func readsStatistics() {
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    writer.enhancedPacket(ticks: 1, payload: [1])
    writer.statistics(ticks: 10) { $0.option(5, 4) }
    writer.statistics(ticks: 20) { $0.option(5, 4) }
    writer.statistics(ticks: 30) {
      $0.option(5, 4)
      $0.option(7, 6)
    }
    let reading = CaptureReading(writer.octets)
    #expect(reading.interfaces[0].drops == 10)
    #expect(
      reading.drops == [
        DropRecord(
          interface: 0, start: nil, end: Self.nanoseconds(10_000), drops: 4,
          reason: .interfaceStatistics),
        DropRecord(
          interface: 0, start: Self.nanoseconds(20_000), end: Self.nanoseconds(30_000), drops: 6,
          reason: .interfaceStatistics),
      ])
  }

  @Test("tells no drops from drops that are not known")
  func tellsNoDrops() {
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    writer.interface()
    writer.statistics(ticks: 10) { $0.option(5, 0) }
    #expect(CaptureReading(writer.octets).interfaces.map(\.drops) == [0, nil])
  }

  // MARK: Damage

  /// What can be wrong with a block in a good file.
  static let damages: [(name: String, write: @Sendable (inout CaptureWriter) -> Void)] = [
    ("a trailing length that differs", { $0.block(6, trailer: 40) { $0.octets = [0, 0, 0, 0] } }),
    ("a trailing length of an unknown block", { $0.block(99, trailer: 16) }),
    ("a length of less than 12", { $0.block(99, length: 8) }),
    ("a length that is no multiple of 4", { $0.block(99, length: 14) }),
    ("a packet block that is too short", { $0.block(6) { $0.append(UInt64(0)) } }),
    ("a length that no buffer holds", { $0.block(6, length: 0x7FFF_FFFC) }),
    (
      "an interface that does not exist",
      { $0.enhancedPacket(interface: 1, ticks: 0, payload: [1]) }
    ),
    (
      "an interface number that overflows",
      { $0.enhancedPacket(interface: .max, ticks: 0, payload: [1]) }
    ),
    ("more captured than is there", { $0.enhancedPacket(ticks: 0, payload: [1], captured: 5) }),
    (
      "a captured length that overflows",
      { $0.enhancedPacket(ticks: 0, payload: [1], captured: .max) }
    ),
    ("statistics of no interface", { $0.statistics(interface: 3, ticks: 0) { _ in } }),
    ("a section of another version", { $0.section(major: 2) }),
    ("a section without byte order", { $0.block(0x0A0D_0D0A) { $0.append(UInt64(0)) } }),
  ]

  @Test("says where a block is damaged, and keeps what came before", arguments: damages.indices)
  func findsDamage(index: Int) {
    let damage = Self.damages[index]
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    writer.enhancedPacket(ticks: 1, payload: [1])
    let offset = writer.octets.count
    damage.write(&writer)
    writer.enhancedPacket(ticks: 1, payload: [1])
    let reading = CaptureReading(writer.octets)
    #expect(reading.frames.count == 1, "\(damage.name)")
    #expect(reading.damage?.offset == UInt64(offset), "\(damage.name): \(reading.status)")
  }

  @Test("a frame before any interface is damage")
  func needsInterface() {
    var writer = CaptureWriter()
    writer.section()
    writer.simplePacket(original: 1, payload: [1])
    #expect(CaptureReading(writer.octets).damage?.offset == 28)
  }

  @Test("refuses a file whose first section cannot be read")
  func refusesFirstSection() {
    var writer = CaptureWriter()
    writer.section(major: 0)
    #expect(CaptureReading(writer.octets).isRefused)
  }
}
