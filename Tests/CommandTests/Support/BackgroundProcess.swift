import CaptureTestSupport
import Foundation

/// A program that runs beside the test, whose words are looked at, and which ends with the value.
final class BackgroundProcess {
  private let child: ChildProcess
  private let files: TemporaryDirectory

  init(_ path: String, _ arguments: [String]) throws {
    files = try TemporaryDirectory()
    let output = ChildProcess.Stream.file(files.file("output"))
    child = try ChildProcess([path] + arguments, output: output, error: output)
  }

  deinit { child.stop() }

  var identifier: pid_t { child.identifier }
  var isRunning: Bool { child.isRunning }
  func stop() { child.stop() }
  func killAtOnce() { child.kill() }

  private var text: String {
    (try? String(contentsOf: files.url("output"), encoding: .utf8)) ?? ""
  }

  /// Waits for its end without a thread that others may need.
  ///
  /// - Returns: its exit status, or -1 where a signal ended it, and what it said.
  func waitForEnd(seconds: Int = 900) async throws -> (status: Int32, text: String) {
    let limit = Date(timeIntervalSinceNow: TimeInterval(seconds))
    while true {
      if let end = child.end { return (end.status, text) }
      guard Date() < limit else { throw BackgroundError(description: "it does not end") }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Waits until it has said so, and gives what is in the parentheses.
  func waitForOutput(_ pattern: Regex<(Substring, Substring)>) async throws -> String {
    let limit = Date(timeIntervalSinceNow: 120)
    while true {
      let text = text
      if let match = text.firstMatch(of: pattern) { return String(match.1) }
      guard Date() < limit, isRunning else {
        throw BackgroundError(description: "it did not say what was waited for: \(text)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}

struct BackgroundError: Error, CustomStringConvertible {
  var description: String
}
