import CaptureTestSupport
import Foundation
import Testing

/// `make bench` on tiny captures: that it works, not how fast it is.
@Suite("scripts/bench")
struct BenchTests {
  private static let isPossible = ["python3", "gcc"].allSatisfy { program in
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return folders.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  @Test(
    "measures every part, with the yardstick and without",
    .enabled(if: isPossible, "scripts/bench needs python3 and gcc"),
    arguments: ["", "GAPSCOPE_LIMITS=/nowhere "])
  func quick(environment: String) throws {
    let directory = try TemporaryDirectory()
    let script = Command.packageRoot.appendingPathComponent("scripts/bench").path
    let result = try Command.shell(
      "\(environment)'\(script)' --quick --command \"$GAPSCOPE\" --directory \"$DIR\"",
      in: directory)

    #expect(result.status == 0, "\(result.error)")
    for capture in ["small.pcap", "imix.pcap", "mixed.pcap", "full.pcap", "small.pcapng"] {
      #expect(result.text.contains("| \(capture) "))
    }
    // The yardstick's captures come with their truth, and the answers are held against it.
    let hasYardstick = !result.text.contains("No yardstick")
    #expect(result.text.contains("equal to the truth: 20,000 packets") == hasYardstick)
    for part in ["C, every number formatted", "C and SQLite", "with a new database", ".gz: "] {
      #expect(result.text.contains(part))
    }
    #expect(result.text.contains("\n| 10,000 "))
    // Live, where there may be a network namespace.
    for receiver in ["gapscope capture", "C at a packet ring", "C with libpcap"] {
      #expect(
        result.text.contains("| \(receiver) ") || result.text.contains("Live: skipped, needs "))
    }
    #expect(result.text.contains("| packets | predecessor ms |"))
    #expect(result.text.contains("| 10,000  |            152 |        65,789 |"))
    // 10 Gbit/s of 64 octets and 20 more between them.
    #expect(result.text.contains("| 10     |     64 |               14.88 M |"))
  }
}
