import CaptureTestSupport
import Foundation
import Testing

/// The command that was built with the tests, run as a process of its own.
enum Command {
  /// It lies beside the bundle of the tests.
  static let path: String = {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("gapscope").path
  }()

  static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let demo = packageRoot.appendingPathComponent("Demo")

  /// Runs `gapscope` with the arguments to its end.
  static func run(
    _ arguments: String..., input: Data = Data(), environment: [String: String] = [:]
  ) throws -> ProcessOutcome {
    try launch([path] + arguments, input: input, environment: environment)
  }

  static func run(_ arguments: [String]) throws -> ProcessOutcome {
    try launch([path] + arguments)
  }

  /// Runs a line of bash, to which `$GAPSCOPE` is the command and `$DIR` the directory.
  static func shell(
    _ line: String, in directory: TemporaryDirectory, environment: [String: String] = [:]
  ) throws -> ProcessOutcome {
    try launch(
      ["/bin/bash", "-c", line],
      environment: environment.merging(["GAPSCOPE": path, "DIR": directory.path]) { $1 })
  }

  private static func launch(
    _ command: [String], input: Data = Data(), environment: [String: String] = [:]
  ) throws -> ProcessOutcome {
    let environment = ProcessInfo.processInfo.environment
      .merging(["COLUMNS": "80", "NO_COLOR": "", "TERM": "xterm"]) { $1 }
      .merging(environment) { $1 }
    return try ChildProcess.run(command, environment: environment, input: input)
  }
}

/// A directory that goes with the value.
final class TemporaryDirectory {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  var path: String { directory.path }
  func url(_ name: String) -> URL { directory.appendingPathComponent(name) }
  func file(_ name: String) -> String { url(name).path }
  func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
}

extension Command {
  /// Stores the three captures of the demo, a point each, with buckets of 50 ms.
  static func storeDemo(in database: String) throws {
    let points = [
      "impaired=macsec-loss-reorder-duplicates", "rekey=macsec-mka-rekey",
      "tunnel=esp-esn-wrap",
    ].flatMap { point in
      let halves = point.split(separator: "=")
      return ["--point", "\(halves[0])=\(demo.path)/\(halves[1]).pcap.gz"]
    }
    let result = try run(["analyze", "-q", "--bucket", "50ms", "--database", database] + points)
    #expect(result.status == 0, "\(result.error)")
  }
}
