/// The protected headers of a batch, between the two passes over it.
///
/// One of the few files with unsafe pointers: plain memory, allocated once and reused for every
/// batch.
struct PendingObservations: ~Copyable {
  /// Room for one header a frame, and for a frame full of them.
  static let capacity = FrameBatch.capacity + DecodedFrame.headerCapacity

  private struct Origin: BitwiseCopyable {
    var position: UInt8
    var header: UInt8
  }

  private let observations: UnsafeMutablePointer<Observation>
  private let origins: UnsafeMutablePointer<Origin>
  private(set) var count = 0

  var isFull: Bool { count == Self.capacity }

  init() {
    observations = .allocate(capacity: Self.capacity)
    origins = .allocate(capacity: Self.capacity)
  }

  deinit {
    observations.deallocate()
    origins.deallocate()
  }

  /// Adds the header with the index `header` of the frame at `position` in the batch.
  @inline(__always)
  mutating func append(_ observation: Observation, position: Int, header: Int) {
    precondition(count < Self.capacity, "more headers than a batch can have")
    observations[count] = observation
    origins[count] = Origin(
      position: UInt8(truncatingIfNeeded: position), header: UInt8(truncatingIfNeeded: header))
    count += 1
  }

  subscript(index: Int) -> Observation {
    @inline(__always) get {
      precondition(index < count, "no such observation")
      return observations[index]
    }
  }

  func origin(of index: Int) -> (position: Int, header: Int) {
    precondition(index < count, "no such observation")
    return (Int(origins[index].position), Int(origins[index].header))
  }

  mutating func removeAll() { count = 0 }
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
