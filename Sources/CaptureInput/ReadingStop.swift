import Glibc
import Synchronization

/// Asks the reading to end early, wherever it waits: what was read by then is all there is.
///
/// For the whole process, since it is signals that ask.
public enum ReadingStop {
  /// When it was requested, by the monotonic clock; 0: it was not.
  private static let time = Atomic<UInt64>(0)

  public static var isRequested: Bool { time.load(ordering: .relaxed) != 0 }

  /// Whether it was requested so long ago that nothing may be waited for any more: the process is to
  /// end within 2 seconds, and its report is still to be made.
  public static var isOverdue: Bool {
    let time = time.load(ordering: .relaxed)
    return time != 0 && MonotonicClock().nowNanoseconds - time > longestWaitNanoseconds
  }

  private static let longestWaitNanoseconds: UInt64 = 1_500_000_000

  /// Fit for a signal handler. Returns whether it had been requested before.
  @discardableResult
  public static func request() -> Bool {
    !time.compareExchange(
      expected: 0, desired: MonotonicClock().nowNanoseconds, ordering: .relaxed
    ).exchanged
  }

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
