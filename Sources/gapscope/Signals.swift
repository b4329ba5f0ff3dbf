import CaptureInput
import Glibc
import Synchronization

/// Lets a command that reads end, and answer, when a signal asks for it:
///
/// * SIGINT and SIGTERM end the reading; what was read by then is reported and stored. A second one
///   ends the process at once.
/// * SIGUSR1 asks for statistics.
/// * SIGHUP asks for the configuration to be read again where there is one, or it ends the reading; not
///   where it was ignored before, as nohup(1) has it.
///
/// - Parameter reloads: there is a configuration, and somebody who reads it again.
func listenToSignals(reloads: Bool = false) {
  // So that the handler finds them in being.
  _ = ReadingStop.isRequested
  SignalRequest.statistics.withdraw()
  SignalRequest.configuration.withdraw()
  let end: @convention(c) (Int32) -> Void = { _ in
    if ReadingStop.request() {
      Terminal.restoreScreen()
      _exit(130)
    }
  }
  handle([SIGINT, SIGTERM], with: end)
  handle([SIGUSR1]) { _ in SignalRequest.statistics.make() }
  if reloads {
    handle([SIGHUP]) { _ in SignalRequest.configuration.make() }
  } else if !isIgnored(SIGHUP) {
    handle([SIGHUP], with: end)
  }
}

private func isIgnored(_ signal: Int32) -> Bool {
  var action = sigaction()
  sigaction(signal, nil, &action)
  return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    == unsafeBitCast(SIG_IGN, to: Int.self)
}

/// What a signal asked for, until somebody does it.
struct SignalRequest: ~Copyable {
  private let flag = Atomic<Bool>(false)

  /// What was seen so far, on standard error.
  static let statistics = SignalRequest()
  /// That the configuration is read again.
  static let configuration = SignalRequest()

  /// Fit for a signal handler.
  func make() { flag.store(true, ordering: .relaxed) }
  func withdraw() { flag.store(false, ordering: .relaxed) }

  /// Whether it was asked for; told once.
  func take() -> Bool {
    flag.load(ordering: .relaxed) && flag.exchange(false, ordering: .relaxed)
  }
}

private func handle(_ signals: [Int32], with handler: @escaping @convention(c) (Int32) -> Void) {
  var action = sigaction()
  action.__sigaction_handler.sa_handler = handler
  var set = sigset_t()
  sigemptyset(&set)
  for signal in signals {
    sigaction(signal, &action, nil)
    sigaddset(&set, signal)
  }
  // Whoever started us may have blocked them for itself; that is inherited.
  pthread_sigmask(SIG_UNBLOCK, &set, nil)
}

/// A reader that goes away, as `head` does, or a file that may not grow further, is an error of a write
/// and not the end of the process: what was to be stored still is.
func letWritesFail() {
  signal(SIGPIPE, SIG_IGN)
  signal(SIGXFSZ, SIG_IGN)
}
