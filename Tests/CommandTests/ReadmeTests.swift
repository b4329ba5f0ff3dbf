import CaptureTestSupport
import Foundation
import Testing

@Suite("README.md")
struct ReadmeTests {
  private static let url = Command.packageRoot.appendingPathComponent("README.md")

  /// `UPDATE_GOLDEN=1 swift test` writes the sample anew.
  @Test("its sample is what the command prints")
  func sample() throws {
    let text = try String(contentsOf: Self.url, encoding: .utf8)
    let (begin, end) = ("```\n$ gapscope ", "```\n")
    let start = try #require(text.range(of: begin)).upperBound
    let rest = text[start...]
    let commandEnd = try #require(rest.firstIndex(of: "\n"))
    let outputStart = text.index(after: commandEnd)
    let outputEnd = try #require(text.range(of: end, range: outputStart..<text.endIndex)).lowerBound

    // Neither a terminal nor COLUMNS: the width that the README names.
    let result = try Command.shell(
      "cd '\(Command.packageRoot.path)' && $GAPSCOPE \(rest[..<commandEnd])",
      in: TemporaryDirectory(), environment: ["COLUMNS": ""])
    #expect(result.status == 0)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      let updated = text.replacingCharacters(in: outputStart..<outputEnd, with: result.text)
      try Data(updated.utf8).write(to: Self.url)
    } else {
      #expect(result.text == text[outputStart..<outputEnd])
    }
  }

  @Test("names every page of docs/")
  func documents() throws {
    let text = try String(contentsOf: Self.url, encoding: .utf8)
    let pages = try FileManager.default.contentsOfDirectory(
      atPath: Command.packageRoot.appendingPathComponent("docs").path
    ).filter { $0.hasSuffix(".md") }
    #expect(pages.count > 5)
    for page in pages { #expect(text.contains("(docs/\(page))"), "\(page)") }
  }
}
