import Synchronization

/// A few large buffers that go round between a thread that fills them and one that empties them.
///
/// The two threads share it without a lock: a portion belongs to one of them at any time, and the
/// semaphores hand it over, with all that was written to it.
final class PortionRing {
  struct Portion {
    var octets = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// So many are filled.
    var count = 0
    /// In place of octets: why the stream ended early.
    var failure: StreamFailure?
    /// By the stream, when this was filled.
    var storedOctetsRead: UInt64 = 0
    /// Nothing follows.
    var isLast = false
  }

  private static let portionCount = 4
  /// All of them together stay in the caches of most machines.
  private static let portionOctets = 256 << 10

  private let portions: UnsafeMutableBufferPointer<Portion>
  private let free = Semaphore(count: portionCount)
  private let filled = Semaphore(count: 0)
  private let isStopped = Atomic<Bool>(false)

  init() {
    portions = .allocate(capacity: Self.portionCount)
    for index in portions.indices {
      portions.initializeElement(
        at: index,
        to: Portion(octets: .allocate(byteCount: Self.portionOctets, alignment: 16)))
    }
  }

  deinit {
    for portion in portions { portion.octets.deallocate() }
    portions.deinitialize()
    portions.deallocate()
  }

  /// Fills portions in turn until the stream is over or nobody wants more.
  func fill(from stream: any ByteStream) {
    var number = 0
    var isLast = false
    while !isLast {
      free.wait()
      if isStopped.load(ordering: .relaxed) { return }
      isLast = Self.fill(&portions[number % Self.portionCount], from: stream)
      number += 1
      filled.signal()
    }
  }

  /// Returns whether it is the last one.
  private static func fill(_ portion: inout Portion, from stream: any ByteStream) -> Bool {
    do throws(StreamFailure) {
      // Not more than one read: the next may have to wait, and what there is would wait with it.
      portion.count = try stream.read(into: portion.octets)
    } catch {
      portion.count = 0
      portion.failure = error
    }
    portion.storedOctetsRead = stream.storedOctetsRead
    portion.isLast = portion.count == 0
    return portion.isLast
  }

  /// The one with this number, from 0 on, as soon as it is filled.
  func take(_ number: Int) -> Portion {
    filled.wait()
    return portions[number % Self.portionCount]
  }

  /// One that was taken can be filled again.
  func giveBack() { free.signal() }

  /// `fill` returns as soon as the stream's `read` does.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    free.signal()
  }
}
