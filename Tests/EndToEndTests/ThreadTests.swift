import CaptureTestSupport
import Foundation
@testable import PacketAnalysis
import Testing
import TrafficGenerator

/// However many threads analyze a capture, its report has the same octets.
@Suite("Threads")
struct ThreadTests {
  private static let seeds =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 40

  @Test("give what one gives, for random mixtures of scenarios", arguments: [2, 3, 4, 7])
  func mixtures(threads: Int) throws {
    let folder = try CaptureFolder()
    var counts = PartCounts()
    for seed in 1...Self.seeds {
      let options = GeneratorOptions.mixture(seed: seed)
      guard let octets = try generate(options) else { continue }
      let path = try folder.write(octets, "test.pcap")
      guard try compareThreads(path, threads: [threads], "seed \(seed)", &counts) else { return }
    }
    #expect(counts.joined > Int(Self.seeds) / 4)
    #expect(counts.associations > 4 * counts.repeatedChannels, "\(counts)")
  }

  @Test(
    "give what one gives where a capture is cut anywhere", arguments: 1...8 as ClosedRange<UInt64>)
  func places(seed: UInt64) throws {
    let folder = try CaptureFolder()
    var options = GeneratorOptions()
    (options.flows, options.packets, options.seed) = (12, 1_500, seed)
    options.protocols = seed % 2 == 0 ? .macsec : .mixed
    options.sizes = .fixed(64)
    options.scenarios = [
      Scenario(.loss(rate: 0.1)), Scenario(.reorder(rate: 0.1, distance: 1...20)),
      Scenario(.duplicate(rate: 0.05, distance: 0...4)),
    ]
    let path = try folder.write(try #require(try generate(options)), "test.pcap")
    var counts = PartCounts()
    _ = try compareThreads(path, threads: 2...40, "seed \(seed)", &counts)
    #expect(counts.joined > 300)
    #expect(counts.associations > 8 * counts.repeatedChannels, "\(counts)")
  }

  @Test("join healthy and lossy traffic without looking at a frame again")
  func usualTraffic() throws {
    let folder = try CaptureFolder()
    var options = GeneratorOptions()
    (options.flows, options.packets) = (500, 50_000)
    let path = try folder.write(try #require(try generate(options)), "test.pcap")
    var counts = PartCounts()
    #expect(try compareThreads(path, threads: [4], "usual traffic", &counts))
    #expect(counts.joined == 3)
    #expect(counts.associations > 1_000)
    #expect(counts.repeatedChannels < counts.associations / 200, "\(counts)")
  }

  @Test("a part of too many associations is not joined: two threads took longer than one")
  func manySenders() throws {
    let folder = try CaptureFolder()
    // 64 octets of MACsec with an SCI, after the header of their record.
    var record: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0]
    record += [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xE5, 0x2C, 20, 0, 0, 0, 1]
    record += [UInt8](repeating: 0, count: 80 - record.count)
    var capture: [UInt8] = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0]
    capture += [1, 0, 0, 0]
    for sender in 0..<40_000 {
      (record[36], record[37]) = (UInt8(sender >> 8), UInt8(sender & 0xFF))
      capture += record
    }
    let path = try folder.write(capture, "test.pcap")
    var counts = PartCounts()
    #expect(try compareThreads(path, threads: [2], "many senders", &counts))
    #expect(counts.joined == 0)
  }

  @Test("give what one gives of the kernel's captures", .enabled(if: Captures.hasKernel))
  func kernel() throws {
    var counts = PartCounts()
    for scenario in KernelTruthTests.scenarios {
      for tap in ["near_a.pcap", "near_b.pcap"] {
        _ = try compareThreads(
          Captures.path("kernel/\(scenario)/\(tap)"), threads: [2, 5], scenario, &counts)
      }
    }
    #expect(counts.joined > KernelTruthTests.scenarios.count)
  }

