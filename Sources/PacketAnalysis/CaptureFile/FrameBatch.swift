/// Takes the frames of a capture one after the other, as a reader finds them.
///
/// The octets of a frame are valid until the reader returns.
protocol FrameConsumer: ~Copyable {
  /// The frames that are looked at ahead, and taken with a hint, will be of this interface, until the next
  /// call.
  mutating func expectFrames(ofInterface interface: UInt32)
  /// Frames of several kinds come in turn, so that no branch foretells which is next. The same as long as a
  /// reader reads; those of files have a loop for either, in which this is a constant.
  var isMixed: Bool { get }
  /// A frame that begins here will soon be taken: whatever it needs may be asked for. Of its octets,
  /// `ShortPath.leastLengthAhead` can be read.
  ///
  /// - Returns: what `locate` gets.
  mutating func expect(_ octets: UnsafeRawPointer, isMixed: Bool) -> UInt64
  /// The same frame will be taken sooner: what was expected of it has come from memory.
  ///
  /// - Returns: a hint that `take` gets with this frame.
  mutating func locate(_ expected: UInt64, isMixed: Bool) -> UInt64
  mutating func take(_ frame: CapturedFrame)
  /// The same of a frame of whose octets `ShortPath.leastLengthAhead` can be read, whatever its length.
  ///
  /// - Parameter hint: what `locate` returned, most likely for this frame.
  mutating func take(_ frame: CapturedFrame, hint: UInt64, isMixed: Bool)
}

extension FrameConsumer where Self: ~Copyable {
  @inline(__always)
  mutating func expectFrames(ofInterface interface: UInt32) {}
  @inline(__always)
  var isMixed: Bool { false }
  @inline(__always)
  mutating func expect(_ octets: UnsafeRawPointer, isMixed: Bool) -> UInt64 { 0 }
  @inline(__always)
  mutating func locate(_ expected: UInt64, isMixed: Bool) -> UInt64 { 0 }
  @inline(__always)
  mutating func take(_ frame: CapturedFrame, hint: UInt64, isMixed: Bool) { take(frame) }
}

/// Frames that travel together, where a reader does not hand each to its consumer: past a capture
/// filter, or in from a live interface.
///
/// The records live in memory that is allocated once; the octets of the frames stay where the
/// reader found them and are valid until the reader is given its next chunk.
public struct FrameBatch: ~Copyable, FrameConsumer {
  /// So many frames are handed over at a time.
  public static let capacity = 256

  /// Plain memory: an array would be checked for uniqueness at each frame.
  private let frames: UnsafeMutablePointer<CapturedFrame>
  public private(set) var count = 0

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

  @inline(__always)
  mutating func take(_ frame: CapturedFrame) { append(frame) }

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
