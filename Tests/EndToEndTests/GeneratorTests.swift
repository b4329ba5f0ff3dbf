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
    try withTemporaryFile { path in
      let failure = firstFailure(seeds: 1...Self.seeds) { try differences($0, path) }
      if let failure { Issue.record("\(failure)") }
    }
  }

  /// The comparison itself: with an analysis that forgets to count duplicates.
  @Test("a difference is found, and shrinks to few packets, few flows and one scenario")
  func shrinksDifferences() throws {
    try withTemporaryFile { path in
      let failure = firstFailure(seeds: 1...100) { options in
        try differences(options, path) { report in
          for index in report.associations.indices { report.associations[index].duplicates = 0 }
        }
      }
      let short = try #require(failure).shortest
      #expect(short.scenarios.count == 1)
      #expect(short.flows <= 2)
      #expect(short.packets < 200)
    }
  }

  @Test("what cannot be generated or analyzed is a failure with its seed")
  func thrownErrors() throws {
    struct Unreadable: Error {}
    let unread = try #require(firstFailure(seeds: 7...9) { _ in throw Unreadable() })
    #expect("\(unread)".hasPrefix("seed 7: Unreadable()"))
    #expect(unread.shortest.packets < GeneratorOptions.mixture(seed: 7).packets)
    let refused = firstFailure(seeds: 7...9) { _ in throw GeneratorError.tooManyPackets(1) }
    #expect(refused?.shortest == GeneratorOptions.mixture(seed: 7))
  }

  // MARK: Comparing

  private struct Failure: CustomStringConvertible {
    var seed: UInt64
    var differences: [String]
    /// A smaller mixture that fails too.
    var shortest: GeneratorOptions
    var shortestDifferences: [String]

    var description: String {
      """
      seed \(seed): \(differences.prefix(5).joined(separator: "; "))
      shrinks to \(shortest): \(shortestDifferences.prefix(5).joined(separator: "; "))
      """
    }
  }

  /// Stops at the first seed whose mixture fails. An error is a failure too; but to be too short
  /// for its scenarios is none in a smaller mixture.
  private func firstFailure(
    seeds: ClosedRange<UInt64>, _ differences: (GeneratorOptions) throws -> [String]
  ) -> Failure? {
    func found(_ options: GeneratorOptions) -> (differences: [String], isRefused: Bool) {
      do { return (try differences(options), false) } catch {
        return (["\(error)"], error is GeneratorError)
      }
    }
    for seed in seeds {
      let options = GeneratorOptions.mixture(seed: seed)
      let differences = found(options).differences
      guard !differences.isEmpty else { continue }
      let short = options.shrunk {
        let (differences, isRefused) = found($0)
        return !isRefused && !differences.isEmpty
      }
      return Failure(
        seed: seed, differences: differences, shortest: short,
        shortestDifferences: found(short).differences)
    }
    return nil
  }

  /// - Parameter falsify: what to do to the analysis before it is compared.
  private func differences(
    _ options: GeneratorOptions, _ path: String, falsify: (inout AnalysisReport) -> Void = { _ in }
  ) throws -> [String] {
    let truth = try TrafficGenerator(options: options).run(path: path)
    var report = try analyze(path)
    falsify(&report)
    return ReportDifference.differences(truth: truth, report: report, limit: 10)
  }
}

/// A place for a capture, which is gone afterwards.
func withTemporaryFile(_ body: (_ path: String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "gapscope-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.appendingPathComponent("test.pcap").path)
}
