import CaptureTestSupport
import Foundation

/// Runs the command on many damaged captures at once, since a process for each would take long,
/// and finds the one on which it fails.
///
/// The kernel sets the limits: 256 MB of memory and a second of processor time for a whole batch.
/// They count what this process uses and not how busy the machine is.
final class CommandTrial {
  /// What went wrong, and on which of the captures.
  struct Failure: CustomStringConvertible {
    var captures: [[UInt8]]
    var arguments: [String]
    var reason: String

    var description: String {
      let files = captures.map { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
      return "\(reason)\narguments: \(arguments)\ncaptures: \(files.joined(separator: "\n"))"
    }
  }

  /// Whether the captures of a batch know of one another.
  enum Points {
    /// Each has a point of its own.
    case apart
    /// All are parts of one capture.
    case together
  }

  private let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("gapscope-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  /// `nil`: all is well.
  func failure(
    on captures: [[UInt8]], arguments: [String] = ["--json", "--bucket", "1s"],
    points: Points = .apart
  ) throws -> Failure? {
    guard let reason = try run(captures, arguments, points) else { return nil }
    for half in halves(of: captures) {
      if let failure = try failure(on: half, arguments: arguments, points: points) {
        return failure
      }
    }
    // A batch takes longer than its parts.
    if reason == Self.tookLong, captures.count > 1 { return nil }
    return Failure(captures: captures, arguments: arguments, reason: reason)
  }

  private func halves(of captures: [[UInt8]]) -> [[[UInt8]]] {
    guard captures.count > 1 else { return [] }
    let middle = captures.count / 2
    return [Array(captures[..<middle]), Array(captures[middle...])]
  }

  private static let tookLong = "took longer than a second of processor time"
  private static let limits = "ulimit -c 0; ulimit -d 262144; ulimit -St 1"

  /// What is wrong with the run; `nil`: nothing.
  private func run(
    _ captures: [[UInt8]], _ arguments: [String], _ points: Points
  ) throws -> String? {
    var files: [String] = []
    let database = directory.appendingPathComponent("results.db").path
    for ending in ["", "-wal", "-shm"] { unlink(database + ending) }
    for (index, capture) in captures.enumerated() {
      let path = directory.appendingPathComponent("\(index)").path
      try Data(capture).write(to: URL(fileURLWithPath: path))
      files += points == .apart ? ["--point", "p\(index)=\(path)"] : [path]
    }
    let output = directory.appendingPathComponent("output")
    let error = directory.appendingPathComponent("error")
    let line =
      "\(Self.limits); exec timeout -s KILL 30 \"$0\" \"$@\" </dev/null >\(output.path) 2>\(error.path)"
    let process = try ChildProcess(
      ["/bin/bash", "-c", line, Self.command, "analyze", "--database", database] + arguments
        + files,
      environment: ["SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin"])

    let end = try process.waitForEnd()
    if let signal = Self.signal(of: end) {
      return signal == SIGXCPU ? Self.tookLong : "ended by signal \(signal)"
    }
    let status = end.status
    guard (0...2).contains(status) else { return "exit status \(status)" }
    let message = String(decoding: try Data(contentsOf: error), as: UTF8.self)
    if message.contains(database) { return "not stored: \(message)" }
    if status == 1 { return message.isEmpty ? "exit status 1 without a word" : nil }
    if arguments.contains("--json") {
      let json = try? JSONSerialization.jsonObject(with: try Data(contentsOf: output))
      guard let json = json as? [String: Any] else { return "no JSON" }
      guard json["totals"] != nil else { return "JSON without totals" }
    }
    return nil
  }

  /// The shell's, or as `timeout` tells of it.
  private static func signal(of end: ChildProcess.End) -> Int32? {
    switch end {
    case .killed(let signal): signal
    case .exited(let status): status > 128 ? status % 128 : nil
    }
  }

  /// It lies beside the bundle of the tests.
  private static let command = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("gapscope").path
}
