/// An entry of an MPLS label stack.
///
///     | label (20 bits) traffic class (3) S: bottom of stack (1) TTL (8) |
///
/// Source: RFC 3032, 2.1. Nothing says what is below the bottom; see `payload(_:)`.
public struct MPLSLabel: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.length, for: .mpls)
    self.octets = octets.extracting(first: Self.length)
  }

  public static let length = 4

  public var isBottomOfStack: Bool { octets.octet(at: 2) & 1 != 0 }

  static func decode(_ cursor: inout FrameCursor) throws(DecodeError) -> NextHeader {
    let label = try MPLSLabel(cursor.rest)
    let isBottom = label.isBottomOfStack
    cursor.skip(length)
    return isBottom ? try payload(&cursor) : .etherType(0x8847)
  }

  /// A SecTAG behind its EtherType (Nokia ANYsec), IP by its version (RFC 4928, 3), or an Ethernet
  /// frame with (RFC 4385) or without a control word, where an EtherType that we know makes that
  /// plausible.
  private static func payload(_ cursor: inout FrameCursor) throws(DecodeError) -> NextHeader {
    let rest = cursor.rest
    try rest.require(2, for: .mpls)
    if rest.bigEndian(at: 0, as: UInt16.self) == 0x88E5 {
      cursor.skip(2)
      return .etherType(0x88E5)
    }
    switch rest.octet(at: 0) >> 4 {
    case 4: return .etherType(0x0800)
    case 6: return .etherType(0x86DD)
    case 0 where holdsEthernet(rest, at: controlWordLength) && !isTagged(rest):
      cursor.skip(controlWordLength)
      return .link(.ethernet)
    default: return holdsEthernet(rest, at: 0) ? .link(.ethernet) : .end
    }
  }

  private static let controlWordLength = 4

  /// Without a control word, a VLAN tag puts the second of two EtherTypes where the only one would
  /// be behind a control word.
  private static func isTagged(_ octets: RawSpan) -> Bool {
    VLANTag.isEtherType(octets.bigEndian(at: 12, as: UInt16.self))
  }

  private static func holdsEthernet(_ octets: RawSpan, at offset: Int) -> Bool {
    guard octets.byteCount >= offset + EthernetHeader.length else { return false }
    let type = octets.bigEndian(at: offset + 12, as: UInt16.self)
    switch type {
    case 0x0800, 0x0806, 0x86DD, 0x8847, 0x8848, 0x8864, 0x888E, 0x88CC, 0x88E5: return true
    case _ where VLANTag.isEtherType(type): return true
    default: return false
    }
  }
}
