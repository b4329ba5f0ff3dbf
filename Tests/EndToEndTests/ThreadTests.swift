import CaptureInput
import Foundation
import PacketAnalysis
import ReportFormats
import Testing
import TrafficGenerator

/// However many threads analyze a capture, its report has the same octets.
@Suite("Threads")
struct ThreadTests {
  private static let seeds =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 200

  @Test("give what one gives, for random mixtures of scenarios", arguments: [2, 3, 4, 7])
  func mixtures(threads: Int) throws {
    let folder = try TemporaryCaptures()
    for seed in 1...Self.seeds {
      var options = GeneratorOptions.mixture(seed: seed)
      if options.format != .pcapNanoseconds { options.format = .pcap }
      guard let generator = try? TrafficGenerator(options: options) else { continue }
      var sink = MemorySink()
      _ = try generator.run(into: &sink, name: "test.pcap")
      let path = try folder.write(sink.octets, "test.pcap")
      let one = try report(path, threads: 1)
      let many = try report(path, threads: threads)
      if one != many {
        Issue.record("seed \(seed), \(threads) threads: \(difference(one, many))")
        return
      }
    }
  }
}

/// The report of a capture as JSON, divided into parts however small.
func report(_ path: String, threads: Int, leastPartOctets: Int = 1) throws -> [UInt8] {
  let captures = try CaptureSet([CaptureInputArgument(path: path)])
  captures.threadCount = ThreadCount(threads, leastPartOctets: leastPartOctets)
  let analyzer = PacketAnalyzer(options: AnalysisOptions())
  while captures.analyzeNext(analyzer) != nil {}
  var run = RunDescription()
  run.files = [path]
  run.points = captures.points
  run.captures = captures.summaries()
  run.blindIntervals = captures.blindIntervals()
  run.notes = captures.notes
  var sink = CollectingSink()
  try JSONReport.write(analyzer.finish(run), to: &sink)
  return sink.octets
}

/// Where the two texts begin to differ.
private func difference(_ a: [UInt8], _ b: [UInt8]) -> String {
  let place = zip(a, b).prefix { $0 == $1 }.count
  func around(_ octets: [UInt8]) -> String {
    String(decoding: octets[max(0, place - 300)..<min(octets.count, place + 100)], as: UTF8.self)
  }
  return "\(around(a)) | \(around(b))"
}
