import CaptureInput
import CaptureTestSupport
import PacketAnalysis
import Testing

@Suite("Reading compressed captures")
struct CompressionTests {
  enum Format: CaseIterable, Sendable {
    case gzip, zstandard, lz4

    func compress(_ octets: [UInt8]) -> [UInt8] {
      switch self {
      case .gzip: CompressedOctets.gzip(octets)
      case .zstandard: CompressedOctets.zstandard(octets)
      case .lz4: CompressedOctets.lz4(octets)
      }
    }
  }

  @Test("gives what the plain file gives, whatever the name", arguments: Format.allCases)
  func equalsPlain(format: Format) throws {
    let folder = try TemporaryFolder()
    let octets = longPcap()
    let plain = try FileReading(path: folder.write(octets, to: "plain"))
    #expect(plain.frames.count == 6_000)
    let compressed = try FileReading(path: folder.write(format.compress(octets), to: "plain.pcap"))
    #expect(compressed == plain)
  }

  @Test("reads members and frames one after the other as one stream", arguments: Format.allCases)
  func readsMembers(format: Format) throws {
    let folder = try TemporaryFolder()
    let octets = longPcap()
    let plain = try FileReading(path: folder.write(octets, to: "plain"))
    // Cut where no record ends; one part is empty.
    let parts = [octets[..<5], octets[5..<100_001], [], octets[100_001...]]
    let compressed = parts.flatMap { format.compress(Array($0)) }
    #expect(try FileReading(path: folder.write(compressed, to: "members")) == plain)
  }

  @Test("passes over skippable frames, at the beginning too", arguments: [Format.zstandard, .lz4])
  func skipsFrames(format: Format) throws {
    let folder = try TemporaryFolder()
    let octets = longPcap()
    let plain = try FileReading(path: folder.write(octets, to: "plain"))
    let skippable = CompressedOctets.skippable(0) + CompressedOctets.skippable(70_000)
    let compressed =
      skippable + format.compress(Array(octets[..<9_999])) + skippable
      + format.compress(Array(octets[9_999...])) + skippable
    #expect(try FileReading(path: folder.write(compressed, to: "skippable")) == plain)
  }

  @Test("passes over zeros behind gzip")
  func skipsPadding() throws {
    let folder = try TemporaryFolder()
    let octets = pcap(seconds: [1, 2, 3])
    let padded = CompressedOctets.gzip(octets) + [UInt8](repeating: 0, count: 1_000)
    let reading = try FileReading(path: folder.write(padded, to: "padded"))
    #expect(reading.frames.count == 3)
    #expect(reading.damage == nil)
  }

  @Test(
    "reads the captures that a compressed file holds up to where it is cut",
    arguments: Format.allCases)
  func keepsWhatIsBeforeTheCut(format: Format) throws {
    let folder = try TemporaryFolder()
    let octets = longPcap()
    let plain = try FileReading(path: folder.write(octets, to: "plain"))
    let compressed = format.compress(octets)
    let half = try FileReading(
      path: folder.write(Array(compressed.prefix(compressed.count * 2 / 3)), to: "half"))
    #expect(half.frames == Array(plain.frames.prefix(half.frames.count)))
    #expect(half.frames.count > 1_000)
    let damage = try #require(half.damage)
    #expect(damage.reason.hasSuffix("data ends early"))
    // Where the record begins that is not whole, in the uncompressed stream.
    let expected = half.frames.reduce(24) { $0 + 16 + $1.octets.count }
    #expect(damage.offset == UInt64(expected))
  }

  @Test("says that the end is cut even where the last record is whole", arguments: Format.allCases)
  func noticesCutTrailer(format: Format) throws {
    let folder = try TemporaryFolder()
    let octets = pcap(seconds: [1, 2, 3])
    // Another member, of which only the beginning is there.
    let compressed = format.compress(octets) + format.compress(octets).prefix(6)
    let reading = try FileReading(path: folder.write(compressed, to: "cut"))
    #expect(reading.frames.count == 3)
    #expect(reading.damage?.offset == UInt64(octets.count))
  }

  @Test("ends on damaged data and keeps what came before", arguments: Format.allCases)
  func survivesDamage(format: Format) throws {
    let folder = try TemporaryFolder()
    let octets = longPcap(frames: 2_000)
    let compressed = format.compress(octets)
    for place in stride(from: 7, to: compressed.count, by: compressed.count / 40) {
      var damaged = compressed
      damaged[place] ^= 0xFF
      let reading = try FileReading(path: folder.write(damaged, to: "damaged"))
      #expect(reading.frames.count <= 2_000)
    }
  }

  @Test("refuses compressed octets that are no capture", arguments: Format.allCases)
  func refusesOthers(format: Format) throws {
    let folder = try TemporaryFolder()
    for content in ["", "no capture at all"] {
      let reading = try FileReading(
        path: folder.write(format.compress(Array(content.utf8)), to: "text"))
      guard case .notACapture = reading.failure?.reason else {
        Issue.record("\(String(describing: reading.failure))")
        continue
      }
      #expect(reading.frames.isEmpty)
    }
  }
}
