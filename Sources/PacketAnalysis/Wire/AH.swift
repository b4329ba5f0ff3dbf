/// An IP Authentication Header.
///
///     | next header (1) | length (1) | reserved (2) | Security Parameters Index (4)
///     | Sequence Number (4) | Integrity Check Value (length field) |
///
/// Source: RFC 4302, 2.
public struct AHHeader: ~Escapable {
  private let octets: RawSpan

  /// Checks the fixed part, which has all that is read; the ICV behind it need not be there.
  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.fixedLength, for: .ah)
    self.octets = octets.extracting(first: Self.fixedLength)
    guard length >= Self.fixedLength else { throw DecodeError(.lengthTooSmall, in: .ah) }
    guard spi != 0 else { throw DecodeError(.reservedSPI, in: .ah) }
  }

  public static let fixedLength = 12

  public var nextHeader: UInt8 { octets.octet(at: 0) }
  /// Of the whole header in octets; the field counts words of 4, less 2 (2.2).
  public var length: Int { (Int(octets.octet(at: 1)) + 2) * 4 }
  /// Security Parameters Index (2.4).
  public var spi: UInt32 { octets.bigEndian(at: 4, as: UInt32.self) }
  /// Sequence Number; with Extended Sequence Numbers, its 32 least significant bits (2.5).
  public var sequenceNumber: UInt32 { octets.bigEndian(at: 8, as: UInt32.self) }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try AHHeader(cursor.rest)
    let (length, nextHeader) = (header.length, header.nextHeader)
    // Where the ICV was cut off by the capture, the number still counts.
    if cursor.isWhole { try cursor.rest.require(length, for: .ah) }
    let identity = IPsecIdentity(
      securityProtocol: .ah, source: frame.nearestIP.source,
      destination: frame.nearestIP.destination, spi: header.spi, ports: nil)
    frame.add(
      ProtectedHeader(
        identity: .ipsec(identity), number: header.sequenceNumber,
        icvOffset: UInt32(exactly: cursor.start + fixedLength)))
    try cursor.rest.require(length, for: .ah)
    cursor.skip(length)
    return .ipProtocol(nextHeader)
  }
}
