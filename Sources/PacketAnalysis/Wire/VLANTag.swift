/// A VLAN tag behind its tag protocol identifier.
///
///     | PCP (3 bits) DEI (1) VLAN identifier (12) | EtherType of what follows (2) |
///
/// Source: IEEE Std 802.1Q-2022, 9.6.
public struct VLANTag: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.length, for: .vlanTag)
    self.octets = octets.extracting(first: Self.length)
  }

  public static let length = 4

  /// Of a C-TAG and an S-TAG (IEEE Std 802.1Q-2022, 9.5), and two that outer tags had before.
  package static var etherTypes: InlineArray<4, UInt16> { [0x8100, 0x88A8, 0x9100, 0x9200] }

  static func isEtherType(_ type: UInt16) -> Bool {
    etherTypes.indices.contains { etherTypes[$0] == type }
  }

  public var identifier: UInt16 { octets.bigEndian(at: 0, as: UInt16.self) & 0xFFF }
  public var etherType: UInt16 { octets.bigEndian(at: 2, as: UInt16.self) }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let tag = try VLANTag(cursor.rest)
    frame.clearVLANs.append(tag.identifier)
    let etherType = tag.etherType
    cursor.skip(length)
    return .etherType(etherType)
  }
}
