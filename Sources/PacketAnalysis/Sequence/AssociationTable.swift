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

extension CompactKey {
  static let empty = CompactKey(words: (0, 0))
  init(words: (UInt64, UInt64)) { (first, second) = words }
}

/// A hash table of association slots: open addressing, linear probing, at most half full.
///
/// Beside the slots there is an octet of hash for each (`tags`), which tells where a slot will be found
/// without touching those of others: that is known before the slot has come from memory.
///
/// One of the few files with unsafe pointers: a slot is one cache line, reached by a multiplication
/// and an addition, and its address is what a prefetch needs. Slots are never removed.
struct AssociationTable: ~Copyable {
  private(set) var slots: UnsafeMutablePointer<AssociationSlot>
  /// 0 of an empty slot. The first ones stand behind the last ones once more, so that a group of them
  /// can be read from everywhere.
  private var tags: UnsafeMutablePointer<UInt8>
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
    tags = Self.allocateTags(mask + 1)
  }

  /// The same slots in memory of their own.
  init(copying other: borrowing AssociationTable) {
    (hasher, mask, count) = (other.hasher, other.mask, other.count)
    slots = Self.allocate(mask + 1)
    slots.update(from: other.slots, count: mask + 1)
    tags = Self.allocateTags(mask + 1)
    tags.update(from: other.tags, count: mask + 1 + Self.tagsOfGroup)
  }

  deinit {
    gapscope_pages_free(slots, capacity * MemoryLayout<AssociationSlot>.stride)
    gapscope_pages_free(tags, capacity + Self.tagsOfGroup)
  }

  @inline(__always)
  private func home(of hash: UInt32) -> Int { Int(truncatingIfNeeded: hash) & mask }

  // MARK: Finding

  /// Asks for the slot of a key with this hash and AN, and returns a hash that leads to it at once.
  @inline(__always)
  func prefetch(_ hash: UInt32, an: UInt8) -> UInt32 {
    let located = located(hash, an: an)
    prefetch(located)
    return located
  }

  /// Asks for the slot of a key.
  func prefetch(_ key: CompactKey) { _ = prefetch(hasher.hash(key), an: key.an) }

  /// A hash that leads at once to the slot of a key with this hash and AN, as far as the tags tell.
  @inline(__always)
  func located(_ hash: UInt32, an: UInt8) -> UInt32 {
    let group = UnsafeRawPointer(tags + home(of: hash)).loadUnaligned(as: UInt64.self).littleEndian
    // An octet of this is 0 where the tag is that of the hash.
    let equal = Self.zeroOctets(of: group ^ UInt64(Self.tag(hash, an: an)) &* Self.ones)
    if equal == 0 { return locatedEmpty(hash, among: group) }
    return hash &+ UInt32(truncatingIfNeeded: equal.trailingZeroBitCount >> 3)
  }

  /// A hash that leads to where a new key with this hash will go. Not inlined: it is seldom needed, and
  /// the compiler would work it out for each packet.
  @inline(never)
  private func locatedEmpty(_ hash: UInt32, among group: UInt64) -> UInt32 {
    let empty = Self.zeroOctets(of: group)
    return hash &+ UInt32(truncatingIfNeeded: empty.trailingZeroBitCount >> 3 & 7)
  }

  private static var ones: UInt64 { 0x0101_0101_0101_0101 }

  /// The highest bit of each octet that is 0: exact for the lowest such octet; of those above it, one of
  /// 1 may look like one of 0.
  @inline(__always)
  private static func zeroOctets(of group: UInt64) -> UInt64 {
    (group &- ones) & ~group & (ones << 7)
  }

  private static var tagsOfGroup: Int { 8 }

  /// Of the bits that choose no slot, unless the table is very large, and of the AN, which the hash
  /// knows nothing of.
  @inline(__always)
  private static func tag(_ hash: UInt32, an: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: hash >> 24) ^ an &<< 1 | 1
  }

  /// The bits of a tag that the AN changes, which is 0 to 3 (IEEE Std 802.1AE-2018, 9.6).
  private static var tagOfAN: UInt8 { 0b110 }

  private func setTag(at index: Int, hash: UInt32) {
    let tag = Self.tag(hash, an: slots[index].key.an)
    tags[index] = tag
    if index < Self.tagsOfGroup { tags[capacity + index] = tag }
  }

  /// Asks for the slot to which a hash leads at once.
  @inline(__always)
  func prefetch(_ hash: UInt32) { gapscope_prefetch_write(slots + home(of: hash)) }

  /// The slot of `key`, if the hash leads to it at once.
  @inline(__always)
  func find(_ key: CompactKey, located hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    let slot = slots + home(of: hash)
    return slot.pointee.key == key ? slot : nil
  }

  /// The slot of `key`; `nil` when it has none.
  func find(_ key: CompactKey) -> UnsafeMutablePointer<AssociationSlot>? {
    find(key, hash: hasher.hash(key))
  }

  /// The same, where the hash is known.
  @inline(__always)
  func find(_ key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    var index = home(of: hash)
    let tag = Self.tag(hash, an: key.an)
    while tags[index] != 0 {
      if tags[index] == tag, slots[index].key == key { return slots + index }
      index = (index &+ 1) & mask
    }
    return nil
  }

  /// The slot of another AN of the channel of `key`; `nil` where there is none.
  func sibling(of key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    // The ANs of a channel hash alike: all stand between here and the next empty slot, and their tags
    // differ by the AN.
    var index = home(of: hash)
    let tag = Self.tag(hash, an: 0)
    while tags[index] != 0 {
      if (tags[index] ^ tag) & ~Self.tagOfAN == 0 {
        let other = slots[index].key
        if other.first == key.first, other.channelWord == key.channelWord, other != key {
          return slots + index
        }
      }
      index = (index &+ 1) & mask
    }
    return nil
  }

  /// Adds a slot for `key`, which must have none. Moves the slots when the table grows.
  mutating func insert(
    _ key: CompactKey, hash: UInt32, record: UInt32
  ) -> UnsafeMutablePointer<AssociationSlot> {
    if (count + 1) * 2 > capacity { grow() }
    count += 1
    let index = emptySlot(hash)
    slots[index] = AssociationSlot()
    slots[index].key = key
    slots[index].record = record
    setTag(at: index, hash: hash)
    return slots + index
  }

  // MARK: Adding

  private func emptySlot(_ hash: UInt32) -> Int {
    var index = home(of: hash)
    while tags[index] != 0 { index = (index &+ 1) & mask }
    return index
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
    gapscope_pages_free(tags, old + Self.tagsOfGroup)
    tags = Self.allocateTags(2 * old)
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
      let hash = hasher.hash(slot.key)
      let place = emptySlot(hash)
      slots[place] = slot
      setTag(at: place, hash: hash)
    }
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<AssociationSlot> {
    let length = capacity * MemoryLayout<AssociationSlot>.stride
    guard let pages = gapscope_pages_allocate(length) else {
      fatalError("out of memory: \(length) octets for the association table")
    }
    return pages.bindMemory(to: AssociationSlot.self, capacity: capacity)
  }

  private static func allocateTags(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
    guard let pages = gapscope_pages_allocate(capacity + tagsOfGroup) else {
      fatalError("out of memory: \(capacity) octets for the tags of the association table")
    }
    return pages.bindMemory(to: UInt8.self, capacity: capacity + tagsOfGroup)
  }
}

// It has its memory for itself.
extension AssociationTable: @unchecked Sendable {}
