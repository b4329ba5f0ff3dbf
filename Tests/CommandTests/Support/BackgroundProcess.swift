import Foundation
import Glibc

/// A program that runs beside the test and ends with the value.
///
/// Foundation's `Process` hands on the signal mask of its thread, which blocks SIGTERM; a program that
/// should be ended needs an empty one.
final class BackgroundProcess {
  let process: pid_t
  private let files: TemporaryDirectory
  private var hasEnded = false
  /// As `waitpid` has it.
  private var endStatus: Int32 = -1

  init(_ path: String, _ arguments: [String]) throws {
    files = try TemporaryDirectory()
    let output = files.file("output")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    // A file: a pipe could be inherited by a process that another test starts.
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Foundation learns from a socket that a process of its own has ended: whoever inherits it, keeps it.
    for descriptor in 3..<Self.descriptorLimit {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var started: pid_t = 0
    let failure = posix_spawnp(&started, path, &actions, &attributes, &words, environ)
    guard failure == 0 else {
      throw BackgroundError(description: "\(path): \(String(cString: strerror(failure)))")
    }
    process = started
  }

  /// Above all that are open, and some that another test may open meanwhile.
  private static var descriptorLimit: Int32 {
    let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    return (open?.compactMap { Int32($0) }.max() ?? 0) + 64
  }

  deinit { stop() }

  var isRunning: Bool {
    if !hasEnded { hasEnded = waitpid(process, &endStatus, WNOHANG) != 0 }
    return !hasEnded
  }

  func stop() {
    guard isRunning else { return }
    kill(process, SIGTERM)
    let end = Date(timeIntervalSinceNow: 30)
    while isRunning, Date() < end { usleep(20_000) }
    guard !hasEnded else { return }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    hasEnded = true
  }

  /// Ends it without a chance to say so.
  func killAtOnce() {
    guard isRunning else { return }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    hasEnded = true
  }

  /// Waits for its end without a thread that others may need.
  ///
  /// - Returns: its exit status, or -1 where a signal ended it, and what it said.
  func waitForEnd(seconds: Int = 900) async throws -> (status: Int32, text: String) {
    let end = Date(timeIntervalSinceNow: TimeInterval(seconds))
    while isRunning {
      guard Date() < end else { throw BackgroundError(description: "it does not end") }
      try await Task.sleep(for: .milliseconds(100))
    }
    let text = try String(contentsOf: files.url("output"), encoding: .utf8)
    return (endStatus & 0x7F == 0 ? endStatus >> 8 & 0xFF : -1, text)
  }

  /// Waits until it has said so, and gives what is in the parentheses.
  func waitForOutput(_ pattern: Regex<(Substring, Substring)>) async throws -> String {
    let end = Date(timeIntervalSinceNow: 120)
    while true {
      let text = (try? String(contentsOf: files.url("output"), encoding: .utf8)) ?? ""
      if let match = text.firstMatch(of: pattern) { return String(match.1) }
      guard Date() < end, isRunning else {
        throw BackgroundError(description: "it did not say what was waited for: \(text)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

struct BackgroundError: Error, CustomStringConvertible {
  var description: String
}
