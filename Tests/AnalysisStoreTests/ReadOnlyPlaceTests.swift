import Foundation
import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("A database beside which nothing can be written is read")
struct ReadOnlyPlaceTests {
  private let directory: TemporaryDirectory
  /// A name so long that no file system has one with `-wal` after it: so much for root, too.
  private let path: String
  private let resting: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.file(String(repeating: "x", count: 247) + "?%#.db")
    resting = directory.file("results.db")
    try Self.store(seed: 3, in: resting)
    try FileManager.default.copyItem(atPath: resting, toPath: path)
  }

  private static func store(seed: UInt64, in path: String) throws {
    let store = try AnalysisStore(path: path)
    try store.store(RandomReport.make(seed: seed))
    try store.close()
  }

  @Test("it was said to be what cannot be written", arguments: [false, true])
  func read(isFixed: Bool) async throws {
    let reader = AnalysisReader(path: path, timeLimit: .seconds(600), isFixed: isFixed)
    #expect(try await reader.runs(limit: 9).map(\.run) == [1])
    let version = try await reader.version()
    #expect(try await reader.version() == version)
  }

  @Test("whoever writes it after all is noticed")
  func changed() async throws {
    let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
    #expect(try await reader.runs(limit: 9).map(\.run) == [1])
    let version = try await reader.version()
    try Self.store(seed: 4, in: resting)
    // In place, so that it is the same file.
    try Data(contentsOf: URL(fileURLWithPath: resting)).write(to: URL(fileURLWithPath: path))
    #expect(try await reader.runs(limit: 9).map(\.run) == [2, 1])
    #expect(try await reader.version() != version)
  }

  @Test("what is no database is still none")
  func others() async throws {
    try Data(repeating: 0x5A, count: 8_192).write(to: URL(fileURLWithPath: path))
    await #expect(throws: StoreError(path: path, problem: .notADatabase)) {
      try await AnalysisReader(path: path, timeLimit: .seconds(600)).check()
    }
  }
}
