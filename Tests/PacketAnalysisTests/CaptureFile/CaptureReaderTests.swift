import CaptureTestSupport
import PacketAnalysis
import Testing

@Suite("Reading captures of either format")
struct CaptureReaderTests {
  /// A small capture, and where each of its records or blocks begins.
  struct Sample: Sendable, CustomTestStringConvertible {
    var name: String
    var octets: [UInt8]
    var starts: [Int]
    /// For each start, how many frames come before.
    var framesBefore: [Int]
    /// So many octets are not yet a capture.
    var headerOctets: Int
    var testDescription: String { name }
  }

  static let pcap: Sample = {
    var writer = CaptureWriter(isBigEndian: true)
    writer.pcapHeader()
    var starts: [Int] = []
    for number in 0..<5 {
      starts.append(writer.octets.count)
      writer.pcapRecord(
        seconds: UInt32(number), fraction: 1, first: UInt32(number * 3),
        second: 100, payload: CaptureWriter.payload(number, length: number * 3))
    }
    return Sample(
      name: "pcap", octets: writer.octets, starts: starts, framesBefore: [0, 1, 2, 3, 4],
      headerOctets: 24)
  }()

  static let pcapng: Sample = {
    var writer = CaptureWriter()
    var sample = Sample(name: "pcapng", octets: [], starts: [], framesBefore: [], headerOctets: 28)
    func block(framesBefore: Int, _ write: (inout CaptureWriter) -> Void) {
      sample.starts.append(writer.octets.count)
      sample.framesBefore.append(framesBefore)
      write(&writer)
    }
    writer.section()
    block(framesBefore: 0) { $0.interface { $0.option(2, Array("eth0".utf8)) } }
    block(framesBefore: 0) { $0.enhancedPacket(ticks: 5, payload: [1, 2, 3]) { $0.option(4, 9) } }
    block(framesBefore: 1) { $0.block(0x0BAD) { $0.octets = [UInt8](repeating: 1, count: 50) } }
    block(framesBefore: 1) { $0.simplePacket(original: 3, payload: [4, 5, 6]) }
    block(framesBefore: 2) { $0.packet(drops: 1, ticks: 6, payload: [7]) }
    block(framesBefore: 3) { $0.statistics(ticks: 7) { $0.option(5, 2) } }
    writer.isBigEndian = true
    block(framesBefore: 3) { $0.section() }
    block(framesBefore: 3) { $0.interface() }
    block(framesBefore: 3) { $0.enhancedPacket(ticks: 8, payload: [8]) }
    sample.octets = writer.octets
    return sample
  }()

  static let samples = [pcap, pcapng]

  @Test("of every beginning gives the whole records and says which one is cut", arguments: samples)
  func readsPrefixes(sample: Sample) {
    let whole = CaptureReading(sample.octets)
    #expect(whole.status == .end)
    for length in 0...sample.octets.count {
      let reading = CaptureReading(Array(sample.octets.prefix(length)))
      guard length >= sample.headerOctets else {
        #expect(reading.isRefused, "\(length) octets")
        continue
      }
      let isWhole = sample.starts.contains(length) || length == sample.octets.count
      let begun = sample.starts.lastIndex { $0 < length }
      #expect(reading.damage == nil ? isWhole : !isWhole, "\(length) octets")
      if let damage = reading.damage, let begun {
        #expect(damage.offset == UInt64(sample.starts[begun]), "\(length) octets")
      }
      let count =
        sample.starts.firstIndex(of: length).map { sample.framesBefore[$0] }
        ?? (isWhole ? whole.frames.count : begun.map { sample.framesBefore[$0] } ?? 0)
      #expect(reading.frames == Array(whole.frames.prefix(count)), "\(length) octets")
    }
  }

  @Test("gives the same from chunks of any size", arguments: samples)
  func readsChunks(sample: Sample) {
    let whole = CaptureReading(sample.octets)
    for chunk in 1...sample.octets.count {
      #expect(CaptureReading(sample.octets, chunk: chunk) == whole, "chunks of \(chunk)")
    }
  }

  @Test("ends on any octets, and the same way in chunks", arguments: samples)
  func survivesMutations(sample: Sample) {
    var random = SplitMix(state: 0x6361_7074_7572_6521)
    for _ in 0..<3_000 {
      var octets = sample.octets
      for _ in 0...random.next() % 4 {
        let place = Int(random.next() % UInt64(octets.count))
        octets[place] =
          [0, 1, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: random.next())][
            Int(random.next() % 6)]
      }
      let whole = CaptureReading(octets)
      #expect(CaptureReading(octets, chunk: 1 + Int(random.next() % 64)) == whole)
      #expect(whole.frames.count <= octets.count / 12)
    }
  }

  @Test("refuses what is no capture, and shows how it begins")
  func refusesOthers() {
    let reading = CaptureReading(Array("%PDF-1.7 and so on".utf8))
    #expect(
      reading.status
        == .refused(
          reason:
            "it is no capture: it begins with 25 50 44 46 2d 31 2e 37 20 61 6e 64 20 73 6f 20 \"%PDF-1.7 and so \""
        ))
  }

  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
  }
}
