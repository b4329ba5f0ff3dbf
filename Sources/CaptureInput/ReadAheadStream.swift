import Glibc

/// Runs another stream ahead of its reader, on a thread of its own.
///
/// The thread begins when so much was read that it pays; files that are only examined have none. It
/// has ended when this object is gone.
final class ReadAheadStream: ByteStream {
  /// Of the thread alone, once that has begun.
  private let stream: any ByteStream
  private let abandon: () -> Void
  private var thread: pthread_t?
  /// What the thread fills; `nil` before it begins.
  private var ring: PortionRing?
  /// The one that is read; before the first one, none that has octets.
  private var portion = PortionRing.Portion()
  private var portionNumber = 0
  /// In the portion.
  private var position = 0
  private var octetsWithoutThread = 0
  private(set) var storedOctetsRead: UInt64 = 0

  /// A thread costs more than it brings for less.
  private static let mostOctetsWithoutThread = 512 << 10

  /// - Parameter abandon: ends, from another thread, a read of the stream that waits for input.
  init(_ stream: any ByteStream, abandon: @escaping () -> Void) {
    self.stream = stream
    self.abandon = abandon
    storedOctetsRead = stream.storedOctetsRead
  }

  deinit {
    guard let thread else { return }
    ring?.stop()
    abandon()
    pthread_join(thread, nil)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    if ring == nil, octetsWithoutThread >= Self.mostOctetsWithoutThread { startThread() }
    guard let ring else {
      let count = try stream.read(into: buffer)
      octetsWithoutThread += count
      storedOctetsRead = stream.storedOctetsRead
      return count
    }
    if position == portion.count, !portion.isLast { takePortion(of: ring) }
    if let failure = portion.failure { throw failure }
    let count = min(portion.count - position, buffer.count)
    buffer.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: portion.octets[position..<position + count]))
    position += count
    return count
  }

  private func takePortion(of ring: PortionRing) {
    if portionNumber > 0 { ring.giveBack() }
    portion = ring.take(portionNumber)
    portionNumber += 1
    position = 0
    storedOctetsRead = portion.storedOctetsRead
  }

  // MARK: The thread

  /// What the thread has to do.
  private final class Work {
    let ring = PortionRing()
    let stream: any ByteStream
    init(_ stream: any ByteStream) { self.stream = stream }
  }

  /// Where there can be no thread, reading goes on without.
  private func startThread() {
    octetsWithoutThread = 0
    let work = Work(stream)
    let context = Unmanaged.passRetained(work)
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
        work.ring.fill(from: work.stream)
        return nil
      }, context.toOpaque())
    guard result == 0 else { return context.release() }
    self.thread = thread
    ring = work.ring
  }
}
