import Glibc
import PacketAnalysis
import Synchronization

/// A thread that empties one ring of each interface into an analyzer of its own.
final class RingThread: @unchecked Sendable {
  // Neither is safe to be used by several threads: the thread uses them with the lock of the part,
  // and whoever else does holds it too (`RingAnalysis.whileStill`).
  private let reader: RingReader
  private let part: RingAnalysis.Part
  private let budget: FrameBudget
  private let isStopped = Atomic<Bool>(false)
  /// Of who started it.
  private var handle: pthread_t?

  /// Until a signal of the end is looked at.
  private static let pauseMilliseconds: Int32 = 100

  /// `nil` where the system gives us no thread.
  init?(_ reader: RingReader, _ part: RingAnalysis.Part, _ budget: FrameBudget) {
    (self.reader, self.part, self.budget) = (reader, part, budget)
    let context = Unmanaged.passRetained(self)
    var handle = pthread_t()
    let status = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<RingThread>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      errno = status
      return nil
    }
    self.handle = handle
  }

  private func run() {
    while !isStopped.load(ordering: .relaxed) {
      var sockets: [Int32]?
      part.lock.withLock { _ in
        guard reader.analyzeNext(part.analyzer, grant: budget.take) == nil else { return }
        reader.recorder?.flush()
        sockets = reader.sockets
      }
      guard let sockets else { continue }
      if RingReader.wait(for: sockets, milliseconds: Self.pauseMilliseconds) == .error {
        part.lock.withLock { _ in reader.takeErrors() }
      }
    }
    part.lock.withLock { _ in reader.recorder?.flush() }
  }

  /// Ends it, and waits for that.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    if let handle { pthread_join(handle, nil) }
    handle = nil
  }
}

/// How many frames may still be analyzed, by all threads together.
final class FrameBudget: Sendable {
  private let left: Atomic<Int>

  init(_ frames: Int) { left = Atomic(frames) }

  var remaining: Int { left.load(ordering: .relaxed) }

  /// Of `frames`, so many as there are left.
  func take(_ frames: Int) -> Int {
    var known = remaining
    while true {
      let taken = min(frames, known)
      let (done, now) = left.compareExchange(
        expected: known, desired: known - taken, ordering: .relaxed)
      if done { return taken }
      known = now
    }
  }
}
