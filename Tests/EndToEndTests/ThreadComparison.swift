import CaptureInput
@testable import PacketAnalysis
import Testing

/// Holds the reports of so many threads against that of one; no, where one differs.
func compareThreads(
  _ path: String, threads: some Sequence<Int>, _ name: String,
  _ counts: inout PartCounts, options: AnalysisOptions = AnalysisOptions()
) throws -> Bool {
  let (one, _) = try threadedReport(path, threads: 1, options)
  for count in threads {
    let (many, found) = try threadedReport(path, threads: count, options)
    counts.joined += found.joined
    counts.abandoned += found.abandoned
    counts.associations += found.associations
    counts.repeatedChannels += found.repeatedChannels
    guard one == many else {
      Issue.record("\(name), \(count) threads: \(difference(one, many))")
      return false
    }
  }
  return true
}

/// The report of a capture as JSON; it is divided into parts however small.
func threadedReport(
  _ path: String, threads: Int, _ options: AnalysisOptions = AnalysisOptions()
) throws -> (octets: [UInt8], counts: PartCounts) {
  let captures = try CaptureSet([CaptureInputArgument(path: path)])
  captures.threadCount = ThreadCount(threads, leastPartOctets: 1)
  let analyzer = PacketAnalyzer(options: options)
  while captures.analyzeNext(analyzer) != nil {}
  return (try analyzer.finish(captures.runDescription()).json, analyzer.partCounts)
}
