/// The header that Linux makes up where a capture is of any interface.
///
///     SLL:  | packet type (2) | ARPHRD (2) | address length (2) | address (8) | protocol (2) |
///     SLL2: | protocol (2) | reserved (2) | interface (4) | ARPHRD (2) | packet type (1)
///           | address length (1) | address (8) |
///
/// Source: LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2, tcpdump.org/linktypes.html.
public struct LinuxSLLHeader: ~Escapable {
  public enum Version: Sendable {
    case sll, sll2
  }

  private let octets: RawSpan
  private let version: Version

  @_lifetime(copy octets)
  public init(_ octets: RawSpan, version: Version) throws(DecodeError) {
    let length = version == .sll ? 16 : 20
    try octets.require(length, for: .linuxSLL)
    self.octets = octets.extracting(first: length)
    self.version = version
  }

  public var length: Int { octets.byteCount }

  /// An EtherType, or below 0x0600 one of Linux' own numbers.
  public var protocolType: UInt16 {
    octets.bigEndian(at: version == .sll ? 14 : 0, as: UInt16.self)
  }

  /// The sender's link-layer address, where it is a MAC address.
  public var source: MACAddress? {
    switch version {
    case .sll: octets.bigEndian(at: 4, as: UInt16.self) == 6 ? octets.macAddress(at: 6) : nil
    case .sll2: octets.octet(at: 11) == 6 ? octets.macAddress(at: 12) : nil
    }
  }

  /// The kind of device (ARPHRD_...): of radio and netlink devices the protocol is no EtherType.
  public var hardwareType: UInt16 {
    octets.bigEndian(at: version == .sll ? 2 : 8, as: UInt16.self)
  }

  static func decode(
    _ version: Version, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let header = try LinuxSLLHeader(cursor.rest, version: version)
    frame.enterEthernet(source: header.source, destination: nil)
    let (protocolType, hardwareType) = (header.protocolType, header.hardwareType)
    cursor.skip(header.length)
    return switch hardwareType {
    case 801...803, 824: .end
    default: .etherType(protocolType)
    }
  }
}
