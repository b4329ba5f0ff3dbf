/// The part of an association that every packet touches: one cache line.
///
/// Packets and numbers are not counted here: a packet in order adds one to each of them, so their
/// count is how far `expected` has moved since it was last settled (`settledExpected` in the record).
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
  init(words: (UInt64, UInt64)) { (first, second) = words }
}

/// The slots of associations in the order in which these were added, and a hash table that says where the
/// slot of a key is.
///
/// What else is kept of an association is at the same index as its slot. Slots are never removed, so that
/// an index that was found once leads to the slot at once.
///
/// One of the few files with unsafe pointers: a slot is one cache line, which is changed where it is.
struct AssociationTable: ~Copyable {
  private var slots: RecordArray<AssociationSlot>
  private var buckets: RecordArray<Bucket>
  let hasher: KeyHasher

  var count: Int { slots.count }

  init() { self.init(hasher: KeyHasher()) }

  /// An empty one, in which a key has the same hash as in `other`.
  init(hashingAs other: borrowing AssociationTable) { self.init(hasher: other.hasher) }

  private init(hasher: KeyHasher) {
    self.hasher = hasher
    slots = RecordArray(minimumCapacity: 1 << 10)
    buckets = RecordArray(minimumCapacity: 1 << 7)
    buckets.append(count: 1 << 7, of: Bucket())
  }

  /// The same slots in memory of their own.
  init(copying other: borrowing AssociationTable) {
    hasher = other.hasher
    slots = RecordArray(copying: other.slots)
    buckets = RecordArray(copying: other.buckets)
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
    _ key: CompactKey, hash: UInt32, record: UInt32
  ) -> UnsafeMutablePointer<AssociationSlot> {
    if count >= buckets.count * Bucket.usualCount { grow() }
    var slot = AssociationSlot()
    slot.key = key
    slot.record = record
    let index = slots.append(slot)
    add(UInt32(index), an: key.an, hash: hash)
    return slots.pointer(at: index)
  }

  // MARK: Finding

  /// Asks for what says where the slot of a key with this hash and AN is, and returns what `locate` needs.
  @inline(__always)
  func expect(_ hash: UInt32, an: UInt8) -> UInt32 {
    buckets.prefetch(home(of: hash))
    return Self.marked(hash, an: an)
  }

  /// Asks for the slot of a key that is expected, and returns its index, as far as the tags tell; where they
  /// know none, what it was given.
  @inline(__always)
  func locate(_ expected: UInt32) -> UInt32 {
    // By choices, without branches: what is new, and what is no association, comes in no order.
    let bucket = buckets.pointer(at: home(of: expected))
    let (index, isKnown) = bucket.pointee.first(Self.tag(expected))
    prefetch(at: Int(index))
    return isKnown ? index : expected
  }

  /// The slot of `key`, if it is the one at `index`.
  @inline(__always)
  func find(_ key: CompactKey, located index: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    guard Int(index) < count else { return nil }
    let slot = slots.pointer(at: Int(index))
    return slot.pointee.key == key ? slot : nil
  }

  /// The slot of `key`; `nil` when it has none.
  func find(_ key: CompactKey) -> UnsafeMutablePointer<AssociationSlot>? {
    find(key, hash: hasher.hash(key))
  }

  /// The same, where the hash is known.
  @inline(__always)
  func find(_ key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    find(hash, tag: Self.tag(Self.marked(hash, an: key.an)), mask: .max) { $0 == key }
  }

  /// The slot of another AN of the channel of `key`; `nil` where there is none.
  func sibling(of key: CompactKey, hash: UInt32) -> UnsafeMutablePointer<AssociationSlot>? {
    // They hash alike, and their tags differ in the bits of the AN.
    find(hash, tag: Self.tag(hash), mask: ~Self.tagOfAN) {
      $0.first == key.first && $0.channelWord == key.channelWord && $0 != key
    }
  }

  @inline(__always)
  private func find(
    _ hash: UInt32, tag: UInt8, mask: UInt8, where isMeant: (CompactKey) -> Bool
  ) -> UnsafeMutablePointer<AssociationSlot>? {
    var bucket = home(of: hash)
    while true {
      let found = buckets[bucket].find(tag, mask: mask) { isMeant(slots[Int($0)].key) }
      if let found { return slots.pointer(at: Int(found)) }
      guard buckets[bucket].isFull else { return nil }
      bucket = next(bucket)
    }
  }

  // MARK: Buckets

  /// A hash that knows the AN too, in the bits that choose no bucket, unless the table is very large.
  @inline(__always)
  private static func marked(_ hash: UInt32, an: UInt8) -> UInt32 { hash ^ UInt32(an) &<< 24 }

