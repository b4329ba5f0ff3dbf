/// The frames that travel together through an analysis: enough to hide the latency of memory
/// behind one another, few enough to stay in the first-level cache.
///
/// The records live in memory that is allocated once; the octets of the frames stay where the
/// reader found them and are valid until the reader is given its next chunk.
public struct FrameBatch: ~Copyable {
  public static let capacity = 128

  /// Plain memory: an array would be checked for uniqueness at each frame.
  let frames: UnsafeMutablePointer<CapturedFrame>
  public internal(set) var count = 0

  public init() { frames = .allocate(capacity: Self.capacity) }

  deinit { frames.deallocate() }

  public var isEmpty: Bool { count == 0 }
  public var isFull: Bool { count == Self.capacity }

  public subscript(index: Int) -> CapturedFrame {
    @inline(__always)
    get {
      precondition(index >= 0 && index < count, "no such frame in the batch")
      return frames[index]
    }
  }

  public mutating func append(_ frame: CapturedFrame) {
    precondition(!isFull, "the batch is full")
    frames[count] = frame
    count += 1
  }

  public mutating func removeAll() { count = 0 }

  /// Keeps the frames for which `isKept` holds, in their order.
  public mutating func keep(where isKept: (CapturedFrame) -> Bool) {
    var kept = 0
    for index in 0..<count where isKept(frames[index]) {
      frames[kept] = frames[index]
      kept += 1
    }
    count = kept
  }
}
