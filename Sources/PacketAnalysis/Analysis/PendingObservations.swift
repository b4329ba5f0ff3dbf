/// Protected headers between their decoding and the update of their associations.
///
/// One of the few files with unsafe pointers: plain memory, allocated once and used again and again.
/// Its records are written and read field by field, in place: a copy of a whole record would have to
/// wait for the stores of its parts.
struct PendingObservations: ~Copyable {
  /// So many are enough for their slots to arrive in the cache while others are decoded.
  private static let fullCount = 32
  /// The headers of one frame find room behind those that fill it.
  private static let capacity = fullCount + DecodedFrame.headerCapacity

  private let observations: UnsafeMutablePointer<Observation>
  /// Behind the last.
  private var end: UnsafeMutablePointer<Observation>
  /// Where it is full.
  private let limit: UnsafeMutablePointer<Observation>
  /// Of those that the general decoder read.
  private let details: UnsafeMutablePointer<ObservationDetails>
  private var otherCount: UInt64 = 0

  init() {
    observations = .allocate(capacity: Self.capacity)
    end = observations
    limit = observations + Self.fullCount
    details = .allocate(capacity: Self.capacity)
  }

  deinit {
    observations.deallocate()
    details.deallocate()
  }

  var count: Int { end - observations }
  /// Those that the `ShortPath` read.
  var usualCount: UInt64 { UInt64(count) - otherCount }
  var isFull: Bool { @inline(__always) get { end >= limit } }

  /// Adds a header that the `ShortPath` read.
  @inline(__always)
  mutating func append(
    usual header: ShortPath.Header, hash: UInt32, of frame: borrowing CapturedFrame,
    place: FramePlace
  ) {
    append(
      header.key, hash: hash, number: header.number, shape: header.shape, frame: frame,
      place: place,
      isUsual: true, isNested: false)
  }

  /// Adds a header that the general decoder read.
  mutating func append(
    _ header: borrowing ProtectedHeader, key: CompactKey, hash: UInt32,
    details: ObservationDetails, of frame: borrowing CapturedFrame, place: FramePlace,
    isNested: Bool
  ) {
    let shape = ShortPath.shape(
      tci: header.tci.rawValue, destination: details.destination, source: details.source)
    self.details[count] = details
    otherCount += 1
    append(
      key, hash: hash, number: header.number, shape: header.number == 0 ? shape.ofZero : shape,
      frame: frame, place: place, isUsual: false, isNested: isNested)
  }

  @inline(__always)
  private mutating func append(
    _ key: CompactKey, hash: UInt32, number: UInt32, shape: FrameShape,
    frame: borrowing CapturedFrame, place: FramePlace, isUsual: Bool, isNested: Bool
  ) {
    // Whoever fills it empties it before the next frame.
    let observation = end
    observation.pointee.key.first = key.first
    observation.pointee.key.second = key.second
    observation.pointee.hash = hash
    observation.pointee.number = number
    observation.pointee.octets = frame.originalLength
    observation.pointee.time = frame.time
    observation.pointee.place = place
    observation.pointee.shape = shape
    observation.pointee.octetsStart = frame.octets
    observation.pointee.isUsual = isUsual
    observation.pointee.isNested = isNested
    end = observation + 1
  }

  subscript(index: Int) -> ObservationView {
    @inline(__always) get { ObservationView(observations + index) }
  }

  /// What is looked at where the frame differs from the one before.
  func details(at index: Int) -> ObservationDetails {
    precondition(index < count, "no such observation")
    let observation = observations + index
    guard observation.pointee.isUsual, let octets = observation.pointee.octetsStart else {
      return details[index]
    }
    // The short path has read beyond the addresses.
    return ObservationDetails(
      destination: octets.loadUnaligned(as: UInt64.self).bigEndian >> 16,
      source: octets.loadUnaligned(fromByteOffset: 6, as: UInt64.self).bigEndian >> 16)
  }

  mutating func removeAll() {
    end = observations
    otherCount = 0
  }
}

/// An observation where it stands. Valid until the next `append` or `removeAll`.
struct ObservationView {
  private let record: UnsafePointer<Observation>

  @inline(__always)
  init(_ record: UnsafePointer<Observation>) { self.record = record }

  /// The whole record, for the long path.
  var copy: Observation { record.pointee }

  var key: CompactKey { @inline(__always) get { record.pointee.key } }
  var hash: UInt32 { @inline(__always) get { record.pointee.hash } }
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
