import CaptureInput
import CaptureTestSupport
import Foundation
import PacketAnalysis
import ReportFormats
import Testing
import TrafficGenerator

@Suite("Transcripts of the parts of a capture")
struct TranscriptTests {
  private static let seedCount =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 100

  /// So narrow that much of a short capture is counted together.
  private static let narrow: TrackingOptions = {
    var tracking = TrackingOptions()
    (tracking.horizon, tracking.window, tracking.start, tracking.confirmations) = (64, 16, 4, 3)
    return tracking
  }()

  @Test(
    "merged in any order, some of them twice, give the report of the captures",
    arguments: [TrackingOptions(), narrow])
  func parts(tracking: TrackingOptions) throws {
    let folder = try CaptureFolder()
    var options = AnalysisOptions()
    options.tracking = tracking
    var (mergedCount, cutCount): (UInt64, UInt64) = (0, 0)
    for seed in 30_001..<30_001 + Self.seedCount {
      guard let octets = try generate(seed) else { continue }
      let capture = SplitCapture(octets)
      var random = SplitMix64(seed: seed)
      let cuts = capture.cuts.shuffled(using: &random).prefix(Int(seed % 5)).sorted()
      cutCount += UInt64(cuts.count)
      let paths = try capture.parts(cuts: cuts).enumerated().map { index, part in
        try folder.write(part, "\(index).pcap")
      }
      let expected = try analyze(
        paths.map { CaptureInputArgument(path: $0) }, options: options
      ).json
      let parts = try paths.map { try record($0, options: options) }
      mergedCount += 1
      let given = (parts + parts.shuffled(using: &random).prefix(Int(seed % 3)))
        .shuffled(using: &random)
      do {
        let merged = try merge(given).json
        if merged != expected {
          Issue.record("seed \(seed), cut at \(cuts): \(difference(merged, expected))")
        }
      } catch {
        Issue.record("seed \(seed), cut at \(cuts): \(error)")
      }
    }
    #expect(mergedCount > Self.seedCount / 2 && cutCount > Self.seedCount)
  }

