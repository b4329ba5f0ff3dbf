/// The part of an association that every packet touches: one cache line.
///
/// Packets and numbers are not counted here: a packet in order adds one to each of them, so their
/// count is how far `expected` has moved since they were last settled (`EpochState.settle`).
struct AssociationSlot: BitwiseCopyable {
  var key = CompactKey(words: (0, 0))
  /// Octets of the newest epoch.
  var octets: UInt64 = 0
  /// Of the last arrival of the newest epoch.
  var lastTime: Int64 = 0
  /// Where the highest number of the newest epoch first arrived.
  var highestPlace = FramePlace(file: 0, frame: 0)
  /// The low 32 bits of the number after the highest.
  var expected: UInt32 = 0
  /// Nanoseconds between arrivals in order, as far as 32 bits reach.
  var minimumStep: UInt32 = .max
  var maximumStep: UInt32 = 0
  /// `AssociationPlace.word`.
  var record: UInt32 = 0
  /// Of the last frame, and whether to leave the short path.
  var shape = FrameShape(tci: 0, addresses: (0, 0))
}

extension AssociationSlot {
  /// Nanoseconds since the last arrival; larger than 32 bits where time went backwards.
  @inline(__always)
  func step(to time: Timestamp) -> UInt64 {
    UInt64(bitPattern: time.nanosecondsSinceEpoch &- lastTime)
  }

  /// Counts a packet, if it is the next and nothing about it is new; returns whether it is.
  ///
  /// Place and shape are looked at last, when fewer other things need a register.
  @inline(__always)
  mutating func takeInOrder(
    number: UInt32, octets: UInt32, time: Timestamp, place: @autoclosure () -> FramePlace,
    shape: @autoclosure () -> FrameShape
  ) -> Bool {
    let step = step(to: time)
    guard expected == number, step < UInt64(UInt32.max), self.shape == shape() else {
      return false
    }
    take(
      number: number, octets: octets, time: time, place: place(),
      step: UInt32(truncatingIfNeeded: step))
    return true
  }

  mutating func takeInOrder(_ observation: Observation) -> Bool {
    takeInOrder(
      number: observation.number, octets: observation.octets, time: observation.time,
      place: observation.place, shape: observation.shape)
  }

  /// Counts a packet with a number above all others.
  @inline(__always)
  mutating func take(_ observation: Observation, step: UInt32) {
    take(
      number: observation.number, octets: observation.octets, time: observation.time,
      place: observation.place, step: step)
  }

  @inline(__always)
  private mutating func take(
    number: UInt32, octets: UInt32, time: Timestamp, place: FramePlace, step: UInt32
  ) {
    expected = number &+ 1
    self.octets &+= UInt64(octets)
    lastTime = time.nanosecondsSinceEpoch
    highestPlace = place
    // Without branches: of a short association many steps are the longest or the shortest so far.
    minimumStep = min(minimumStep, step)
    maximumStep = max(maximumStep, step)
  }
}

/// The slots of associations in the order in which these were added, and an index that finds them.
///
/// What else is kept of an association is at the same index as its slot. Slots are never removed, so that
/// an index that was found once leads to the slot at once.
///
/// One of the few files with unsafe pointers: a slot is one cache line, which is changed where it is.
struct AssociationTable: ~Copyable {
  private var slots: RecordArray<AssociationSlot>
  private var index: KeyIndex
  let hasher: KeyHasher

  var count: Int { slots.count }

  init() { self.init(hasher: KeyHasher()) }

  /// An empty one, in which a key has the same hash as in `other`.
  init(hashingAs other: borrowing AssociationTable) { self.init(hasher: other.hasher) }

  private init(hasher: KeyHasher) {
    self.hasher = hasher
    slots = RecordArray(minimumCapacity: 1 << 10)
    index = KeyIndex()
  }

  /// The same slots in memory of their own.
  init(copying other: borrowing AssociationTable) {
    hasher = other.hasher
    slots = RecordArray(copying: other.slots)
    index = KeyIndex(copying: other.index)
  }

