import Glibc

/// Counts what one thread has for another, which waits where there is nothing.
struct Semaphore: ~Copyable, @unchecked Sendable {
  /// In memory of its own: the operating system keeps its address, and lets any thread use it.
  private let handle: UnsafeMutablePointer<sem_t>

  init(count: Int) {
    handle = .allocate(capacity: 1)
    sem_init(handle, 0, UInt32(count))
  }

  deinit {
    sem_destroy(handle)
    handle.deallocate()
  }

  func signal() { sem_post(handle) }

  /// Not for longer than so; whether there was something.
  func wait(milliseconds: Int) -> Bool {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_nsec += milliseconds * 1_000_000
    deadline.tv_sec += deadline.tv_nsec / 1_000_000_000
    deadline.tv_nsec %= 1_000_000_000
    return sem_timedwait(handle, &deadline) == 0
  }

  func wait() {
    // A signal handler ends the waiting early.
    while sem_wait(handle) != 0 {}
  }
}
