/// An IPv6 extension header: hop-by-hop options, routing, destination options, mobility, host
/// identity and shim6 all begin alike.
///
///     | next header (1) | length in units of 8 octets, the first not counted (1) | ...
///
/// Source: RFC 8200, 4.3 to 4.6; RFC 6564, 4. The destination of a routing header is not looked
/// up: associations are named by the addresses of the IP header as it passes here.
public struct IPv6Extension: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(2, for: .ipv6Extension)
    let length = (Int(octets.octet(at: 1)) + 1) * 8
    try octets.require(length, for: .ipv6Extension)
    self.octets = octets.extracting(first: length)
  }

  public var length: Int { octets.byteCount }
  public var nextHeader: UInt8 { octets.octet(at: 0) }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try IPv6Extension(cursor.rest)
    let nextHeader = header.nextHeader
    cursor.skip(header.length)
    return .ipProtocol(nextHeader)
  }
}

/// The IPv6 fragment header.
///
///     | next header (1) | reserved (1) | offset (13 bits) reserved (2) M (1)
///     | identification (4) |
///
/// Source: RFC 8200, 4.5.
public struct IPv6FragmentHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.length, for: .ipv6Extension)
    self.octets = octets.extracting(first: Self.length)
  }

  public static let length = 8

  public var nextHeader: UInt8 { octets.octet(at: 0) }
  /// In units of 8 octets.
  public var fragmentOffset: UInt16 { octets.bigEndian(at: 2, as: UInt16.self) >> 3 }
  public var hasMoreFragments: Bool { octets.octet(at: 3) & 1 != 0 }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try IPv6FragmentHeader(cursor.rest)
    let nextHeader = header.nextHeader
    let (offset, hasMore) = (header.fragmentOffset, header.hasMoreFragments)
    cursor.skip(length)
    if offset > 0 {
      frame.classify(.fragment)
      return .end
    }
    if hasMore { cursor.enterFragment() }
    return .ipProtocol(nextHeader)
  }
}
