/// A VXLAN header.
///
///     | flags (1), 0x08: the VNI is valid | reserved (3) | VNI (3) | reserved (1) |
///
/// Source: RFC 7348, 5.
public struct VXLANHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.length, for: .vxlan)
    self.octets = octets.extracting(first: Self.length)
  }

  public static let length = 8

  public var isValid: Bool { octets.octet(at: 0) & 0x08 != 0 }

  /// Without the flag it is something else that uses the port: a plain flow.
  static func decode(_ cursor: inout FrameCursor) throws(DecodeError) -> NextHeader {
    let header = try VXLANHeader(cursor.rest)
    guard header.isValid else { return .end }
    cursor.skip(length)
    return .link(.ethernet)
  }
}
