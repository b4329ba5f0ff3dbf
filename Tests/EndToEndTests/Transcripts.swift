import CaptureInput
import PacketAnalysis
import ReportFormats

/// Records a capture, as the command does.
func record(
  _ path: String, point: String? = nil, options: AnalysisOptions = AnalysisOptions(),
  eachFrame: Bool = false
) throws -> TranscriptPart {
  let captures = try CaptureSet([CaptureInputArgument(path: path, point: point)])
  let openingPointCount = captures.points.count
  let analyzer = PacketAnalyzer(recordingWith: options, eachFrame: eachFrame)
  while captures.analyzeNext(analyzer) != nil {}
  return analyzer.finishPart(
    TranscriptOrigin(
      run: captures.runDescription(), firstTime: captures.firstFrameTimes[0],
      openingPointCount: openingPointCount, filter: nil))
}

/// Writes transcripts, reads them again and merges them.
func merge(_ parts: [TranscriptPart], inOrder: Bool = false) throws -> AnalysisReport {
  let octets = parts.flatMap { $0.encoded() }
  return try TranscriptMerge(
    TranscriptPart.parts(of: octets, named: "test"), inOrder: inOrder
  ).report()
}

extension AnalysisReport {
  var json: [UInt8] {
    get throws {
      var sink = CollectingSink()
      try JSONReport.write(self, to: &sink)
      return sink.octets
    }
  }
}

/// The first lines in which two reports differ.
func difference(_ a: [UInt8], _ b: [UInt8]) -> String {
  for (a, b) in zip(a.split(separator: 0x0A), b.split(separator: 0x0A)) where a != b {
    return "\(String(decoding: a, as: UTF8.self)) | \(String(decoding: b, as: UTF8.self))"
  }
  return "\(a.count) and \(b.count) octets"
}
