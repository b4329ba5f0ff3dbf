import PacketAnalysis

/// Puts headers together, octet by octet, once for each flow.
struct HeaderWriter {
  private(set) var octets: [UInt8] = []

  mutating func append<T: FixedWidthInteger>(_ value: T) {
    for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
      octets.append(UInt8(truncatingIfNeeded: value >> T(shift)))
    }
  }

  mutating func append(_ address: MACAddress) {
    append(UInt16(truncatingIfNeeded: address.rawValue >> 32))
    append(UInt32(truncatingIfNeeded: address.rawValue))
  }

  mutating func append(_ address: IPAddress) {
    switch address.family {
    case .ipv4: append(UInt32(truncatingIfNeeded: address.bits))
    case .ipv6: append(address.bits)
    }
  }
}

/// EtherTypes, and the IP protocols of `Carrier`.
enum EtherType {
  static let ipv4: UInt16 = 0x0800
  static let ipv6: UInt16 = 0x86DD
  /// IEEE Std 802.1Q: C-VLAN tag and S-VLAN tag.
  static let customerTag: UInt16 = 0x8100
  static let serviceTag: UInt16 = 0x88A8
  /// IEEE Std 802.1AE-2018, 9.4.
  static let macsec: UInt16 = 0x88E5
  /// For local experiments: what is inside integrity-only MACsec is nothing that a dissector knows.
  static let localExperiment: UInt16 = 0x88B5
}

extension Carrier {
  /// IP protocol number.
  var ipProtocol: UInt8 {
    switch self {
    case .esp: 50
    case .ah: 51
    case .tcp: 6
    case .udp, .espInUDP: 17
    case .macsec: 0
    }
  }
}

/// The Internet checksum (RFC 1071), as a sum that is folded at the end.
enum InternetChecksum {
  static func sum(_ octets: some Collection<UInt8>) -> UInt64 {
    var (sum, isHigh) = (0 as UInt64, true)
    for octet in octets {
      sum += isHigh ? UInt64(octet) << 8 : UInt64(octet)
      isHigh.toggle()
    }
    return sum
  }

  @inline(__always)
  static func fold(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return ~UInt16(truncatingIfNeeded: sum)
  }
}
