import Glibc

/// What is known of the terminal, if there is one.
enum Terminal {
  static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
  static var isError: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns for text on standard output.
  static var width: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    if let columns = environment("COLUMNS").flatMap({ Int($0) }), columns > 0 { return columns }
    return defaultWidth
  }

  /// Where the output goes to a file or a pipe and nothing says how wide it should be.
  static let defaultWidth = 100

  /// Colour is wanted: see <https://no-color.org>.
  static var takesColor: Bool {
    isOutput && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
  }

  private static func environment(_ name: String) -> String? {
    // Points into the environment, which nothing here changes.
    unsafe getenv(name).map { value in unsafe String(cString: value) }
  }
}

/// Everything that is not a result goes to standard error.
func printNotice(_ message: String) {
  // One write, so that lines of several processes do not mix; a failure to say so cannot be said.
  let octets = Array("\(message)\n".utf8)
  _ = unsafe octets.withUnsafeBytes { bytes in
    unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
  }
}
