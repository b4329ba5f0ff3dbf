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

  @inline(__always)
  init(words: (UInt64, UInt64)) { (first, second) = words }

  /// The first word of a key between two IPv4 addresses.
  @inline(__always)
  static func addresses(source: UInt32, destination: UInt32) -> UInt64 {
    UInt64(source) << 32 | UInt64(destination)
  }
}
