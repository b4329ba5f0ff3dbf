/// Where a frame stands in the run, in one word: its file and its number in that file.
struct FramePlace: Equatable, BitwiseCopyable {
  private var packed: UInt64

  /// Files that a run can name.
  static let fileLimit = 1 << 16
  private static let frameBits: UInt64 = 44
  /// The largest number of a frame.
  static let frameLimit: UInt64 = 1 << frameBits - 1

  @inline(__always)
  init(file: Int, frame: UInt64) {
    packed = UInt64(truncatingIfNeeded: file) << Self.frameBits | frame
  }

  /// A frame of the same file; `self` is its frame 0.
  @inline(__always)
  func frame(_ number: UInt64) -> FramePlace {
    var place = self
    place.packed |= number
    return place
  }

  var file: Int { Int(packed >> Self.frameBits) & (Self.fileLimit - 1) }
  var frame: UInt64 { packed & (1 << Self.frameBits - 1) }

  /// Before `other` in the order of the run's files and their frames.
  func precedes(_ other: FramePlace) -> Bool { packed < other.packed }

  /// The same frame, where `frames` others of its file come before those that were counted.
  func moved(by frames: UInt64) -> FramePlace { FramePlace(file: file, frame: frame + frames) }

  func reference(at time: Timestamp) -> FrameReference {
    FrameReference(file: file, frame: frame, time: time.known)
  }
}

/// A frame of one association on its way through the tracker.
struct TrackedFrame: BitwiseCopyable {
  /// As on the wire: 32 bits.
  var number: UInt32
  /// On the wire.
  var octets: UInt32
  var time: Timestamp
  var place: FramePlace
  /// The AN was away when this frame arrived (rule 1).
  var isReturn = false
  /// The header stood inside another protected header.
  var isNested = false
}

extension TrackedFrame {
  init(_ observation: Observation) {
    self.init(
      number: observation.number, octets: observation.octets, time: observation.time,
      place: observation.place, isNested: observation.isNested)
  }
}
