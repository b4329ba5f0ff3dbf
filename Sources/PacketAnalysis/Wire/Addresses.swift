/// A 48-bit MAC address, in the low bits of an integer so that addresses compare in their order.
public struct MACAddress: RawRepresentable, Hashable, Comparable, BitwiseCopyable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue & 0xFFFF_FFFF_FFFF }
  public static func < (a: MACAddress, b: MACAddress) -> Bool { a.rawValue < b.rawValue }
}

/// Secure Channel Identifier: a MAC address and a Port Identifier (IEEE Std 802.1AE-2018, 7.1.2).
public struct SCI: RawRepresentable, Hashable, Comparable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(systemIdentifier: MACAddress, portIdentifier: UInt16) {
    rawValue = systemIdentifier.rawValue << 16 | UInt64(portIdentifier)
  }

  public var systemIdentifier: MACAddress { MACAddress(rawValue: rawValue >> 16) }
  public var portIdentifier: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
  public static func < (a: SCI, b: SCI) -> Bool { a.rawValue < b.rawValue }
}

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Comparable, BitwiseCopyable, Sendable {
  public enum Family: UInt8, BitwiseCopyable, Sendable {
    case ipv4 = 4
    case ipv6 = 6
  }
  public let family: Family
  /// The address as an integer; an IPv4 address is in the low 32 bits.
  public let bits: UInt128

  public init(ipv4 bits: UInt32) { (family, self.bits) = (.ipv4, UInt128(bits)) }
  public init(ipv6 bits: UInt128) { (family, self.bits) = (.ipv6, bits) }

  public static func < (a: IPAddress, b: IPAddress) -> Bool {
    (a.family.rawValue, a.bits) < (b.family.rawValue, b.bits)
  }
}
