import Glibc
import ReportFormats

/// What is known of the terminal, if there is one.
enum Terminal {
  static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
  /// One whose lines can be replaced.
  static var isError: Bool { isatty(STDERR_FILENO) == 1 && !isDumb }
  static var isInput: Bool { isatty(STDIN_FILENO) == 1 }
  /// As an editor's window for commands is: it shows what steers others.
  private static var isDumb: Bool { environment("TERM") == "dumb" }

  /// Columns for text on standard output.
  static var width: Int { columns(of: STDOUT_FILENO) ?? defaultWidth }
  /// Columns for text on standard error.
  static var errorWidth: Int { columns(of: STDERR_FILENO) ?? 80 }

  /// Where the output goes to a file or a pipe and nothing says how wide it should be.
  static let defaultWidth = 100

  /// Colour is wanted: see <https://no-color.org>.
  static var takesColor: Bool {
    isOutput && (environment("NO_COLOR") ?? "").isEmpty && !isDumb
  }

  /// Puts `text` in the place of the line that the cursor is on, standard error.
  static func replaceLine(_ text: String) { writeError("\r\u{1B}[K" + text) }

  /// Lines of standard error.
  static var errorHeight: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
    return Int(size.ws_row)
  }

  private static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  private static func environment(_ name: String) -> String? {
    // Points into the environment, which nothing here changes.
    unsafe getenv(name).map { value in unsafe String(cString: value) }
  }

  /// In one piece, so that the lines of several processes do not mix. That it failed cannot be said.
  static func writeError(_ text: String) {
    let octets = Array(text.utf8)
    // The system call takes a pointer; it is not kept.
    _ = unsafe octets.withUnsafeBytes { bytes in
      unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
  }
}

/// Everything that is not a result goes to standard error.
func printNotice(_ message: String) {
  if Terminal.hold(message) { return }
  Terminal.writeError(printableLines(message) + "\n")
}
