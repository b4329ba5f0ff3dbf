/// What is known of an association that is not, or no longer, unbroken (`AssociationStart`), besides
/// its slot. The common packet does not touch it.
struct AssociationRecord: BitwiseCopyable {
  /// The epoch that frames in order belong to. `numbers.distinct` is 0 where there is none yet.
  var newest: EpochState
  // The flags come first, behind the origin of the epoch, which is one octet too: so no room is lost.
  var hasOlder = false
  var isAbsent = false
  /// Frames are held: there is a `Deliberation`.
  var isDeliberated = false
  /// Frames were held at some time.
  var wasDeliberated = false
  var sawEncrypted: Bool
  var sawChanged: Bool
  /// Frames of the association that have been counted.
  var frameIndex: UInt64 = 0
  var olderDeadline: UInt64 = 0
  /// The number that the newest epoch, or its latest jump, began with.
  var anchor: UInt64 = 0
  /// All frames seen, counted or still deliberated (rule 1 counts every frame).
  var framesSeen: UInt64 = 0
  /// The latest time by when a frame last left the short path, where silences count.
  var lastCareTime = Timestamp.absent.nanosecondsSinceEpoch
  /// Index of the channel where several ANs of it have been seen; -1: none.
  var channel: Int32 = -1
  /// Index of the association: what else is known of it is in its `AssociationStart`.
  var start: UInt32
  var vlans: VLANStack

  /// Of an association behind its first frame.
  ///
  /// - Parameter index: of the association.
  init(_ start: AssociationStart, at index: Int) {
    newest = EpochState(start)
    self.start = UInt32(index)
    vlans = start.vlans
    (sawEncrypted, sawChanged) = (start.isEncrypted, start.isChanged)
    guard start.number != 0 else { return }
    anchor = newest.numbers.lowest
    (frameIndex, framesSeen) = (1, 1)
  }

  /// Brings it up to date with what the short path counted.
  mutating func settle(_ slot: AssociationSlot) {
    let packets = newest.settle(slot)
    frameIndex += packets
    framesSeen += packets
  }
}

/// The identity of an association in two words, as the table compares it.
///
/// The second word holds kind (8 bits), AN (8), point (16) and a context (32): the SPI of ESP or AH
/// between IPv4 addresses, whose addresses are the first word; otherwise the number that
/// `ContextTable` gave to what does not fit, and the first word holds SCI or SPI.
struct CompactKey: Hashable, BitwiseCopyable {
  var first: UInt64
  var second: UInt64

  enum Kind: UInt64 {
    case macsec = 1
    case espIPv4 = 2
    case ahIPv4 = 3
    /// The identity, without SCI, AN or SPI, is in the context table.
    case macsecInContext = 4
    case espInContext = 5
    case ahInContext = 6
  }

  @inline(__always)
  init(kind: Kind, an: UInt8, point: UInt16, context: UInt32, first: UInt64) {
    self.first = first
    second =
      kind.rawValue << 56 | UInt64(an) << 48 | UInt64(point) << 32 | UInt64(context)
  }

  /// Of an association that has an AN.
  var isOfChannel: Bool { kind == .macsec || kind == .macsecInContext }

  /// Of the kind `macsec`.
  @inline(__always)
  var isMACsec: Bool { second >> 56 == Kind.macsec.rawValue }

  var kind: Kind? { Kind(rawValue: second >> 56) }
  var an: UInt8 { UInt8(truncatingIfNeeded: second >> 48) }
  var point: UInt16 { UInt16(truncatingIfNeeded: second >> 32) }
  var context: UInt32 { UInt32(truncatingIfNeeded: second) }

  /// The same channel, another association of it.
  func with(an: UInt8) -> CompactKey {
    var key = self
    key.second = second & ~(0xFF << 48) | UInt64(an) << 48
    return key
  }

  /// The same identity, whose context has the number `context`.
  func with(context: UInt32) -> CompactKey {
    var key = self
    key.second = second & ~0xFFFF_FFFF | UInt64(context)
    return key
  }

  /// What the ANs of a secure channel have in common: the unit within which frames depend on each
  /// other (rule 1).
  var channel: CompactKey { with(an: 0) }

  /// What is hashed besides the first word: the ANs of a channel hash alike, so that all of them are found from
  /// one bucket of the index on.
  @inline(__always)
  var channelWord: UInt64 { second & ~(0xFF << 48) }
}

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
