import CaptureInput
import Foundation
import PacketAnalysis
import ReportFormats
import Testing
import TrafficGenerator

@Suite("Transcripts of the parts of a capture")
struct TranscriptTests {
  private static let seedCount =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 150

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
    var (mergedCount, cutCount) = (0, 0)
    for seed in 30_001..<30_001 + Self.seedCount {
      guard let octets = try generate(seed) else { continue }
      let capture = SplitCapture(octets)
      var random = SeededNumbers(state: seed)
      let cuts = capture.cuts.shuffled(using: &random).prefix(Int(seed % 5)).sorted()
      cutCount += cuts.count
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
    #expect(mergedCount > 100 && cutCount > 200)
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
