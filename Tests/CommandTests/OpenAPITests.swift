import CaptureTestSupport
import Foundation
import Testing

/// Everything that the description of the API allows, and much that it does not, asked of a server by
/// schemathesis.
@Suite("The API as its description has it")
struct OpenAPITests {
  private static let script = Command.packageRoot.appendingPathComponent("scripts/try-api").path
  private static let isThere = FileManager.default.isExecutableFile(
    atPath: Command.packageRoot.appendingPathComponent(".build/schemathesis/bin/schemathesis").path)

  @Test(
    "schemathesis finds no failure",
    .enabled(if: isThere, "skipped: it takes schemathesis (scripts/try-api --install)"))
  func schemathesis() async throws {
    let directory = try TemporaryDirectory()
    let points = [
      "impaired=macsec-loss-reorder-duplicates", "rekey=macsec-mka-rekey",
      "tunnel=esp-esn-wrap",
    ].flatMap { point in
      let halves = point.split(separator: "=")
      return ["--point", "\(halves[0])=\(Command.demo.path)/\(halves[1]).pcap.gz"]
    }
    let stored = try Command.run(
      ["analyze", "-q", "--bucket", "50ms", "--database", directory.file("live.db")] + points)
    #expect(stored.status == 0, "\(stored.error)")
    let server = try BackgroundProcess(
      Command.path,
      ["serve", "--database", directory.file("live.db"), "--listen", "127.0.0.1:0"])
    defer { server.stop() }
    let port = try await server.waitForOutput(#/at http://127\.0\.0\.1:(\d+)//#)
    let asking = try BackgroundProcess(Self.script, ["http://127.0.0.1:\(port)"])
    let result = try await asking.waitForEnd()
    #expect(result.status == 0, "\(result.text.suffix(8_000))")
    #expect(result.text.contains("No issues found"), "\(result.text.suffix(8_000))")
    #expect(server.isRunning)
  }
}
