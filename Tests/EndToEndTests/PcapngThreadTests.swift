import CaptureTestSupport
import Foundation
@testable import PacketAnalysis
import Testing
import TrafficGenerator

/// A pcapng file says things between its frames that concern all that follow. However many threads
/// analyze it, its report has the same octets.
@Suite("Threads, pcapng")
struct PcapngThreadTests {
  private static let seeds =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 25

  @Test("give what one gives, whatever is said between the frames", arguments: 1...seeds)
  func everything(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let threads = WovenPcapng.Thread.allCases.filter { _ in Bool.random(using: &random) }
    let octets = WovenPcapng(try usualCapture(seed), Set(threads), seed: seed).octets
    _ = try compare(octets, threads: [2, 3, 5, 9], "seed \(seed), \(threads)")
  }

  @Test("give what one gives of each that may be said", arguments: WovenPcapng.Thread.allCases)
  func each(thread: WovenPcapng.Thread) throws {
    var joined = 0
    for seed in 1...2 as ClosedRange<UInt64> {
      for threads in [[thread], [thread, .interfaces, .timeSteps]] {
        let octets = WovenPcapng(try usualCapture(seed), Set(threads), seed: seed).octets
        joined += try compare(octets, threads: [2, 5, 12], "seed \(seed), \(threads)").joined
      }
    }
    #expect(joined > 1)
  }

  @Test("join what is usual: interfaces, options, statistics between frames and at the end")
  func usual() throws {
    let octets = WovenPcapng(
      try usualCapture(1), [.interfaces, .options, .statistics, .finalStatistics], seed: 1
    ).octets
    let counts = try compare(octets, threads: 2...40, "usual")
    // All but a few: where frames are doubtful, nothing is joined.
    #expect(counts.joined > (2...40).reduce(0) { $0 + $1 - 1 } * 9 / 10)
    #expect(counts.associations > 4 * counts.repeatedChannels, "\(counts)")
  }

  @Test("join parts up to where an interface is described or a section begins")
  func laterInterface() throws {
    let records = SplitCapture(try usualCapture(1)).records
    for isSection in [true, false] {
      for place in stride(from: 0, through: records.count, by: records.count / 4) {
        var writer = begin(interfaces: 2)
        for (index, record) in records.enumerated() {
          if index == place {
            if isSection { writer.section() }
            writer.interface()
          }
          writer.enhancedPacket(
            interface: index < place ? UInt32(index % 2) : isSection ? 0 : UInt32(index % 3),
            ticks: UInt64(index), payload: Array(record.dropFirst(16)))
        }
        let counts = try compare(writer.octets, threads: [2, 3, 5, 9], "\(isSection), \(place)")
        if place == 0 || place > records.count / 2 {
          #expect(counts.joined > 5, "\(isSection), \(place)")
        }
      }
    }
  }

  @Test("give what one gives of damaged captures", arguments: 1...24 as ClosedRange<UInt64>)
  func damage(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let threads: Set<WovenPcapng.Thread> =
      seed % 3 == 0 ? [.interfaces] : [.interfaces, .statistics, .unknownBlocks, .finalStatistics]
    var octets = WovenPcapng(try usualCapture(seed), threads, seed: seed).octets
    if seed % 2 == 0 { octets.removeLast(Int.random(in: 1...octets.count / 2, using: &random)) }
    for _ in 0..<seed % 4 {
      let place = Int.random(in: 28..<octets.count, using: &random)
      octets[place] = UInt8.random(in: 0...255, using: &random)
    }
    _ = try compare(octets, threads: 2...6, "seed \(seed)")
  }

  /// Frames and blocks that nobody knows, most of the file, are full of what looks like blocks.
  @Test("are not deceived by what contains blocks", arguments: [true, false], [6, 0xBAD])
  func blocksInBlocks(isBigEndian: Bool, type: UInt32) throws {
    let genuine = SplitCapture(try usualCapture(1)).records
    var feigned = CaptureWriter(isBigEndian: isBigEndian)
    for (index, record) in SplitCapture(try usualCapture(101)).records.prefix(400).enumerated() {
      feigned.enhancedPacket(ticks: UInt64(index), payload: Array(record.dropFirst(16)))
    }
    var writer = begin(interfaces: 1, isBigEndian: isBigEndian)
    for (index, record) in genuine.enumerated() {
      writer.enhancedPacket(ticks: UInt64(index), payload: Array(record.dropFirst(16)))
      guard index % 100 == 0 else { continue }
      if type == 6 {
        // Of an EtherType for experiments.
        let content = [UInt8](repeating: 2, count: 12) + [0x88, 0xB5, 0, 0] + feigned.octets
        writer.enhancedPacket(ticks: UInt64(index), payload: content)
      } else {
        writer.block(type) { $0.octets += feigned.octets }
      }
    }
    let counts = try compare(writer.octets, threads: 2...12, "type \(type)")
    #expect(counts.joined < (2...12).reduce(0) { $0 + $1 - 1 } / 2)
  }

