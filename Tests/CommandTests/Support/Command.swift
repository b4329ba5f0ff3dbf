import Foundation

/// The command that was built with the tests, run as a process of its own.
enum Command {
  struct Result {
    var status: Int32
    /// Ended by a signal, whose number `status` is.
    var wasSignalled: Bool
    var output: Data
    var error: String

    var text: String { String(decoding: output, as: UTF8.self) }

    func json() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: output)
      return value as? [String: Any] ?? [:]
    }
  }

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
    _ arguments: String..., input: Data? = nil, environment: [String: String] = [:]
  ) throws -> Result {
    try launch(path, arguments, input: input, environment: environment)
  }

  static func run(_ arguments: [String]) throws -> Result {
    try launch(path, arguments, input: nil, environment: [:])
  }

  /// Runs a line of bash, to which `$GAPSCOPE` is the command and `$DIR` the directory.
  static func shell(
    _ line: String, in directory: TemporaryDirectory, environment: [String: String] = [:]
  ) throws -> Result {
    try launch(
      "/bin/bash", ["-c", line], input: nil,
      environment: environment.merging(["GAPSCOPE": path, "DIR": directory.path]) { $1 })
  }

  /// Through files: a pipe could be inherited by a process that another test starts.
  private static func launch(
    _ path: String, _ arguments: [String], input: Data?, environment: [String: String]
  ) throws -> Result {
    let files = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(["COLUMNS": "80", "NO_COLOR": "", "TERM": "xterm"]) { $1 }
      .merging(environment) { $1 }
    try (input ?? Data()).write(to: files.url("input"))
    try Data().write(to: files.url("output"))
    try Data().write(to: files.url("error"))
    process.standardInput = try FileHandle(forReadingFrom: files.url("input"))
    process.standardOutput = try FileHandle(forWritingTo: files.url("output"))
    process.standardError = try FileHandle(forWritingTo: files.url("error"))
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus,
      wasSignalled: process.terminationReason == .uncaughtSignal,
      output: try Data(contentsOf: files.url("output")),
      error: String(decoding: try Data(contentsOf: files.url("error")), as: UTF8.self))
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
