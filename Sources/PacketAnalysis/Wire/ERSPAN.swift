/// A mirrored frame's header inside GRE.
///
///     type II:  | version 1 (4 bits) ... | (8 octets)
///     type III: | version 2 (4 bits) ... | frame type (5 bits) ... O (1) | (12 octets),
///               then 8 more if O = 1
///
/// Source: draft-foschiano-erspan-03, 4.
public struct ERSPANHeader: ~Escapable {
  /// EtherTypes.
  public static let typeII: UInt16 = 0x88BE
  public static let typeIII: UInt16 = 0x22EB

  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan, etherType: UInt16) throws(DecodeError) {
    var length = etherType == Self.typeII ? 8 : 12
    try octets.require(length, for: .erspan)
    if etherType == Self.typeIII, octets.octet(at: 11) & 1 != 0 { length += 8 }
    try octets.require(length, for: .erspan)
    self.octets = octets.extracting(first: length)
  }

  public var length: Int { octets.byteCount }
  /// Type III can carry IP alone (2) instead of an Ethernet frame (0).
  public var holdsEthernet: Bool {
    octets.byteCount == 8 || octets.octet(at: 10) >> 2 & 0b11111 == 0
  }

  static func decode(
    _ etherType: UInt16, _ cursor: inout FrameCursor
  ) throws(DecodeError) -> NextHeader {
    let header = try ERSPANHeader(cursor.rest, etherType: etherType)
    let holdsEthernet = header.holdsEthernet
    cursor.skip(header.length)
    return .link(holdsEthernet ? .ethernet : .raw)
  }
}
