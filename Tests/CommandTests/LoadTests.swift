import Foundation
import Testing

/// `make load` with little of everything: what it measures is not looked at, but that it can.
@Suite("scripts/load")
struct LoadTests {
  private static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
  private static let script = Command.packageRoot.appendingPathComponent("scripts/load").path

  @Test(
    "pages are answered without an error while a replay writes, and both are measured",
    .enabled(if: isPossible, "skipped: scripts/load needs /usr/bin/python3"))
  func pages() async throws {
    let load = try BackgroundProcess(
      Self.script,
      [
        "--json", "--seconds", "3", "--connections", "10", "--pages", "20", "--pps", "2000",
        "--packets", "20000", "--flows", "50", "--command", Command.path,
      ])
    let result = try await load.waitForEnd()
    #expect(result.status == 0, "\(result.text)")
    let object = try JSONSerialization.jsonObject(with: Data(result.text.utf8)) as? [String: Any]
    let asked = try #require(object?["asked"] as? [String: Any])
    #expect(asked["errors"] as? Int == 0)
    #expect(asked["pages"] as? Int == 60)
    for name in ["p50Milliseconds", "p99Milliseconds", "replayNanosecondsPerPacket"] {
      #expect(asked[name] as? Double ?? 0 > 0, "\(name)")
    }
  }
}
