import Foundation

/// Captures of others with the answers of others, which are not part of the project.
enum SharedCaptures {
  /// `GAPSCOPE_CAPTURES`, by default beside the project.
  static let root: String =
    ProcessInfo.processInfo.environment["GAPSCOPE_CAPTURES"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/captures").standardized.path

  static let arePresent = FileManager.default.fileExists(atPath: root + "/public/SOURCES.tsv")

  static func path(_ name: String) -> String { "\(root)/public/files/\(name)" }

  /// How many packets capinfos finds in each file; `nil` where it refuses the file.
  static let capinfosPackets: [String: Int?] = {
    guard
      let data = FileManager.default.contents(atPath: root + "/public/expected/capinfos.json"),
      let verdicts = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let files = verdicts["files"] as? [String: [String: Any]]
    else { return [:] }
    return files.mapValues { ($0["Number of packets"] as? String).flatMap { Int($0) } }
  }()
}
