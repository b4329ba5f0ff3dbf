import Glibc
import ReportFormats
import Synchronization

/// A screen of its own on the terminal, for a while.
extension Terminal {
  /// The address of the settings to be put back; 0 where the screen is not ours.
  private static let before = Atomic<UInt>(0)
  /// Notices that would tear the screen, until it is left.
  private static let held = Mutex<[String]>([])

  /// Returns no where there is no terminal.
  static func takeScreen() -> Bool {
    // It stays for good: a signal handler may look at it at any moment.
    let settings = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    guard unsafe tcgetattr(STDIN_FILENO, settings) == 0 else { return false }
    var own = unsafe settings.pointee
    own.c_lflag &= ~tcflag_t(ICANON | ECHO)
    // Ctrl-C stays a signal; Ctrl-Z and Ctrl-\ would leave the terminal as it is now.
    withUnsafeMutableBytes(of: &own.c_cc) { keys in
      unsafe keys[Int(VSUSP)] = 0
      unsafe keys[Int(VQUIT)] = 0
      // A read returns at once.
      unsafe keys[Int(VMIN)] = 0
      unsafe keys[Int(VTIME)] = 0
    }
    guard tcsetattr(STDIN_FILENO, TCSANOW, &own) == 0 else { return false }
    before.store(UInt(bitPattern: settings), ordering: .releasing)
    writeError(enter)
    return true
  }

  static func leaveScreen() {
    guard restoreScreen() else { return }
    for notice in held.withLock({ notices in notices.take() }) { printNotice(notice) }
  }

  /// Fit for a signal handler. Returns whether the screen was ours.
  @discardableResult
  static func restoreScreen() -> Bool {
    let address = before.exchange(0, ordering: .acquiringAndReleasing)
    guard let settings = UnsafePointer<termios>(bitPattern: address) else { return false }
    unsafe tcsetattr(STDIN_FILENO, TCSANOW, settings)
    unsafe write(STDERR_FILENO, leave.utf8Start, leave.utf8CodeUnitCount)
    return true
  }

  /// The alternate screen, without a cursor.
  private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
  private static let leave: StaticString = "\u{1B}[?25h\u{1B}[?1049l"

  /// In place: nothing is cleared before, so that nothing flickers.
  static func draw(_ lines: [String]) {
    let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
    writeError("\u{1B}[H" + text + "\u{1B}[J")
  }

  static func pressedKey() -> Character? {
    var octet: UInt8 = 0
    guard unsafe read(STDIN_FILENO, &octet, 1) == 1 else { return nil }
    return Character(Unicode.Scalar(octet))
  }

  /// Keeps a notice until the screen is left; returns no where it is not ours.
  static func hold(_ notice: String) -> Bool {
    guard before.load(ordering: .acquiring) != 0 else { return false }
    held.withLock { $0.append(notice) }
    return true
  }

  static var lastHeldNotice: String? { held.withLock { $0.last } }
}

extension [String] {
  fileprivate mutating func take() -> [String] {
    defer { self = [] }
    return self
  }
}
