import CaptureInput
import CaptureTestSupport
import Foundation
import PacketAnalysis
import ReportFormats
import Testing
import TrafficGenerator

@Suite("What holds for every report")
struct ReportInvariantTests {
  /// Random mixtures of scenarios whose capture can be cut; a bucket width for each.
  private static let seeds: ClosedRange<UInt64> = 20_001...20_120

  @Test("the numbers of a report add up, in time buckets too")
  func sums() throws {
    let folder = try CaptureFolder()
    for seed in Self.seeds {
      var options = AnalysisOptions()
      let widths: [Int64?] = [nil, 1, 1_000_000, 10_000_000_000, .max]
      options.bucketNanoseconds = widths[Int(seed % 5)]
      guard let octets = try generate(seed) else { continue }
      let report = try analyze(folder.write(octets, "whole.pcap"), options: options)
      #expect(report.violations() == [], "seed \(seed)")
      #expect(report.bucketNanoseconds == nil || !report.buckets.isEmpty, "seed \(seed)")
    }
  }

  @Test("a capture cut anywhere gives the whole, whatever the order of its files")
  func cuts() throws {
    let folder = try CaptureFolder()
    var options = AnalysisOptions()
    options.bucketNanoseconds = 1_000_000
    var cutCount = 0
    for seed in Self.seeds {
      guard let octets = try generate(seed) else { continue }
      let whole = try analyze(folder.write(octets, "whole.pcap"), options: options)
      let capture = SplitCapture(octets)
      var random = SplitMix64(seed: seed)
      let cuts = capture.cuts.shuffled(using: &random).prefix(1 + Int(seed % 4)).sorted()
      guard !cuts.isEmpty else { continue }
      cutCount += cuts.count
      let files = try capture.parts(cuts: cuts).enumerated().map { index, part in
        (path: try folder.write(part, "\(index).pcap"), framesBefore: ([0] + cuts)[index])
      }
      let expected = whole.joined(framesBefore: [0])
      for files in [files, files.shuffled(using: &random)] {
        let report = try analyze(
          files.map { CaptureInputArgument(path: $0.path) }, options: options)
        let joined = report.joined(framesBefore: files.map(\.framesBefore))
        if joined != expected {
          Issue.record(
            "seed \(seed), cut at \(cuts), as \(files.map(\.framesBefore)): \(difference(joined, expected))"
          )
        }
      }
    }
    #expect(cutCount > 100)
  }

  @Test("the same capture gives the same octets of JSON")
  func repeats() throws {
    let folder = try CaptureFolder()
    var options = AnalysisOptions()
    options.bucketNanoseconds = 1_000_000
    for seed in Self.seeds.prefix(30) {
      guard let octets = try generate(seed) else { continue }
      let path = try folder.write(octets, "whole.pcap")
      let reports = try (0..<2).map { _ in
        var sink = CollectingSink()
        try JSONReport.write(analyze(path, options: options), to: &sink)
        return sink.octets
      }
      #expect(reports[0] == reports[1], "seed \(seed)")
      #expect(reports[0].count > 100)
    }
  }

  /// `nil`: the mixture is too short for its scenarios.
  private func generate(_ seed: UInt64) throws -> [UInt8]? {
    var options = GeneratorOptions.mixture(seed: seed)
    options.format = seed % 2 == 0 ? .pcap : .pcapNanoseconds
    guard let generator = try? TrafficGenerator(options: options) else { return nil }
    var sink = MemorySink()
    _ = try generator.run(into: &sink, name: "whole.pcap")
    return sink.octets
  }

  /// The first thing in which they differ.
  private func difference(_ a: AnalysisReport, _ b: AnalysisReport) -> String {
    for (a, b) in zip(a.associations, b.associations) where a != b { return "\(a) | \(b)" }
    for (a, b) in zip(a.gaps, b.gaps) where a != b { return "\(a) | \(b)" }
    for (a, b) in zip(a.buckets, b.buckets) where a != b { return "\(a) | \(b)" }
    return "\(a.associations.count) and \(b.associations.count) associations, \(a.totals)"
  }
}
