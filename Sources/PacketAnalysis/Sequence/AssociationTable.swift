internal import CPacketSupport

/// The part of an association that every packet touches: one cache line.
///
/// Packets and numbers are not counted here: a packet in order adds one to each of them, so their
/// count is how far `expected` has moved since it was last settled (`settledExpected` in the record).
struct AssociationSlot: BitwiseCopyable {
  /// `second` is 0 in an empty slot.
  var key = CompactKey.empty
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
  /// Index of the `AssociationRecord`.
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

  /// Counts a packet with a number above all others.
  @inline(__always)
  mutating func take(_ observation: Observation, step: UInt32) {
    expected = observation.number &+ 1
    octets &+= UInt64(observation.octets)
    lastTime = observation.time.nanosecondsSinceEpoch
    highestPlace = observation.place
    if step < minimumStep { minimumStep = step }
    if step > maximumStep { maximumStep = step }
  }
}

extension CompactKey {
  static let empty = CompactKey(words: (0, 0))
  init(words: (UInt64, UInt64)) { (first, second) = words }
}

/// A hash table of association slots: open addressing, linear probing, at most 0.4 full.
///
/// One of the few files with unsafe pointers: a slot is one cache line, reached by a multiplication
/// and an addition, and its address is what a prefetch needs. Slots are never removed.
struct AssociationTable: ~Copyable {
  private(set) var slots: UnsafeMutablePointer<AssociationSlot>
  /// Capacity - 1; the capacity is a power of two. The low bits of a hash choose a slot.
  private var mask: Int
  private(set) var count = 0
  private var capacity: Int { mask + 1 }
  let hasher: KeyHasher

  init() { self.init(hasher: KeyHasher()) }

  /// An empty one, in which a key has the same hash as in `other`.
  init(hashingAs other: borrowing AssociationTable) { self.init(hasher: other.hasher) }

  private init(hasher: KeyHasher) {
    self.hasher = hasher
    mask = 1 << 10 - 1
    slots = Self.allocate(mask + 1)
  }

  /// The same slots in memory of their own.
  init(copying other: borrowing AssociationTable) {
    (hasher, mask, count) = (other.hasher, other.mask, other.count)
    slots = Self.allocate(mask + 1)
    slots.update(from: other.slots, count: mask + 1)
  }

  deinit { gapscope_pages_free(slots, capacity * MemoryLayout<AssociationSlot>.stride) }

  @inline(__always)
  private func home(of hash: UInt32) -> Int { Int(truncatingIfNeeded: hash) & mask }

  @inline(__always)
  func prefetch(_ hash: UInt32) { gapscope_prefetch_write(slots + home(of: hash)) }

  /// The slot of `key`; `nil` when it has none.
  func find(_ key: CompactKey) -> UnsafeMutablePointer<AssociationSlot>? {
    find(key, hash: hasher.hash(key))
  }

  /// The same, where the hash is known.
  @inline(__always)
  func find(_ key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    var index = home(of: hash)
    while true {
      let slot = slots + index
      if slot.pointee.key == key { return slot }
      if slot.pointee.key.second == 0 { return nil }
      index = (index &+ 1) & mask
    }
  }

  /// The slot of another AN of the channel of `key`; `nil` where there is none.
  func sibling(of key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    // The ANs of a channel hash alike: all stand between here and the next empty slot.
    var index = home(of: hash)
    while slots[index].key.second != 0 {
      let other = slots[index].key
      if other.first == key.first, other.channelWord == key.channelWord, other != key {
        return slots + index
      }
      index = (index &+ 1) & mask
    }
    return nil
  }

  /// Adds a slot for `key`, which must have none. Moves the slots when the table grows.
  mutating func insert(
    _ key: CompactKey, hash: UInt32, record: UInt32
  ) -> UnsafeMutablePointer<AssociationSlot> {
    if (count + 1) * 5 > capacity * 2 { grow() }
    count += 1
    let slot = emptySlot(hash)
    slot.pointee = AssociationSlot()
    slot.pointee.key = key
    slot.pointee.record = record
    return slot
  }

  private func emptySlot(_ hash: UInt32) -> UnsafeMutablePointer<AssociationSlot> {
    var index = home(of: hash)
    while slots[index].key.second != 0 { index = (index &+ 1) & mask }
    return slots + index
  }

  private mutating func grow() {
    // Fourfold, as long as it is small: moving costs more than the room.
    if capacity < 1 << 16 { double() }
    double()
  }

  /// Doubles the room where it is: a slot stays, or moves up by the old capacity.
  private mutating func double() {
    let old = capacity
    let length = old * MemoryLayout<AssociationSlot>.stride
    guard let pages = gapscope_pages_grow(slots, length, 2 * length) else {
      fatalError("out of memory: \(2 * length) octets for the association table")
    }
    slots = pages.bindMemory(to: AssociationSlot.self, capacity: 2 * old)
    mask = 2 * old - 1
    // Begins behind an empty slot, so that each run of slots is taken in the order of its probing. Then
    // none gets further from its home than it was, nor past one that is still to be taken.
    var index = 0
    while slots[index].key.second != 0 { index += 1 }
    for _ in 1..<old {
      index = (index + 1) & (old - 1)
      guard slots[index].key.second != 0 else { continue }
      let slot = slots[index]
      slots[index].key = .empty
      emptySlot(hasher.hash(slot.key)).pointee = slot
    }
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<AssociationSlot> {
    let length = capacity * MemoryLayout<AssociationSlot>.stride
    guard let pages = gapscope_pages_allocate(length) else {
      fatalError("out of memory: \(length) octets for the association table")
    }
    return pages.bindMemory(to: AssociationSlot.self, capacity: capacity)
  }
}

// It has its memory for itself.
extension AssociationTable: @unchecked Sendable {}