  /// The bits of a tag that the AN changes, which is 0 to 3 (IEEE Std 802.1AE-2018, 9.6).
  private static var tagOfAN: UInt8 { 0b11 }

  /// Never 0, nor 0 but for the bits of the AN, as where there is none.
  @inline(__always)
  private static func tag(_ marked: UInt32) -> UInt8 {
    max(tagOfAN + 1, UInt8(truncatingIfNeeded: marked >> 24))
  }

  @inline(__always)
  private func home(of hash: UInt32) -> Int {
    Int(truncatingIfNeeded: hash) & (buckets.count &- 1)
  }

  @inline(__always)
  private func next(_ bucket: Int) -> Int { (bucket &+ 1) & (buckets.count &- 1) }

  private mutating func add(_ index: UInt32, an: UInt8, hash: UInt32) {
    var bucket = home(of: hash)
    while buckets[bucket].isFull { bucket = next(bucket) }
    buckets[bucket].add(index, tag: Self.tag(Self.marked(hash, an: an)))
  }

  /// Fourfold, as long as it is small: adding all of them anew costs more than the room.
  private mutating func grow() {
    let bucketCount = buckets.count * (buckets.count < 1 << 13 ? 4 : 2)
    buckets = RecordArray(minimumCapacity: bucketCount)
    buckets.append(count: bucketCount, of: Bucket())
    for index in 0..<count {
      if index + 16 < count { buckets.prefetch(home(of: hasher.hash(slots[index + 16].key))) }
      let key = slots[index].key
      add(UInt32(index), an: key.an, hash: hasher.hash(key))
    }
  }
}

extension AssociationTable {
  /// Where the slots of keys are whose hashes lead here: one cache line.
  ///
  /// Of each it has an octet of the hash (tag), which tells mostly which one is meant before its slot has
  /// come from memory.
  // Not private: the compiler (Swift 6.3.1) looks for its metadata from other files.
  struct Bucket: BitwiseCopyable {
    /// Of the first eight, in the order in which they were added, the first in the lowest octet; 0: none.
    private var tags: UInt64 = 0
    /// Of four more; no others.
    private var moreTags: UInt64 = 0
    private var indices = InlineArray<12, UInt32>(repeating: 0)

    /// So many there are in a bucket on average, at most: of those of a random hash few find no room then.
    static var usualCount: Int { 8 }

    var isFull: Bool { moreTags >> 24 != 0 }

    /// The first one with this tag, if there is one; otherwise any.
    @inline(__always)
    func first(_ tag: UInt8) -> (index: UInt32, isThere: Bool) {
      let (matches, more) = matches(tag)
      let isFirst = matches != 0
      let position =
        ((isFirst ? matches : more).trailingZeroBitCount >> 3 & 7) &+ (isFirst ? 0 : 8)
      return (indices[unchecked: position], matches | more != 0)
    }

    /// The first one with this tag, in the bits of `mask`, which `isMeant`.
    @inline(__always)
    func find(_ tag: UInt8, mask: UInt8, where isMeant: (UInt32) -> Bool) -> UInt32? {
      var (matches, more) = matches(tag, mask: mask)
      while matches != 0 {
        let index = indices[matches.trailingZeroBitCount >> 3]
        if isMeant(index) { return index }
        matches &= matches &- 1
      }
      while more != 0 {
        let index = indices[more.trailingZeroBitCount >> 3 + 8]
        if isMeant(index) { return index }
        more &= more &- 1
      }
      return nil
    }

    /// There must be room.
    mutating func add(_ index: UInt32, tag: UInt8) {
      let position = count
      indices[position] = index
      if position < 8 {
        tags |= UInt64(tag) << UInt64(8 * position)
      } else {
        moreTags |= UInt64(tag) << UInt64(8 * (position - 8))
      }
    }

    private var count: Int {
      let (word, before) = moreTags == 0 ? (tags, 0) : (moreTags, 8)
      return before + (UInt64.bitWidth - word.leadingZeroBitCount + 7) / 8
    }

    /// The highest bits of octets whose tag is this one. The lowest is exact; others may be of tags that only
    /// look like it.
    @inline(__always)
    private func matches(_ tag: UInt8, mask: UInt8 = .max) -> (first: UInt64, more: UInt64) {
      let (pattern, mask) = (UInt64(tag) &* Self.ones, UInt64(mask) &* Self.ones)
      return (
        Self.zeroOctets(of: (tags ^ pattern) & mask),
        Self.zeroOctets(of: (moreTags ^ pattern) & mask) & 0xFFFF_FFFF
      )
    }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }

    @inline(__always)
    private static func zeroOctets(of group: UInt64) -> UInt64 {
      (group &- ones) & ~group & (ones << 7)
    }
  }
}

// It has its memory for itself.
extension AssociationTable: @unchecked Sendable {}
