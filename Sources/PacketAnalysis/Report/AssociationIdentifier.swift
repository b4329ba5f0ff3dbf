/// The id of an epoch of an association: a hash of its point, key and epoch, the same on every
/// machine and in every run.
///
/// SipHash-2-4 (Aumasson and Bernstein, 2012) with a fixed key over 64-bit words: how many octets the name
/// of the point has and each of these (UTF-8), then those of the identity, listed below.
struct AssociationIdentifier {
  private var hash = SipHash()

  /// For the associations of one point.
  init(point: String) {
    hash.add(UInt64(point.utf8.count))
    for octet in point.utf8 { hash.add(UInt64(octet)) }
  }

  func hash(_ identity: AssociationKey.Identity, epoch: Int) -> UInt64 {
    var identifier = self
    identifier.add(identity, epoch: UInt64(epoch))
    return identifier.hash.finish()
  }

  /// The first word holds the epoch, the AN (8 bits) and the protocol (8 bits): 0 MACsec, 50 ESP,
  /// 51 AH. Then SCI and VLAN stack; or both addresses, each by its family and its two halves, SPI and ports.
  private mutating func add(_ identity: AssociationKey.Identity, epoch: UInt64) {
    switch identity {
    case .macsec(let macsec):
      hash.add(epoch << 16 | UInt64(macsec.an) << 8)
      hash.add(macsec.sci.rawValue)
      hash.add(macsec.vlans.packed)
    case .ipsec(let ipsec):
      hash.add(epoch << 16 | UInt64(ipsec.securityProtocol.rawValue))
      add(ipsec.source)
      add(ipsec.destination)
      hash.add(UInt64(ipsec.spi))
      hash.add(ipsec.ports.map { 1 << 32 | UInt64($0.source) << 16 | UInt64($0.destination) } ?? 0)
    }
  }

  private mutating func add(_ address: IPAddress) {
    hash.add(UInt64(address.family.rawValue))
    hash.add(UInt64(truncatingIfNeeded: address.bits >> 64))
    hash.add(UInt64(truncatingIfNeeded: address.bits))
  }
}

/// SipHash-2-4 over 64-bit words.
private struct SipHash {
  private var v0: UInt64 = 0x736F_6D65_7073_6575
  private var v1: UInt64 = 0x646F_7261_6E64_6F6D
  private var v2: UInt64 = 0x6C79_6765_6E65_7261
  private var v3: UInt64 = 0x7465_6462_7974_6573
  private var words: UInt64 = 0

  @inline(__always)
  mutating func add(_ word: UInt64) {
    v3 ^= word
    for _ in 0..<2 { mix() }
    v0 ^= word
    words += 1
  }

  mutating func finish() -> UInt64 {
    add(words << 59)
    v2 ^= 0xFF
    for _ in 0..<4 { mix() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  @inline(__always)
  private mutating func mix() {
    v0 &+= v1
    v1 = v1 << 13 | v1 >> 51
    v1 ^= v0
    v0 = v0 << 32 | v0 >> 32
    v2 &+= v3
    v3 = v3 << 16 | v3 >> 48
    v3 ^= v2
    v0 &+= v3
    v3 = v3 << 21 | v3 >> 43
    v3 ^= v0
    v2 &+= v1
    v1 = v1 << 17 | v1 >> 47
    v1 ^= v2
    v2 = v2 << 32 | v2 >> 32
  }
}
