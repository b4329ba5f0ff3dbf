/// A GRE header.
///
///     | C R K S ... version (2) | EtherType of what follows (2)
///     | checksum, reserved (4, if C) | key (4, if K) | sequence number (4, if S) |
///
/// Source: RFC 2784, 2.1; RFC 2890, 2. Version 1 (PPTP) and source routes (R) are not followed.
public struct GREHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.fixedLength, for: .gre)
    let options = (octets.octet(at: 0) & 0b1011_0000).nonzeroBitCount
    let length = Self.fixedLength + 4 * options
    try octets.require(length, for: .gre)
    self.octets = octets.extracting(first: length)
  }

  public static let fixedLength = 4

  public var length: Int { octets.byteCount }
  public var version: UInt8 { octets.octet(at: 1) & 0b111 }
  public var hasRouting: Bool { octets.octet(at: 0) & 0x40 != 0 }
  public var hasSequenceNumber: Bool { octets.octet(at: 0) & 0x10 != 0 }
  public var etherType: UInt16 { octets.bigEndian(at: 2, as: UInt16.self) }

  static func decode(_ cursor: inout FrameCursor) throws(DecodeError) -> NextHeader {
    let header = try GREHeader(cursor.rest)
    guard header.version == 0, !header.hasRouting else { return .end }
    let (etherType, hasSequenceNumber) = (header.etherType, header.hasSequenceNumber)
    cursor.skip(header.length)
    // ERSPAN type I has no header of its own, and no sequence number tells it from type II.
    if etherType == ERSPANHeader.typeII, !hasSequenceNumber { return .link(.ethernet) }
    return .etherType(etherType)
  }
}
