import CaptureTestSupport
import Foundation
import Testing

/// `make stress` with a hundredth of its packets.
@Suite("scripts/stress")
struct StressTests {
  private static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
  private static let script = Command.packageRoot.appendingPathComponent("scripts/stress").path

  @Test(
    "a million packets through a FIFO are what the generator says, in constant memory",
    .enabled(if: isPossible, "scripts/stress needs /usr/bin/python3"))
  func million() throws {
    let result = try Command.shell(
      "'\(Self.script)' --packets 1000000 --command \"$GAPSCOPE\"", in: TemporaryDirectory())
    #expect(result.status == 0, "\(result.error)")
    #expect(result.text.contains("Equal to the truth: 1,000,000 frames, 1,000 associations"))
    #expect(result.text.contains("The memory of the analysis grew by "))
  }

  @Test(
    "another report than the truth is a failure",
    .enabled(if: isPossible, "scripts/stress needs /usr/bin/python3"))
  func wrongReport() throws {
    let result = try Command.shell(
      """
      cat > $DIR/wrong <<'END'
      #!/bin/bash
      set -o pipefail
      "$GAPSCOPE" "$@" | sed -E 's/"reordered" ?: ?[0-9]+/"reordered": 0/'
      END
      chmod +x $DIR/wrong
      '\(Self.script)' --packets 20000 --flows 10 --command $DIR/wrong
      """, in: TemporaryDirectory())
    #expect(result.status == 1)
    #expect(result.error.contains("stress: reordered is 0, but the truth is "))
  }
}
