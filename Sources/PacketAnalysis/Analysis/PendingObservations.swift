/// The protected headers of a batch, between the two passes over it.
///
/// One of the few files with unsafe pointers: plain memory, allocated once and reused for every
/// batch. Its records are written and read field by field, in place: a copy of a whole record would
/// have to wait for the stores of its parts.
struct PendingObservations: ~Copyable {
  /// Frames with several headers leave room for one header of each other frame of the batch.
  static let capacity = 2 * FrameBatch.capacity

  private let observations: UnsafeMutablePointer<Observation>
  private(set) var count = 0
  /// So many of them were taken.
  private(set) var done = 0

  init() { observations = .allocate(capacity: Self.capacity) }

  deinit { observations.deallocate() }

  /// - Parameters:
  ///   - position: of the frame in its batch.
  ///   - header: of the header in its frame; any but the first is inside another one.
  @inline(__always)
  mutating func append(
    _ key: CompactKey, hash: UInt64, number: UInt32, shape: FrameShape,
    frame: borrowing CapturedFrame, file: Int, position: Int, header: Int,
    isUsual: Bool
  ) {
    precondition(count < Self.capacity, "more headers than a batch can have")
    let observation = observations + count
    observation.pointee.key.first = key.first
    observation.pointee.key.second = key.second
    observation.pointee.hash = hash
    observation.pointee.number = number
    observation.pointee.octets = frame.originalLength
    observation.pointee.time = frame.time
    observation.pointee.place = FramePlace(file: file, frame: frame.number)
    observation.pointee.shape = shape
    observation.pointee.position = UInt16(truncatingIfNeeded: position)
    observation.pointee.header = UInt8(truncatingIfNeeded: header)
    observation.pointee.isUsual = isUsual
    count &+= 1
  }

  subscript(index: Int) -> ObservationView {
    @inline(__always) get {
      precondition(index < count, "no such observation")
      return ObservationView(observations + index)
    }
  }

  /// Takes the first; it can be read until `removeAll`.
  @inline(__always)
  mutating func takeFirst() -> Int {
    done &+= 1
    return done &- 1
  }

  mutating func removeAll() { (count, done) = (0, 0) }
}

/// An observation where it stands. Valid until the next `append` or `removeAll`.
struct ObservationView {
  private let record: UnsafePointer<Observation>

  @inline(__always)
  init(_ record: UnsafePointer<Observation>) { self.record = record }

  /// The whole record, for the long path.
  var copy: Observation { record.pointee }

  var key: CompactKey { @inline(__always) get { record.pointee.key } }
  var hash: UInt64 { @inline(__always) get { record.pointee.hash } }
  var number: UInt32 { @inline(__always) get { record.pointee.number } }
  var octets: UInt32 { @inline(__always) get { record.pointee.octets } }
  var time: Timestamp { @inline(__always) get { record.pointee.time } }
  var place: FramePlace { @inline(__always) get { record.pointee.place } }
  var shape: FrameShape { @inline(__always) get { record.pointee.shape } }
}

extension CapturedFrame {
  /// The captured octets; valid as long as the batch is.
  var span: RawSpan {
    @inline(__always)
    @_lifetime(borrow self)
    get {
      // The reader vouches for pointer and length until its next chunk.
      let span = RawSpan(_unsafeStart: octets, byteCount: Int(capturedLength))
      return _overrideLifetime(span, borrowing: self)
    }
  }
}
