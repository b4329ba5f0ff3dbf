import CaptureInput
import Foundation
import PacketAnalysis

/// Where the captures of others are; `GAPSCOPE_CAPTURES` names another place.
enum Captures {
  static let root: URL = {
    if let path = ProcessInfo.processInfo.environment["GAPSCOPE_CAPTURES"] {
      return URL(fileURLWithPath: path)
    }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return package.appendingPathComponent("../shared/captures")
  }()

  static var hasKernel: Bool { exists("kernel/index.json") }
  static var hasPublic: Bool { exists("public/SOURCES.tsv") }

  static func path(_ name: String) -> String { root.appendingPathComponent(name).path }

  static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []).sorted()
  }

  static func json(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: root.appendingPathComponent(name))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  private static func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name))
  }
}

/// Reads and analyzes, as the command does.
func analyze(
  _ inputs: [CaptureInputArgument], options: AnalysisOptions = AnalysisOptions(),
  filter: String? = nil, order: CaptureOrder = .byTime
) throws -> AnalysisReport {
  let captures = try CaptureSet(inputs, filter: filter, order: order)
  let analyzer = PacketAnalyzer(options: options)
  while captures.analyzeNext(analyzer) != nil {}
  return analyzer.finish(captures.runDescription())
}

func analyze(_ paths: String..., options: AnalysisOptions = AnalysisOptions()) throws
  -> AnalysisReport
{
  try analyze(paths.map { CaptureInputArgument(path: $0) }, options: options)
}
