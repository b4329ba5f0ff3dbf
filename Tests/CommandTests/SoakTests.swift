import CaptureTestSupport
import Foundation
import Testing

/// `make soak` for a moment.
@Suite("scripts/soak", .serialized)
struct SoakTests {
  private static let obstacle: String? = {
    func isThere(_ program: String) -> Bool {
      let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
      return folders.split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
      }
    }
    let isPossible =
      getuid() == 0 && isThere("python3") && ["gcc", "clang", "cc"].contains(where: isThere)
    return isPossible ? nil : "scripts/soak needs root, python3 and a C compiler"
  }()
  private static let script = Command.packageRoot.appendingPathComponent("scripts/soak").path
  /// What the script says where there are no network namespaces.
  private static let notPermitted: Int32 = 77

  @Test(
    "what is sent is captured and stored, or recorded as dropped",
    .enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? "")), arguments: [1, 2])
  func moment(rings: Int) throws {
    let result = try Command.shell(
      "'\(Self.script)' --packets 40000 --seconds 20 --rings \(rings) --command \"$GAPSCOPE\"",
      in: TemporaryDirectory())
    guard result.status != Self.notPermitted else { return print(result.text) }
    #expect(result.status == 0, "\(result.error)")
    #expect(result.text.contains("No difference that is not explained."))
  }

  @Test(
    "a capture that leaves frames in the ring is a failure",
    .enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? "")))
  func wrongCapture() throws {
    let result = try Command.shell(
      """
      cat > $DIR/wrong <<'END'
      #!/bin/bash
      exec "$GAPSCOPE" "$@" --count 1000
      END
      chmod +x $DIR/wrong
      '\(Self.script)' --packets 20000 --seconds 20 --command $DIR/wrong
      """, in: TemporaryDirectory())
    guard result.status != Self.notPermitted else { return print(result.text) }
    #expect(result.status == 1)
    #expect(result.error.contains("soak: captured: 1,000, not "))
  }
}
