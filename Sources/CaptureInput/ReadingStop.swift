import Glibc
import Synchronization

/// Asks the reading to end early, wherever it waits: what was read by then is all there is.
///
/// For the whole process, since it is signals that ask.
public enum ReadingStop {
  private static let flag = Atomic<Bool>(false)

  public static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Fit for a signal handler. Returns whether it had been requested before.
  @discardableResult
  public static func request() -> Bool { flag.exchange(true, ordering: .relaxed) }

  /// Waits until something can be read; no, where the reading is to end before, or that of the file.
  ///
  /// A signal may come just before a system call that waits; so none waits for long.
  static func waitForInput(_ file: InputFile) -> Bool {
    var request = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
    while !isRequested, !file.isAbandoned {
      // Also on an error, which the read then names.
      if poll(&request, 1, pauseMilliseconds) != 0 && request.revents != 0 { return true }
    }
    return false
  }

  private static let pauseMilliseconds: Int32 = 100
}
