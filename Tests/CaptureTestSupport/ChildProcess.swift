public import Foundation
import Glibc

/// A program that runs beside the test, and ends with the value.
///
/// Foundation's `Process` learns of an end from a socket that any program inherits which another thread
/// starts at that moment: then it waits for that one too, maybe for ever. It also hands on the signals
/// that its thread blocks, SIGTERM among them.
public final class ChildProcess {
  public let identifier: pid_t
  private let command: [String]
  private var ended: End?

  public enum End: Equatable, Sendable {
    case exited(status: Int32)
    case killed(signal: Int32)

    /// -1 where a signal ended it.
    public var status: Int32 { if case .exited(let status) = self { status } else { -1 } }
  }

  /// What one of its three standard streams is. Never a pipe: it has no end before all have closed it
  /// who inherited it.
  public enum Stream {
    case null
    /// Made where it is not there, written to at its end.
    case file(String)
    case descriptor(Int32)
  }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Parameters:
  ///   - command: a program, looked for as the shell does, and its arguments.
  ///   - environment: instead of that of the tests.
  public init(
    _ command: [String], environment: [String: String]? = nil, input: Stream = .null,
    output: Stream = .null, error: Stream = .null
  ) throws {
    self.command = command
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (stream, number) in zip([input, output, error], [0, 1, 2] as [Int32]) {
      let flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
      switch stream {
      case .null: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", flags, 0)
      case .file(let path): posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o600)
      case .descriptor(let other): posix_spawn_file_actions_adddup2(&actions, other, number)
      }
    }
    for descriptor in 3..<Self.descriptorLimit {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var words = command.map { strdup($0) } + [nil]
    var settings =
      (environment ?? ProcessInfo.processInfo.environment)
      .map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + settings { free(text) } }
    var started: pid_t = 0
    let failure = posix_spawnp(&started, command[0], &actions, &attributes, &words, &settings)
    guard failure == 0 else {
      throw Failure(description: "\(command[0]): \(String(cString: strerror(failure)))")
    }
    identifier = started
  }

  deinit { kill() }

  /// No test opens a descriptor above it that others could wait for. More than a process may have are
  /// an error.
  private static let descriptorLimit = Int32(min(sysconf(Int32(_SC_OPEN_MAX)), 4_096))

  public var isRunning: Bool { end == nil }

  /// How it ended; `nil` while it runs.
  public var end: End? {
    if ended != nil { return ended }
    var status: Int32 = 0
    guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
    ended =
      status & 0x7F == 0
      ? .exited(status: status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
    return ended
  }

  public func send(signal: Int32) { if isRunning { Glibc.kill(identifier, signal) } }

  /// Waits for its end.
  ///
  /// - Throws: ``Failure`` where it does not come; the program is killed then.
  @discardableResult
  public func waitForEnd(seconds: Double = 900) throws -> End {
    let limit = Date(timeIntervalSinceNow: seconds)
    while true {
      if let end { return end }
      guard Date() < limit else {
        kill()
        throw Failure(description: "\(command.joined(separator: " ")): did not end")
      }
      usleep(1_000)
    }
  }

  /// Asks it to end, and makes it where it does not.
  public func stop() {
    send(signal: SIGTERM)
    if (try? waitForEnd(seconds: 30)) == nil { kill() }
  }

  /// Ends it without a chance to say so.
  public func kill() {
    send(signal: SIGKILL)
    while isRunning { usleep(1_000) }
  }
}

/// What a program left that ran to its end.
public struct ProcessOutcome {
  public var end: ChildProcess.End
  public var output: Data
  /// What it said on standard error.
  public var error: String

  public init(end: ChildProcess.End, output: Data, error: String) {
    (self.end, self.output, self.error) = (end, output, error)
  }

  public var status: Int32 { end.status }
  public var text: String { String(decoding: output, as: UTF8.self) }

  public func json() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: output) as? [String: Any] ?? [:]
  }
}

extension ChildProcess {
  /// Runs a program to its end.
  public static func run(
    _ command: [String], environment: [String: String]? = nil, input: Data = Data()
  ) throws -> ProcessOutcome {
    let files = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-process-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: files) }
    let names = ["input", "output", "error"].map { files.appendingPathComponent($0) }
    try input.write(to: names[0])
    let process = try ChildProcess(
      command, environment: environment, input: .file(names[0].path), output: .file(names[1].path),
      error: .file(names[2].path))
    let end = try process.waitForEnd()
    return ProcessOutcome(
      end: end, output: try Data(contentsOf: names[1]),
      error: String(decoding: try Data(contentsOf: names[2]), as: UTF8.self))
  }
}
