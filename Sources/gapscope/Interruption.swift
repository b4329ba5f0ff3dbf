import Glibc
import Synchronization

/// SIGINT and SIGTERM end the reading; what was read by then is reported and stored. A second one
/// ends the process at once.
enum Interruption {
  /// Set by a signal handler.
  private static let isRequested = Atomic<Bool>(false)

  static var isPending: Bool { isRequested.load(ordering: .relaxed) }

  /// From here on both signals only ask for the end.
  ///
  /// Without SA_RESTART: a read that waits for a pipe comes back.
  static func listen() {
    _ = isPending
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      if Interruption.isRequested.exchange(true, ordering: .relaxed) { _exit(130) }
    }
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
  }
}

/// A reader that goes away, as `head` does, is an error of a write and not the end of the process:
/// what was to be stored still is.
func ignoreBrokenPipes() {
  signal(SIGPIPE, SIG_IGN)
}
