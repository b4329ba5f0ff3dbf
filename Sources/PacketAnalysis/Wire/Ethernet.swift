/// An Ethernet header, without the VLAN tags that may follow its addresses.
///
///     | destination address (6) | source address (6) | EtherType or length (2) |
///
/// Source: IEEE Std 802.3-2022, 3.1.1 and 3.2.6.
public struct EthernetHeader: ~Escapable {
  private let octets: RawSpan

  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.length, for: .ethernet)
    self.octets = octets.extracting(first: Self.length)
  }

  public static let length = 14

  public var destination: MACAddress { octets.macAddress(at: 0) }
  public var source: MACAddress { octets.macAddress(at: 6) }
  /// The EtherType; below 0x0600 the length of an IEEE 802.2 LLC frame.
  public var etherType: UInt16 { octets.bigEndian(at: 12, as: UInt16.self) }

  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try EthernetHeader(cursor.rest)
    frame.enterEthernet(source: header.source, destination: header.destination)
    let etherType = header.etherType
    cursor.skip(length)
    return .etherType(etherType)
  }
}
