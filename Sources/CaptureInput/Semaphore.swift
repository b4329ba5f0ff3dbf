import Glibc

/// Counts what one thread has for another, which waits where there is nothing.
struct Semaphore: ~Copyable {
  /// In memory of its own: the operating system keeps its address.
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

  func wait() {
    // A signal handler ends the waiting early.
    while sem_wait(handle) != 0 {}
  }
}
