internal import CPacketSupport

/// Says by the hash of a key at which index of an array what belongs to the key is.
///
/// A hash table of buckets of one cache line, each with room for twelve. Of each key a bucket has an octet
/// of its hash (tag), so that what is meant is mostly known, and can be asked for, before anything of it
/// has come from memory. Nothing is ever removed, and what is added is added at the end of the array.
///
/// One of the few files with unsafe pointers: tags and indices are read where they are.
struct KeyIndex: ~Copyable {
  private var buckets: RecordArray<Bucket>
  private var count = 0
  /// Of a hash, the bits that say which bucket is its first.
  private var homeBits: UInt32

  /// Keys that differ in nothing but a number of two bits may have hashes that differ in these.
  private static var spreadBits: UInt32 { 3 << 24 }

  init() {
    buckets = RecordArray(minimumCapacity: 1)
    homeBits = 0
    allocate(1 << 7)
  }

  /// The same in memory of its own.
  init(copying other: borrowing KeyIndex) {
    buckets = RecordArray(copying: other.buckets)
    (count, homeBits) = (other.count, other.homeBits)
  }

  /// - Parameter bucketCount: a power of two.
  private mutating func allocate(_ bucketCount: Int) {
    buckets = RecordArray(minimumCapacity: bucketCount)
    buckets.append(count: bucketCount, of: Bucket())
    homeBits = UInt32(truncatingIfNeeded: bucketCount - 1) & ~Self.spreadBits
  }

  /// Asks for what `locate` will look at.
  @inline(__always)
  func expect(_ hash: UInt32) { buckets.prefetch(home(of: hash)) }

  /// The index of the key with this hash, as far as the tags tell; where they know none, any.
  @inline(__always)
  func locate(_ hash: UInt32) -> UInt32 { Self.locate(hash, in: bucket(of: hash)) }

  /// The same in two steps, so that one of two indices can be chosen between them.
  @inline(__always)
  func bucket(of hash: UInt32) -> UnsafePointer<Bucket> {
    UnsafePointer(buckets.pointer(within: home(of: hash)))
  }

  @inline(__always)
  static func locate(_ hash: UInt32, in bucket: UnsafePointer<Bucket>) -> UInt32 {
    Bucket.first(hash, in: bucket)
  }

  /// The index of the key with this hash which `isMeant`.
  ///
  /// - Parameter spread: bits in which the key may have another hash: of 24 and 25, and no others.
  @inline(__always)
  func find(_ hash: UInt32, spread: UInt32 = 0, where isMeant: (Int) -> Bool) -> Int? {
    let mask = ~UInt8(truncatingIfNeeded: spread >> 24)
    var bucket = home(of: hash)
    while true {
      let found = Bucket.find(hash, mask: mask, in: buckets.pointer(at: bucket)) {
        isMeant(Int($0))
      }
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
    Bucket.add(UInt32(index), tag: Self.tag(hash), in: buckets.pointer(at: bucket))
  }

  /// Fourfold, as long as it is small: adding all of them anew costs more than the room.
  private mutating func grow(_ hash: (Int) -> UInt32) {
    allocate(buckets.count * (buckets.count < 1 << 13 ? 4 : 2))
    for index in 0..<count {
      if index + 16 < count { expect(hash(index + 16)) }
      enter(index, hash: hash(index))
    }
  }

  /// Of all bits but those in which a key may have another hash.
  @inline(__always)
  private func home(of hash: UInt32) -> Int { Int(hash & homeBits) }

  @inline(__always)
  private func next(_ bucket: Int) -> Int { (bucket &+ 1) & (buckets.count &- 1) }

  @inline(__always)
  private static func tag(_ hash: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: hash >> 24) }
}

extension KeyIndex {
  /// Keys whose hashes lead here, in the order in which they were added.
  // Not private: the compiler (Swift 6.3.1) looks for its metadata from other files.
  struct Bucket: BitwiseCopyable {
    /// The last of them says how many are tags.
    private var tags = SIMD16<UInt8>(repeating: 0)
    private var indices = InlineArray<12, UInt32>(repeating: 0)

    /// So many there are in a bucket on average, at most: of those of a random hash few find no room then.
    static var usualCount: Int { 6 }

    private var count: Int { Int(tags[15]) }
    var isFull: Bool { count == 12 }

    /// The first one with the tag of this hash, if there is one; otherwise any.
    @inline(__always)
    static func first(_ hash: UInt32, in bucket: UnsafePointer<Bucket>) -> UInt32 {
      let position = (matches(hash, in: bucket) | 1 << 11).trailingZeroBitCount
      return index(at: position, in: bucket)
    }

    /// The first one with the tag of this hash, in the bits of `mask`, which `isMeant`.
    @inline(__always)
    static func find(
      _ hash: UInt32, mask: UInt8, in bucket: UnsafePointer<Bucket>, where isMeant: (UInt32) -> Bool
    ) -> UInt32? {
      var matches = matches(hash, mask: mask, in: bucket) & (1 &<< bucket.pointee.count &- 1)
      while matches != 0 {
        let index = index(at: matches.trailingZeroBitCount, in: bucket)
        if isMeant(index) { return index }
        matches &= matches &- 1
      }
      return nil
    }

    /// There must be room.
    static func add(_ index: UInt32, tag: UInt8, in bucket: UnsafeMutablePointer<Bucket>) {
      let position = bucket.pointee.count
      bucket.pointee.tags[15] &+= 1
      let octets = UnsafeMutableRawPointer(bucket)
      octets.storeBytes(of: tag, toByteOffset: position, as: UInt8.self)
      octets.storeBytes(of: index, toByteOffset: indicesOffset &+ position &* 4, as: UInt32.self)
    }

    /// A bit for each that has the tag of `hash` in the bits of `mask`. All of them at once, without a branch; in C,
    /// since Swift has no bits of a SIMD mask.
    @inline(__always)
    private static func matches(
      _ hash: UInt32, mask: UInt8 = .max, in bucket: UnsafePointer<Bucket>
    ) -> UInt32 {
      gapscope_equal_octets(bucket, hash, mask)
    }

    /// By a pointer, since the compiler copies all indices to choose one of them. They lie behind the tags.
    ///
    /// - Parameter position: 11 at most.
    @inline(__always)
    private static func index(at position: Int, in bucket: UnsafePointer<Bucket>) -> UInt32 {
      UnsafeRawPointer(bucket).load(
        fromByteOffset: indicesOffset &+ position &* 4, as: UInt32.self)
    }

    private static var indicesOffset: Int { MemoryLayout<SIMD16<UInt8>>.size }
  }
}