  // MARK: Slots

  /// Valid until another one is added.
  @inline(__always)
  func slot(at index: Int) -> UnsafeMutablePointer<AssociationSlot> { slots.pointer(at: index) }

  /// Asks for a slot that will soon be needed.
  @inline(__always)
  func prefetch(at index: Int) { slots.prefetch(index) }

  /// Adds a slot for `key`, which must have none. The others may move.
  mutating func insert(
    _ key: CompactKey, record: UInt32
  ) -> UnsafeMutablePointer<AssociationSlot> {
    var slot = AssociationSlot()
    slot.key = key
    slot.record = record
    let place = slots.append(slot)
    index.add { Self.marked(hasher.hash(slots[$0].key), an: slots[$0].key.an) }
    return slots.pointer(at: place)
  }

  // MARK: Finding

  /// Asks for what says where the slot of a key with this hash and AN is, and returns what `locate` needs.
  @inline(__always)
  func expect(_ hash: UInt32, an: UInt8) -> UInt32 { expect(hash ^ Self.mark(an: an)) }

  /// The same where the hash has the mark of the AN.
  @inline(__always)
  func expect(_ marked: UInt32) -> UInt32 {
    index.expect(marked)
    return marked
  }

  /// `locate` in two steps, and where what it asks for is: for whoever chooses between associations and
  /// flows.
  @inline(__always)
  func bucket(of expected: UInt32) -> UnsafePointer<KeyIndex.Bucket> { index.bucket(of: expected) }
  @inline(__always)
  func address(at index: UInt32) -> UnsafeRawPointer { slots.address(at: Int(index)) }

  /// Asks for the slot of a key that is expected, and returns where it is, as far as the index can tell: how
  /// many octets behind the first slot.
  @inline(__always)
  func locate(_ expected: UInt32) -> UInt64 {
    let offset = UInt64(index.locate(expected)) &* Self.slotOctets
    slots.prefetch(offsetOctets: offset)
    return offset
  }

  /// The slot of `key`, if it is where `locate` said.
  @inline(__always)
  func find(_ key: CompactKey, located offset: UInt64) -> UnsafeMutablePointer<AssociationSlot>? {
    guard let slot = slots.pointer(offsetOctets: offset), slot.pointee.key == key else {
      return nil
    }
    return slot
  }

  static var slotOctets: UInt64 { UInt64(MemoryLayout<AssociationSlot>.stride) }

  /// The index of the slot that is so many octets behind the first.
  static func index(at offset: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: offset / slotOctets) }

  /// The slot of `key`; `nil` when it has none.
  func find(_ key: CompactKey) -> UnsafeMutablePointer<AssociationSlot>? {
    find(key, hash: hasher.hash(key))
  }

  /// The same, where the hash is known.
  @inline(__always)
  func find(_ key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    index.find(Self.marked(hash, an: key.an)) { slots[$0].key == key }.map { slots.pointer(at: $0) }
  }

  /// The slot of another AN of the channel of `key`; `nil` where there is none.
  func sibling(of key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    index.find(hash, spread: Self.markBits) {
      let other = slots[$0].key
      return other.first == key.first && other.channelWord == key.channelWord && other != key
    }.map { slots.pointer(at: $0) }
  }

  /// The hash of a key knows nothing of its AN, which is 0 to 3 (IEEE Std 802.1AE-2018, 9.6): so those of a
  /// channel are found together.
  @inline(__always)
  private static func marked(_ hash: UInt32, an: UInt8) -> UInt32 { hash ^ mark(an: an) }

  /// By what the hashes of the ANs of a channel differ, and the bits of it.
  @inline(__always)
  static func mark(an: UInt8) -> UInt32 { UInt32(an) &<< 24 }
  static var markBits: UInt32 { mark(an: 0b11) }
}

// It has its memory for itself.
extension AssociationTable: @unchecked Sendable {}
