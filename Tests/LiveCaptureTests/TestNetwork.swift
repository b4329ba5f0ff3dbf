import CaptureTestSupport
import Foundation
import Testing

/// A network namespace with a cable in it, made for a test and gone with it: what is sent on `near`
/// comes in on `far`.
final class TestNetwork {
  let near = "near0"
  let far = "far0"
  let files: URL
  private let name = "gapscope-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  init() throws {
    files = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    try Tool.run("ip", "netns", "add", name)
    try makeCable()
  }

  deinit {
    _ = try? Tool.run("ip", "netns", "delete", name)
    try? FileManager.default.removeItem(at: files)
  }

  /// Without addresses nothing of the machine's own is sent on it.
  func makeCable(mtuOctets: Int = 9_000) throws {
    let mtu = "\(mtuOctets)"
    try ip("link", "add", near, "mtu", mtu, "type", "veth", "peer", "name", far, "mtu", mtu)
    for interface in [near, far] {
      try ip("link", "set", interface, "addrgenmode", "none")
      try ip("link", "set", interface, "up")
    }
  }

  func file(_ name: String) -> String { files.appendingPathComponent(name).path }

  @discardableResult
  func ip(_ arguments: String...) throws -> String {
    try Tool.run(["ip", "-n", name] + arguments)
  }

  /// Sends frames of a capture on `near`; returns how many they were.
  @discardableResult
  func send(
    _ capture: String, from first: Int = 1, count: Int = .max, pauseMicroseconds: Int = 200
  ) throws -> Int {
    let output = try Tool.run([
      "ip", "netns", "exec", name, Tool.built("FrameSender"), near, file(capture), "\(first)",
      "\(count)", "\(pauseMicroseconds)",
    ])
    return try #require(Int(output.filter(\.isNumber)))
  }

  /// The same, while it goes on.
  func sending(
    _ capture: String, from first: Int = 1, count: Int = .max, pauseMicroseconds: Int
  ) throws -> RunningCapture {
    try RunningCapture(
      [
        "ip", "netns", "exec", name, Tool.built("FrameSender"), near, file(capture), "\(first)",
        "\(count)", "\(pauseMicroseconds)",
      ], in: files, untilListening: false)
  }

  /// Starts `gapscope capture` and waits until it listens. It ends some day, whatever goes wrong.
  func capture(_ arguments: String..., prefix: [String] = []) throws -> RunningCapture {
    try capture(arguments: arguments, prefix: prefix)
  }

  func capture(arguments: [String], prefix: [String] = []) throws -> RunningCapture {
    try RunningCapture(
      ["ip", "netns", "exec", name] + prefix + [Tool.built("gapscope"), "capture"] + arguments
        + ["--duration", "60s"], in: files)
  }

  /// What `env` runs as a command in the namespace.
  func inside(_ command: String...) -> [String] { ["ip", "netns", "exec", name] + command }

  /// What `env` runs as `gapscope` in the namespace.
  func command(_ arguments: String...) -> [String] {
    ["ip", "netns", "exec", name, Tool.built("gapscope")] + arguments
  }

  /// Runs `gapscope` to its end.
  @discardableResult
  func gapscope(_ arguments: String..., prefix: [String] = []) throws -> ProcessOutcome {
    try gapscope(arguments: arguments, prefix: prefix)
  }

  func gapscope(
    arguments: [String], prefix: [String] = []
  ) throws -> ProcessOutcome {
    try RunningCapture(
      ["ip", "netns", "exec", name] + prefix + [Tool.built("gapscope")] + arguments, in: files,
      untilListening: false
    ).end()
  }

  /// Writes a capture of known traffic.
  func generate(_ capture: String, _ options: String..., more: [String] = []) throws {
    try Tool.run([Tool.built("gapscope"), "generate", "-o", file(capture)] + options + more)
  }

  /// Why there are no such tests here; `nil` where there are.
  static let obstacle: String? = {
    do {
      let network = try TestNetwork()
      let trial = try network.gapscope("interfaces", "--json")
      return trial.text.contains("CAP_NET_RAW") ? "needs the capability CAP_NET_RAW" : nil
    } catch {
      return "needs root and iproute2, for network namespaces: \(error)"
    }
  }()
}

/// A capture that runs in a process of its own.
final class RunningCapture {
  let process: ChildProcess
  private let output: URL
  private let error: URL

  init(_ command: [String], in directory: URL, untilListening: Bool = true) throws {
    let id = UUID().uuidString
    output = directory.appendingPathComponent("output-\(id)")
    error = directory.appendingPathComponent("error-\(id)")
    process = try ChildProcess(command, output: .file(output.path), error: .file(error.path))
    while untilListening, process.isRunning, !messages.contains("Listening") { usleep(10_000) }
  }

  /// What it said on standard error so far.
  var messages: String {
    String(decoding: (try? Data(contentsOf: error)) ?? Data(), as: UTF8.self)
  }

  /// What it said on standard output so far.
  var text: String { String(decoding: (try? Data(contentsOf: output)) ?? Data(), as: UTF8.self) }

  func signal(_ number: Int32) { process.send(signal: number) }

  /// Waits for its end.
  func end() throws -> ProcessOutcome {
    ProcessOutcome(
      end: try process.waitForEnd(), output: try Data(contentsOf: output), error: messages)
  }
}

enum Tool {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// What was built lies beside the bundle of the tests.
  static func built(_ name: String) -> String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(name).path
  }

  @discardableResult
  static func run(_ command: String...) throws -> String { try run(command) }

  @discardableResult
  static func run(_ command: [String]) throws -> String {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-tool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let result = try RunningCapture(command, in: directory, untilListening: false).end()
    guard result.status == 0 else {
      throw Failure(description: "\(command.joined(separator: " ")): \(result.error)")
    }
    return result.text
  }
}
