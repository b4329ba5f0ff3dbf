/// Says by the hash of a key at which index of an array what belongs to the key is.
///
/// A hash table of buckets of one cache line, each with room for twelve. Of each key a bucket has an octet
/// of its hash (tag), so that what is meant is mostly known, and can be asked for, before anything of it
/// has come from memory. Nothing is ever removed, and what is added is added at the end of the array.
///
/// One of the few files with unsafe pointers: an index is read where it is.
struct KeyIndex: ~Copyable {
  private var buckets: RecordArray<Bucket>
  private var count = 0

  /// Keys that differ in nothing but a number of two bits may have hashes that differ in these.
  private static var spreadBits: UInt32 { 3 << 24 }

  init() {
    buckets = RecordArray(minimumCapacity: 1 << 7)
    buckets.append(count: 1 << 7, of: Bucket())
  }

  /// The same in memory of its own.
  init(copying other: borrowing KeyIndex) {
    buckets = RecordArray(copying: other.buckets)
    count = other.count
  }

  /// Asks for what `locate` will look at.
  @inline(__always)
  func expect(_ hash: UInt32) { buckets.prefetch(home(of: hash)) }

  /// The index of the key with this hash, as far as the tags tell; where they know none, any.
  @inline(__always)
  func locate(_ hash: UInt32) -> UInt32 {
    Bucket.first(Self.tag(hash), in: buckets.pointer(at: home(of: hash)))
  }

  /// The index of the key with this hash which `isMeant`.
  ///
  /// - Parameter spread: bits in which the key may have another hash: of 24 and 25, and no others.
  @inline(__always)
  func find(_ hash: UInt32, spread: UInt32 = 0, where isMeant: (Int) -> Bool) -> Int? {
    let mask = ~UInt8(truncatingIfNeeded: spread >> 24)
    var bucket = home(of: hash)
    while true {
      let found = buckets[bucket].find(Self.tag(hash), mask: mask) { isMeant(Int($0)) }
      if let found { return Int(found) }
      guard buckets[bucket].isFull else { return nil }
      bucket = next(bucket)
    }
  }

  /// Adds a key that is not there yet, with the index that follows the last.
  ///
  /// - Parameter hash: of the key at an index.
  mutating func add(hash: (Int) -> UInt32) {
    if count >= buckets.count * Bucket.usualCount { grow(hash) }
    enter(count, hash: hash(count))
    count += 1
  }

  private mutating func enter(_ index: Int, hash: UInt32) {
    var bucket = home(of: hash)
    while buckets[bucket].isFull { bucket = next(bucket) }
    buckets[bucket].add(UInt32(index), tag: Self.tag(hash))
  }

  /// Fourfold, as long as it is small: adding all of them anew costs more than the room.
  private mutating func grow(_ hash: (Int) -> UInt32) {
    let bucketCount = buckets.count * (buckets.count < 1 << 13 ? 4 : 2)
    buckets = RecordArray(minimumCapacity: bucketCount)
    buckets.append(count: bucketCount, of: Bucket())
    for index in 0..<count {
      if index + 16 < count { expect(hash(index + 16)) }
      enter(index, hash: hash(index))
    }
  }

  /// Of all bits but those in which a key may have another hash.
  @inline(__always)
  private func home(of hash: UInt32) -> Int { Int(hash & ~Self.spreadBits) & (buckets.count &- 1) }

  @inline(__always)
  private func next(_ bucket: Int) -> Int { (bucket &+ 1) & (buckets.count &- 1) }

  /// The highest 8 bits, but 4 at least: where there is none there is 0, and a few bits may differ.
  @inline(__always)
  private static func tag(_ hash: UInt32) -> UInt8 {
    max(4, UInt8(truncatingIfNeeded: hash >> 24))
  }
}

extension KeyIndex {
  /// Keys whose hashes lead here, in the order in which they were added.
  // Not private: the compiler (Swift 6.3.1) looks for its metadata from other files.
  struct Bucket: BitwiseCopyable {
    /// Of the first eight, the first in the lowest octet; 0: none.
    private var tags: UInt64 = 0
    /// Of four more; no others.
    private var moreTags: UInt64 = 0
    private var indices = InlineArray<12, UInt32>(repeating: 0)

    /// So many there are in a bucket on average, at most: of those of a random hash few find no room then.
    static var usualCount: Int { 6 }

    var isFull: Bool { moreTags >> 24 != 0 }

    /// The first one with this tag, if there is one; otherwise any.
    ///
    /// By a pointer, since the compiler copies all indices to choose one of them. The position is 11 at most:
    /// there are no more than four in the second half.
    @inline(__always)
    static func first(_ tag: UInt8, in bucket: UnsafePointer<Bucket>) -> UInt32 {
      let (matches, more) = bucket.pointee.matches(tag, mask: .max)
      let isFirst = matches != 0
      let position = (isFirst ? matches : more).trailingZeroBitCount >> 3 & 7
      return UnsafeRawPointer(bucket).load(
        fromByteOffset: indicesOffset &+ (position &+ (isFirst ? 0 : 8)) &* 4, as: UInt32.self)
    }

    /// Behind the tags.
    private static var indicesOffset: Int { 16 }

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
    private func matches(_ tag: UInt8, mask: UInt8) -> (first: UInt64, more: UInt64) {
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