  /// The reader of the parts before passes over a block that nobody knows piece by piece, and so
  /// stands inside it where the part begins.
  @Test("a part that begins inside a block which is passed over counts for nothing")
  func partInsideBlock() throws {
    let records = SplitCapture(try usualCapture(1)).records.map { Array($0.dropFirst(16)) }
    var feigned = CaptureWriter()
    for (index, record) in records.enumerated() {
      feigned.enhancedPacket(ticks: UInt64(index), payload: record)
    }
    var writer = begin(interfaces: 1)
    writer.enhancedPacket(ticks: 0, payload: records[0])
    writer.block(0xBAD) { $0.octets += feigned.octets }
    let counts = try compare(writer.octets, threads: 2...9, "inside a block")
    #expect(counts.joined == 0)
  }

  @Test("a part that is told more of drops than it keeps ends there")
  func manyNotes() throws {
    let records = SplitCapture(try usualCapture(1)).records
    var writer = begin(interfaces: 2)
    var drops: UInt64 = 0
    for (index, record) in records.enumerated() {
      writer.enhancedPacket(
        interface: UInt32(index % 2), ticks: UInt64(index), payload: Array(record.dropFirst(16)))
      for _ in 0..<2 * PcapngReader.mostPartNotes / records.count {
        drops += 1
        writer.statistics(interface: UInt32(drops % 2), ticks: UInt64(index)) {
          $0.option(5, drops)
        }
      }
    }
    writer.enhancedPacket(ticks: 1, payload: [])
    let counts = try compare(writer.octets, threads: [2, 3], "many notes")
    #expect(counts.joined > 0)
  }

  @Test("give what one gives where limits are reached", arguments: 1...6 as ClosedRange<UInt64>)
  func limits(seed: UInt64) throws {
    let octets = WovenPcapng(
      try usualCapture(seed), [.interfaces, .statistics, .dropCounts], seed: seed
    ).octets
    for limit in [1, 20, 60, 200, 1_000] {
      var options = AnalysisOptions()
      if seed % 3 != 1 { options.limits.associations = limit }
      if seed % 3 != 2 { options.limits.gaps = limit }
      _ = try compare(octets, threads: [2, 3, 5], "seed \(seed), limit \(limit)", options: options)
    }
  }

  @Test("give what one gives of the captures of others", .enabled(if: Captures.hasPublic))
  func others() throws {
    for folder in Captures.names(in: "public/files") {
      for name in Captures.names(in: "public/files/\(folder)") {
        let path = Captures.path("public/files/\(folder)/\(name)")
        guard name.hasSuffix("ng") || name.hasSuffix("ntar") else { continue }
        var counts = PartCounts()
        _ = try compareThreads(path, threads: [2, 3, 5, 9], name, &counts)
      }
    }
  }

  private func begin(interfaces: Int, isBigEndian: Bool = false) -> CaptureWriter {
    var writer = CaptureWriter(isBigEndian: isBigEndian)
    writer.section()
    for _ in 0..<interfaces { writer.interface() }
    return writer
  }

  private func compare(
    _ octets: [UInt8], threads: some Sequence<Int>, _ name: String,
    options: AnalysisOptions = AnalysisOptions()
  ) throws -> PartCounts {
    let folder = try CaptureFolder()
    let path = try folder.write(octets, "test.pcapng")
    var counts = PartCounts()
    _ = try compareThreads(path, threads: threads, name, &counts, options: options)
    return counts
  }

  private func usualCapture(_ seed: UInt64) throws -> [UInt8] {
    var options = GeneratorOptions()
    (options.flows, options.packets, options.seed) = (20, 2_000, seed)
    options.protocols = seed % 2 == 0 ? .macsec : .mixed
    options.sizes = .fixed(64)
    var sink = MemorySink()
    _ = try TrafficGenerator(options: options).run(into: &sink, name: "test.pcap")
    return sink.octets
  }
}
