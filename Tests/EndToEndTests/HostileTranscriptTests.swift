import CaptureTestSupport
import Foundation
import PacketAnalysis
import ReportFormats
import Testing
import TrafficGenerator

/// Transcripts that nobody wrote, or that changed on their way.
@Suite("Hostile transcripts")
struct HostileTranscriptTests {
  @Test("every bit flip is refused")
  func flips() throws {
    let octets = try Self.sample(packets: 120).encoded()
    for place in octets.indices {
      for bit in 0..<8 {
        var flipped = octets
        flipped[place] ^= 1 << bit
        #expect(throws: TranscriptError.self) {
          _ = try TranscriptPart.parts(of: flipped, named: "flipped")
        }
      }
    }
  }

  @Test("every prefix is refused, and every rest")
  func prefixes() throws {
    let octets = try Self.sample(packets: 120).encoded()
    for length in octets.indices {
      #expect(throws: TranscriptError.self) {
        _ = try TranscriptPart.parts(of: Array(octets.prefix(length)), named: "prefix")
      }
      if length > 0 {
        #expect(throws: TranscriptError.self) {
          _ = try TranscriptPart.parts(of: Array(octets.dropFirst(length)), named: "rest")
        }
      }
    }
  }

  @Test(
    "whatever a section says, it is refused or merged, and nothing traps", arguments: [false, true])
  func sections(isCoded: Bool) throws {
    let octets = try Self.sample(packets: 3_000).encoded()
    var random = SplitMix64(seed: 7)
    var (refusedCount, mergedCount) = (0, 0)
    for _ in 0..<3_000 {
      var sections = TranscriptSections(octets)
      if !isCoded { sections.layOpenColumns() }
      sections.mutate(&random)
      do {
        let parts = try TranscriptPart.parts(of: sections.encoded, named: "mutated")
        let report = try TranscriptMerge(parts).report()
        var sink = CollectingSink()
        try JSONReport.write(report, to: &sink)
        try TableReport(report, style: TableStyle(width: 100, color: false)).write(to: &sink)
        mergedCount += 1
      } catch {
        #expect(error is TranscriptError)
        refusedCount += 1
      }
    }
    #expect(refusedCount > 250 && mergedCount > 250)
  }

  @Test("counts that are not there take neither memory nor time")
  func claims() throws {
    let octets = try Self.sample(packets: 120).encoded()
    // The largest number as the length of a list, and as a count of runs.
    let largest: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
    for number in [UInt64(4), 6, 7, 8, 9, 10] {
      var sections = TranscriptSections(octets)
      sections[number] = (number == 4 ? [0] : []) + largest
      #expect(throws: TranscriptError.self) {
        _ = try TranscriptPart.parts(of: sections.encoded, named: "claims")
      }
    }
    var sections = TranscriptSections(octets)
    // Illegal SecTAGs without end, of which there is one octet.
    sections.columns = [[0, 0x81] + largest, [0], [0], [0], [0], [0, 0], [0], [0]]
    #expect(throws: TranscriptError.self) {
      _ = try TranscriptPart.parts(of: sections.encoded, named: "claims")
    }
    // Columns of so many coded octets, which are not there; the second is too long to be coded.
    for count: [UInt8] in [[0x80, 0x80, 0x04], [0x81, 0x80, 0x04], largest] {
      sections.columns = [count + [0, 0, 0, 0, 0]] + Array(repeating: [0], count: 7)
      #expect(throws: TranscriptError.self) {
        _ = try TranscriptPart.parts(of: sections.encoded, named: "claims")
      }
    }
  }

  @Test("columns that stand as they are, and version 1, which had no others, are read")
  func openColumns() throws {
    let part = try Self.sample(packets: 3_000)
    var sections = TranscriptSections(part.encoded())
    sections.layOpenColumns()
    let open = sections.encoded
    #expect(open.count > part.encoded().count)
    let older = sections.asVersion1.encoded
    for octets in [open, older] {
      let parts = try TranscriptPart.parts(of: octets, named: "open")
      #expect(try TranscriptMerge(parts).report().json == merge([part]).json)
    }
    sections.version = 3
    #expect(throws: TranscriptError.damaged(transcript: "newer", .unsupportedVersion(3))) {
      _ = try TranscriptPart.parts(of: sections.encoded, named: "newer")
    }
  }

  @Test("a section that may be left out is left out, another is refused")
  func unknownSections() throws {
    let part = try Self.sample(packets: 120)
    var sections = TranscriptSections(part.encoded())
    sections[200] = [1, 2, 3]
    let parts = try TranscriptPart.parts(of: sections.encoded, named: "newer")
    #expect(try merge([part]).json == merge(parts).json)
    sections[100] = [1, 2, 3]
    #expect(
      throws: TranscriptError.damaged(transcript: "newer", .unknownSection(100))
    ) {
      _ = try TranscriptPart.parts(of: sections.encoded, named: "newer")
    }
  }

  @Test("a part that said it was another one was left out: what it holds decides")
  func claimedIdentity() throws {
    let folder = try CaptureFolder()
    let capture = SplitCapture(try Self.capture(packets: 400))
    let parts = try capture.parts(cuts: [capture.cuts[200]]).enumerated().map { index, octets in
      try record(folder.write(octets, "\(index).pcap")).encoded()
    }
    var claiming = TranscriptSections(parts[1])
    claiming[2] = TranscriptSections(parts[0])[2]
    let honest = try TranscriptMerge(
      TranscriptPart.parts(of: parts[0] + parts[1], named: "honest"))
    let claimed = try TranscriptMerge(
      TranscriptPart.parts(of: parts[0] + claiming.encoded, named: "claimed"))
    #expect(claimed.parts.count == 2)
    #expect(try claimed.report().json == honest.report().json)
  }

  private static func sample(packets: Int) throws -> TranscriptPart {
    let folder = try CaptureFolder()
    return try record(folder.write(capture(packets: packets), "sample.pcap"))
  }

  private static func capture(packets: Int) throws -> [UInt8] {
    var options = GeneratorOptions()
    (options.packets, options.flows, options.protocols) = (packets, 3, .mixed)
    var sink = MemorySink()
    _ = try TrafficGenerator(options: options).run(into: &sink, name: "sample.pcap")
    return sink.octets
  }
}

