import ArgumentParser
import ReportFormats

/// An error that ends the command with exit status 1 and its text on standard error.
struct Failure: Error, CustomStringConvertible {
  var description: String
  /// File names in it do not steer the terminal.
  init(_ description: String) { self.description = printableLines(description) }
}

extension ExitCode {
  /// Some input was damaged or unreadable, another part was processed.
  static let inputDamaged = ExitCode(2)
  /// A condition of `--fail-if` holds.
  static let thresholdExceeded = ExitCode(3)
}
