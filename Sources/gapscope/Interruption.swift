import CaptureInput
import Glibc

/// SIGINT and SIGTERM end the reading; what was read by then is reported and stored. A second one
/// ends the process at once.
func endReadingOnSignals() {
  // So that the handler finds it in being.
  _ = ReadingStop.isRequested
  var action = sigaction()
  action.__sigaction_handler.sa_handler = { _ in
    if ReadingStop.request() { _exit(130) }
  }
  var signals = sigset_t()
  sigemptyset(&signals)
  for signal in [SIGINT, SIGTERM] {
    sigaction(signal, &action, nil)
    sigaddset(&signals, signal)
  }
  // Whoever started us may have blocked them for itself; that is inherited.
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
}

/// A reader that goes away, as `head` does, is an error of a write and not the end of the process:
/// what was to be stored still is.
func ignoreBrokenPipes() {
  signal(SIGPIPE, SIG_IGN)
}
