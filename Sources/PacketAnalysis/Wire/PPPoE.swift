/// A PPPoE header and the PPP protocol number behind it.
///
///     | version, type (1) | code (1) | session (2) | length (2) | PPP protocol (2) |
///
/// Source: RFC 2516, 4; the length counts the PPP protocol and what follows.
public struct PPPoEHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.headerLength + 2, for: .pppoe)
    guard octets.octet(at: 0) == 0x11 else { throw DecodeError(.unsupportedVersion, in: .pppoe) }
    self.octets = octets.extracting(first: Self.headerLength + 2)
  }

  /// Without the PPP protocol.
  public static let headerLength = 6

  /// 0 in a session.
  public var code: UInt8 { octets.octet(at: 1) }
  public var length: Int { Int(octets.bigEndian(at: 4, as: UInt16.self)) }
  public var pppProtocol: UInt16 { octets.bigEndian(at: 6, as: UInt16.self) }

  static func decode(_ cursor: inout FrameCursor) throws(DecodeError) -> NextHeader {
    let header = try PPPoEHeader(cursor.rest)
    let (code, length, pppProtocol) = (header.code, header.length, header.pppProtocol)
    guard code == 0 else { return .end }
    guard length >= 2 else { throw DecodeError(.lengthTooSmall, in: .pppoe) }
    cursor.skip(headerLength)
    cursor.limit(to: length)
    cursor.skip(2)
    return .pppProtocol(pppProtocol)
  }
}