/// The sections of a part, read and written as `docs/transcript-format.md` says.
private struct TranscriptSections {
  private var sections: [(number: UInt64, content: [UInt8])] = []
  var version: UInt64 = 2
  private static let magic: [UInt8] = [0x47, 0x53, 0x54, 0x52, 0x0D, 0x0A, 0x1A, 0x0A]

  init(_ octets: [UInt8]) {
    var rest = octets.dropFirst(Self.magic.count).dropLast(8)
    _ = Self.read(&rest)
    _ = Self.read(&rest)
    while !rest.isEmpty {
      let number = Self.read(&rest)
      let length = Int(Self.read(&rest))
      sections.append((number, Array(rest.prefix(length))))
      rest = rest.dropFirst(length)
    }
  }

  subscript(number: UInt64) -> [UInt8] {
    get { sections.first { $0.number == number }?.content ?? [] }
    set {
      sections.removeAll { $0.number == number }
      sections.append((number, newValue))
    }
  }

  /// Of section 10, as they are stored.
  var columns: [[UInt8]] {
    get {
      var rest = self[10][...]
      _ = Self.read(&rest)
      var columns: [[UInt8]] = []
      while !rest.isEmpty {
        let length = Int(Self.read(&rest))
        columns.append(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
      }
      return columns
    }
    set {
      var rest = self[10][...]
      self[10] =
        Self.write(Self.read(&rest))
        + newValue.flatMap { Self.write(UInt64($0.count)) + $0 }
    }
  }

  /// Stores all columns as they are.
  mutating func layOpenColumns() {
    columns = columns.map { column in
      var rest = column[...]
      let count = Int(Self.read(&rest))
      return count == 0 ? column : [0] + Self.decoded(rest, count: count)
    }
  }

  /// Of columns that stand as they are.
  var asVersion1: TranscriptSections {
    var sections = self
    sections.version = 1
    sections.columns = columns.map { Array($0.dropFirst()) }
    return sections
  }

  private static func decoded(_ coded: ArraySlice<UInt8>, count: Int) -> [UInt8] {
    var rest = coded.dropFirst(4)
    var offset = coded.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    var range = UInt32.max
    var probabilities: [Int: UInt32] = [:]
    var (octets, place) = ([UInt8](), 0)
    while octets.count < count {
      var known = 1
      while known < 256 {
        let probability = probabilities[place * 256 + known, default: 2048]
        let bound = range / 4096 * probability
        let isZero = offset < bound
        range = isZero ? bound : range - bound
        if !isZero { offset -= bound }
        probabilities[place * 256 + known] =
          isZero ? probability + (4096 - probability) / 16 : probability - probability / 16
        known = known * 2 + (isZero ? 0 : 1)
        while range < 1 << 24, let next = rest.popFirst() {
          range *= 256
          offset = offset << 8 | UInt32(next)
        }
      }
      octets.append(UInt8(known - 256))
      place = known - 256 < 128 ? 0 : min(place + 1, 3)
    }
    return octets
  }

  /// Changes, removes or adds a few octets somewhere.
  mutating func mutate(_ random: inout SplitMix64) {
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let index = Int.random(in: sections.indices, using: &random)
      let places = sections[index].content.indices
      guard let place = places.randomElement(using: &random) else { continue }
      let octet = UInt8.random(in: 0...255, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: sections[index].content.remove(at: place)
      case 1: sections[index].content.insert(octet, at: place)
      case 2: sections[index].content[place] ^= 1 << (octet & 7)
      case 3: sections[index].content[place] = [0, 0x7F, 0x80, 0xFF][Int(octet & 3)]
      default: sections[index].content[place] = octet
      }
    }
  }

  var encoded: [UInt8] {
    var body: [UInt8] = []
    for (number, content) in sections {
      body += Self.write(number) + Self.write(UInt64(content.count)) + content
    }
    let octets = Self.magic + Self.write(version) + Self.write(UInt64(body.count)) + body
    let checksum = octets.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return octets + (0..<8).map { UInt8(truncatingIfNeeded: checksum >> (8 * UInt64($0))) }
  }

  private static func read(_ octets: inout ArraySlice<UInt8>) -> UInt64 {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while let octet = octets.popFirst() {
      value |= UInt64(octet & 0x7F) << shift
      shift += 7
      if octet < 0x80 { break }
    }
    return value
  }

  private static func write(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + write(value >> 7)
  }
}
