import Dispatch

/// Counts what one thread has for another, which waits where there is nothing.
struct Semaphore: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  init(count: Int) {
    // One that began with a count must not end with less.
    for _ in 0..<count { semaphore.signal() }
  }

  func signal() { semaphore.signal() }

  /// Not for longer than so, whatever becomes of the time of day; whether there was something.
  func wait(milliseconds: Int) -> Bool {
    semaphore.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }

  func wait() { semaphore.wait() }
}
