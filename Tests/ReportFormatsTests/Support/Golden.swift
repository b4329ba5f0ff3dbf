import Foundation
import Testing

/// Compares with `Golden/NAME`. With UPDATE_GOLDEN=1 the file is rewritten, and the difference is
/// for the reviewer to read.
func expectGolden(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Golden")
  let file = folder.appendingPathComponent(name)
  if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
    try Data(text.utf8).write(to: file)
    return
  }
  let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
  for (line, (actual, expected)) in zip(lines, expectedLines).enumerated() {
    #expect(actual == expected, "\(name), line \(line + 1)", sourceLocation: sourceLocation)
  }
  #expect(lines.count == expectedLines.count, "\(name)", sourceLocation: sourceLocation)
}