  @Test("give what one gives of damaged captures", arguments: 1...40 as ClosedRange<UInt64>)
  func damage(seed: UInt64) throws {
    let folder = try CaptureFolder()
    var random = SplitMix64(seed: seed)
    var octets = try usualCapture(seed)
    if seed % 2 == 0 { octets.removeLast(Int.random(in: 1...octets.count / 2, using: &random)) }
    for _ in 0..<seed % 4 {
      let place = Int.random(in: 24..<octets.count, using: &random)
      octets[place] = UInt8.random(in: 0...255, using: &random)
    }
    let path = try folder.write(octets, "test.pcap")
    var counts = PartCounts()
    _ = try compareThreads(path, threads: 2...9, "seed \(seed)", &counts)
  }

  @Test("give what one gives of illegal tags", arguments: 1...20 as ClosedRange<UInt64>)
  func illegalTags(seed: UInt64) throws {
    let folder = try CaptureFolder()
    var random = SplitMix64(seed: seed)
    let capture = try usualCapture(seed)
    var octets = Array(capture[..<24])
    for record in SplitCapture(capture).records {
      var record = Array(record)
      // Behind the headers of record and Ethernet: ES with SC is illegal, and PN 0 mostly.
      if record[28] == 0x88, record[29] == 0xE5, Int.random(in: 0..<50, using: &random) == 0 {
        if Bool.random(using: &random) {
          record[30] |= 0x60
        } else {
          record.replaceSubrange(32..<36, with: [0, 0, 0, 0])
        }
      }
      octets += record
    }
    let path = try folder.write(octets, "test.pcap")
    var counts = PartCounts()
    _ = try compareThreads(path, threads: 2...12, "seed \(seed)", &counts)
    #expect(counts.repeatedChannels + counts.abandoned > 0)
  }

  @Test("are not deceived by frames that contain records", arguments: 1...8 as ClosedRange<UInt64>)
  func recordsInFrames(seed: UInt64) throws {
    let folder = try CaptureFolder()
    let genuine = SplitCapture(try usualCapture(seed)).records
    let feigned = SplitCapture(try usualCapture(seed + 100)).records
    var octets = [UInt8](try usualCapture(seed)[..<24])
    for (index, record) in genuine.enumerated() {
      octets += record
      guard index % 100 == 0 else { continue }
      // A frame of an EtherType for experiments, in a record with the time of the one before.
      var content = [UInt8](repeating: 2, count: 12) + [0x88, 0xB5]
      for record in feigned.prefix(400) { content += record }
      let length = (0..<4).map { UInt8(truncatingIfNeeded: content.count >> (8 * $0)) }
      octets += record[record.startIndex..<record.startIndex + 8]
      octets += length + length + content
    }
    let path = try folder.write(octets, "test.pcap")
    var counts = PartCounts()
    _ = try compareThreads(path, threads: 2...12, "seed \(seed)", &counts)
    // Most of the octets are such frames, and so most guesses were wrong.
    #expect(counts.joined < (2...12).reduce(0) { $0 + $1 - 1 } / 2)
  }

  @Test("read one after the other what must not be divided")
  func undivided() throws {
    let folder = try CaptureFolder()
    let path = try folder.write(try usualCapture(1), "test.pcap")
    var options = AnalysisOptions()
    options.bucketNanoseconds = 1_000_000
    let (one, _) = try threadedReport(path, threads: 1, options)
    let (many, counts) = try threadedReport(path, threads: 4, options)
    #expect(one == many)
    #expect(counts.joined == 0)
  }

  @Test("give what one gives where limits are reached", arguments: 1...30 as ClosedRange<UInt64>)
  func limits(seed: UInt64) throws {
    let folder = try CaptureFolder()
    var random = SplitMix64(seed: seed)
    let path: String
    if seed % 3 == 0 {
      guard let octets = try mixture(seed) else { return }
      path = try folder.write(octets, "test.pcap")
    } else {
      path = try folder.write(try usualCapture(seed), "test.pcap")
    }
    var counts = PartCounts()
    for limit in [1, 5, 20, 60, 200, 1_000, 3_000] {
      var options = AnalysisOptions()
      let kind = Int.random(in: 0..<4, using: &random)
      if kind != 1 { options.limits.associations = limit }
      if kind != 2 { options.limits.gaps = limit }
      if kind == 3 { (options.limits.heldFrames, options.limits.copies) = (limit, limit) }
      _ = try compareThreads(
        path, threads: 2...6, "seed \(seed), limit \(limit)", &counts, options: options)
    }
  }

