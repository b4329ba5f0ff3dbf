/// The header of an EAPOL PDU.
///
///     | protocol version (1) | packet type (1) | body length (2) |
///
/// Source: IEEE Std 802.1X-2020, 11.3.
public struct EAPOLHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.length, for: .eapol)
    self.octets = octets.extracting(first: Self.length)
  }

  public static let length = 4

  /// EAPOL-MKA: an MKPDU of the MACsec Key Agreement protocol (11.3.2).
  public var isMKA: Bool { octets.octet(at: 1) == 5 }

  static func decode(
    _ cursor: borrowing FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try EAPOLHeader(cursor.rest)
    frame.classify(header.isMKA ? .mka : .eapol)
    return .end
  }
}
