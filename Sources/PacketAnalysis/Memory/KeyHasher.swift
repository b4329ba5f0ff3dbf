/// A hash of which some bits choose a bucket of the index and others are the tag there: the two halves of
/// one product (as in wyhash).
///
/// Seeded anew in every process, so that nobody can make a capture whose associations all collide.
/// What is reported does not depend on it.
struct KeyHasher: BitwiseCopyable {
  private let first = UInt64.random(in: 0...UInt64.max)
  private let second = UInt64.random(in: 0...UInt64.max)

  @inline(__always)
  func hash(_ key: CompactKey) -> UInt32 { hash(key.first, channelWord: key.channelWord) }

  @inline(__always)
  func hash(_ word: UInt64, channelWord: UInt64) -> UInt32 {
    hash(word, factor: factor(channelWord))
  }

  /// What `channelWord` is for the hash: one for all where it is the same for many keys.
  @inline(__always)
  func factor(_ channelWord: UInt64) -> UInt64 { channelWord ^ second }

  @inline(__always)
  func hash(_ word: UInt64, factor: UInt64) -> UInt32 {
    let product = (word ^ first).multipliedFullWidth(by: factor)
    // Once more: keys that follow one another would fill the buckets in a way that depends on the random
    // numbers, and may be a bad one.
    let mixed = (product.high ^ product.low) &* 0x7F4A_7C15
    return UInt32(truncatingIfNeeded: mixed >> 32)
  }
}