  @Test("the description of the format numbers what findings are as transcripts do")
  func documentedCodes() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/transcript-format.md")
    let text = try String(contentsOf: path, encoding: .utf8)
    let layers = Layer.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", ")
    let problems = DecodeError.Problem.allCases.map { "\($0.rawValue) \($0.reason)" }
      .joined(separator: ", ")
    #expect(text.contains("layer \(layers)."))
    #expect(text.contains("Problem \(problems)."))
  }

  @Test(
    "why a capture was blind was another reason in a merged report",
    arguments: BlindInterval.Reason.allCases)
  func blindness(reason: BlindInterval.Reason) throws {
    let folder = try CaptureFolder()
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    writer.enhancedPacket(ticks: 1, payload: [UInt8](repeating: 0, count: 60))
    writer.statistics(ticks: 9) { $0.option(1, Array("gapscope: \(reason.rawValue) 2 5".utf8)) }
    let path = try folder.write(writer.octets, "blind.pcapng")
    let expected = try analyze([CaptureInputArgument(path: path)], options: AnalysisOptions())
    #expect(expected.blindIntervals.map(\.reason) == [reason])
    #expect(try merge([record(path)]).json == expected.json)
  }

  @Test(
    "both taps of a kernel capture, cut anywhere, as two points",
    .enabled(if: Captures.hasKernel, "no kernel captures here"),
    arguments: KernelTruthTests.scenarios)
  func kernel(scenario: String) throws {
    let folder = try CaptureFolder()
    var random = SplitMix64(seed: scenario.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
    var points: [String: String] = [:]
    for tap in ["near_a", "near_b"] {
      let octets = try Data(
        contentsOf: URL(fileURLWithPath: Captures.path("kernel/\(scenario)/\(tap).pcap")))
      let capture = SplitCapture([UInt8](octets))
      let cuts = capture.cuts.shuffled(using: &random).prefix(3).sorted()
      for (index, part) in capture.parts(cuts: cuts).enumerated() {
        points[try folder.write(part, "\(tap)\(index).pcap")] = tap
      }
    }
    let parts = try points.shuffled(using: &random).map { try record($0.key, point: $0.value) }
    let order = try TranscriptMerge(parts).parts.map(\.file)
    let expected = try analyze(
      order.map { CaptureInputArgument(path: $0, point: points[$0]) }
    ).json
    #expect(try merge(parts).json == expected)
    #expect(order.count > 4)
  }

  @Test("of several points come in the order of their files, whatever the order of transcripts")
  func order() throws {
    let folder = try CaptureFolder()
    let octets = try #require(try (40_000..<40_100).lazy.compactMap { try generate($0) }.first)
    let capture = SplitCapture(octets)
    let cuts = Array(capture.cuts.prefix(3))
    let paths = try capture.parts(cuts: cuts).enumerated().map { index, part in
      try folder.write(part, "\(9 - index).pcap")
    }
    let parts = try paths.map { try record($0) }
    #expect(try TranscriptMerge(parts.reversed()).parts.map(\.file) == paths)
  }

  @Test("recorded frame by frame give the same, and no run has two frames")
  func eachFrame() throws {
    let folder = try CaptureFolder()
    let octets = try #require(try (40_000..<40_100).lazy.compactMap { try generate($0) }.first)
    let path = try folder.write(octets, "whole.pcap")
    let (together, apart) = (try record(path), try record(path, eachFrame: true))
    #expect(try merge([together]).json == analyze(path).json)
    #expect(try merge([apart]).json == analyze(path).json)
    #expect(apart.encoded().count >= together.encoded().count)
  }

  @Test("cut where the clock stands back, they are refused: never another report")
  func steps() throws {
    let folder = try CaptureFolder()
    let capture = SplitCapture(try stepping(seed: 1))
    var (refusedCount, mergedCount) = (0, 0)
    for cut in stride(from: 3, to: capture.records.count, by: 7) {
      let paths = try capture.parts(cuts: [cut]).enumerated().map { index, part in
        try folder.write(part, "\(index).pcap")
      }
      let parts = try paths.map { try record($0) }
      do {
        let expected = try analyze(paths.map { CaptureInputArgument(path: $0) })
        #expect(try merge(parts.reversed()).json == expected.json, "cut at \(cut)")
        mergedCount += 1
      } catch TranscriptError.overlap(_, _, let nanoseconds, _) {
        #expect(nanoseconds > 0, "cut at \(cut)")
        refusedCount += 1
      }
    }
    #expect(refusedCount > 5 && mergedCount > 5)
  }

  @Test(
    "in order, they give the report of the whole capture, cut where the clock stands back too",
    arguments: [TrackingOptions(), narrow])
  func inOrder(tracking: TrackingOptions) throws {
    let folder = try CaptureFolder()
    var options = AnalysisOptions()
    options.tracking = tracking
    for seed in 1...20 as ClosedRange<UInt64> {
      var random = SplitMix64(seed: seed)
      let octets = try stepping(seed: seed)
      let capture = SplitCapture(octets)
      let cuts = (1..<capture.records.count).shuffled(using: &random).prefix(4).sorted()
      let paths = try capture.parts(cuts: cuts).enumerated().map { index, part in
        // Names say nothing of the order.
        try folder.write(part, "\(seed)-\(9 - index).pcap")
      }
      let parts = try paths.map { try record($0, options: options) }
      let merged = try merge(parts + [parts[1]], inOrder: true)
      let expected = try analyze(
        paths.map { CaptureInputArgument(path: $0) }, options: options, order: .asGiven)
      #expect(try merged.json == expected.json, "seed \(seed), cut at \(cuts)")

      let whole = try analyze(folder.write(octets, "\(seed).pcap"), options: options)
      #expect(
        try merged.joined(framesBefore: [0] + cuts).json == whole.joined(framesBefore: [0]).json,
        "seed \(seed), cut at \(cuts)")
    }
  }

  /// A link as steady as it can be, at any rate. Nothing of it but a few digits grows with the number
  /// of packets, which the second recording shows; so this holds of a million of them too.
  @Test(
    "of a healthy link some were longer than 10 kB: none is, whatever its rate and lengths",
    arguments: [1e8, 1e6, 1e4, 100, 1, 0.01],
    [.fixed(64), .fixed(1_500), .imix, .uniform(64...9_000)] as [FrameSizes])
  func size(packetsPerSecond: Double, sizes: FrameSizes) throws {
    let folder = try CaptureFolder()
    var options = GeneratorOptions()
    (options.flows, options.sizes) = (1, sizes)
    options.packetsPerSecond = packetsPerSecond
    options.format = .pcapNanoseconds
    func length(packets: Int, _ scenarios: [Scenario]) throws -> Int {
      (options.packets, options.scenarios) = (packets, scenarios)
      var sink = MemorySink()
      _ = try TrafficGenerator(options: options).run(into: &sink, name: "link.pcap")
      return try record(folder.write(sink.octets, "\(packets).pcap")).encoded().count
    }
    let (short, long) = (try length(packets: 3_000, []), try length(packets: 6_000, []))
    #expect(short > 300 && long < 9_900 && abs(long - short) < 20)
    let reordered = try length(
      packets: 6_000, [Scenario(.reorder(rate: 0.002, distance: 1...20))])
    #expect(reordered < 9_900 && reordered != long)
  }

  /// One frame of ten has a time before that of another.
  private func stepping(seed: UInt64) throws -> [UInt8] {
    var options = GeneratorOptions()
    (options.packets, options.flows, options.protocols) = (1_000, 3, .mixed)
    options.seed = seed
    options.scenarios = [Scenario(.timeSteps(rate: 0.1, nanoseconds: 5_000))]
    if seed > 1 { options.scenarios += Scenario.defaults }
    var sink = MemorySink()
    _ = try TrafficGenerator(options: options).run(into: &sink, name: "whole.pcap")
    return sink.octets
  }

  private func generate(_ seed: UInt64) throws -> [UInt8]? {
    var options = GeneratorOptions.mixture(seed: seed)
    options.format = seed % 2 == 0 ? .pcap : .pcapNanoseconds
    guard let generator = try? TrafficGenerator(options: options) else { return nil }
    var sink = MemorySink()
    _ = try generator.run(into: &sink, name: "whole.pcap")
    return sink.octets
  }
}
