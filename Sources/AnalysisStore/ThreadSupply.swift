import Glibc

/// Whether the system gives this process threads: connections of GRDB end by way of libdispatch, which waits for a
/// thread without end, whatever signal comes.
enum ThreadSupply {
  /// - Throws: `noThread` where there is none to be had at the moment.
  static func require(path: String) throws(StoreError) {
    var thread = pthread_t()
    guard pthread_create(&thread, nil, { _ in nil }, nil) == 0 else {
      throw StoreError(path: path, problem: .noThread)
    }
    pthread_join(thread, nil)
  }
}
