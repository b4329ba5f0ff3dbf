import CaptureInput
import Foundation
import PacketAnalysis
import Testing
import TrafficGenerator

/// The truth of what the generator emitted against what the analyzer finds in it.
@Suite("Generator against analyzer")
struct GeneratorTests {
  private static let seeds =
    UInt64(ProcessInfo.processInfo.environment["GAPSCOPE_SEEDS"] ?? "") ?? 500

  @Test("all fields are equal, for random mixtures of scenarios")
  func mixtures() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "gapscope-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("test.pcap").path
    for seed in 1...Self.seeds {
      let options = GeneratorOptions.mixture(seed: seed)
      let differences = try differences(options, path)
      guard differences.isEmpty else {
        let short = options.shrunk { ((try? self.differences($0, path)) ?? []).isEmpty == false }
        Issue.record(
          """
          seed \(seed): \(differences.prefix(5).joined(separator: "; "))
          shrinks to \(short): \(((try? self.differences(short, path)) ?? []).prefix(5))
          """)
        return
      }
    }
  }

  private func differences(_ options: GeneratorOptions, _ path: String) throws -> [String] {
    // Too short for its scenarios: the generator refuses it.
    guard let generator = try? TrafficGenerator(options: options) else { return [] }
    let truth = try generator.run(path: path)
    return ReportDifference.differences(truth: truth, report: try analyze(path), limit: 10)
  }
}