  @Test("join their parts as long as the limits are far")
  func farLimits() throws {
    let folder = try CaptureFolder()
    var options = AnalysisOptions()
    // Fewer than there are frames in a part: what is observed again has to be counted.
    (options.limits.associations, options.limits.gaps) = (200, 1_500)
    let path = try folder.write(try usualCapture(1), "test.pcap")
    var counts = PartCounts()
    #expect(try compareThreads(path, threads: [2], "far limits", &counts, options: options))
    #expect(counts.joined == 1)
  }

  /// Each part stays within its share, and only together they reach the limit: the first part has
  /// short frames, and so many more of them.
  @Test("give what one gives where a limit is reached by parts together", arguments: [true, false])
  func limitOfAll(isOfGaps: Bool) throws {
    let folder = try CaptureFolder()
    var writer = CaptureWriter()
    writer.pcapHeader()
    for frame in 0..<140 as Range<UInt64> {
      let sci: UInt64 = 0x0200_0000_0000_0000 + (isOfGaps ? frame / 100 : frame)
      var payload: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xE5, 0x2C, 0]
      let number = isOfGaps ? UInt32(2 * frame + 1) : 1
      payload += (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
      payload += (0..<8).map { UInt8(truncatingIfNeeded: sci >> (56 - 8 * $0)) }
      payload += [UInt8](repeating: 0xAA, count: frame < 100 ? 64 : 235)
      writer.pcapRecord(
        seconds: 1_700_000_000, fraction: UInt32(frame), first: UInt32(payload.count),
        second: UInt32(payload.count), payload: payload)
    }
    let path = try folder.write(writer.octets, "test.pcap")
    var counts = PartCounts()
    var options = AnalysisOptions()
    for limit in 80...150 {
      if isOfGaps { options.limits.gaps = limit } else { options.limits.associations = limit }
      _ = try compareThreads(path, threads: [2, 3], "limit \(limit)", &counts, options: options)
    }
    #expect(counts.abandoned > 0)
  }

  /// One part keeps copies to its end, the next one as many until a second number comes.
  @Test("give what one gives where copies reach a limit in the middle of a part")
  func limitOfCopies() throws {
    let folder = try CaptureFolder()
    var writer = CaptureWriter()
    writer.pcapHeader()
    func append(_ number: UInt32, of association: UInt64) {
      let sci: UInt64 = 0x0200_0000_0000_0000 + association
      var payload: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xE5, 0x2C, 0]
      payload += (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
      payload += (0..<8).map { UInt8(truncatingIfNeeded: sci >> (56 - 8 * $0)) }
      payload += [UInt8](repeating: 0xAA, count: 64)
      writer.pcapRecord(
        seconds: 1_700_000_000, fraction: 0, first: UInt32(payload.count),
        second: UInt32(payload.count), payload: payload)
    }
    for _ in 0..<15 { append(7, of: 0) }
    for _ in 0..<15 { append(7, of: 1) }
    append(8, of: 1)
    let path = try folder.write(writer.octets, "test.pcap")
    var counts = PartCounts()
    for limit in 10...60 {
      var options = AnalysisOptions()
      options.limits.copies = limit
      _ = try compareThreads(path, threads: [2], "limit \(limit)", &counts, options: options)
    }
    #expect(counts.joined > 0 && counts.abandoned > 0)
  }

  private func mixture(_ seed: UInt64) throws -> [UInt8]? {
    var options = GeneratorOptions.mixture(seed: seed)
    options.format = .pcap
    return try generate(options)
  }

  private func usualCapture(_ seed: UInt64) throws -> [UInt8] {
    var options = GeneratorOptions()
    (options.flows, options.packets, options.seed) = (20, 2_000, seed)
    options.protocols = seed % 2 == 0 ? .macsec : .mixed
    options.sizes = .fixed(64)
    return try #require(try generate(options))
  }

  private func generate(_ options: GeneratorOptions) throws -> [UInt8]? {
    // The mixture may be too short for its scenarios.
    guard let generator = try? TrafficGenerator(options: options) else { return nil }
    var sink = MemorySink()
    _ = try generator.run(into: &sink, name: "test.pcap")
    return sink.octets
  }
}
