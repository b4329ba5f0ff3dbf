/// What tells one secure association from another: one direction of one key, seen at one point.
///
/// MACsec: point + SCI + AN, and the clear VLAN stack where the SCI is not explicit, since
/// sub-interfaces share a MAC address. IPsec: point + protocol + source + destination + SPI, and
/// the UDP ports where ESP is encapsulated, since two clients behind one address may use the same
/// SPI (RFC 4301, 4.1; RFC 3948).
public struct AssociationKey: Hashable, Sendable {
  public enum Identity: Hashable, Sendable {
    case macsec(MACsecIdentity)
    case ipsec(IPsecIdentity)
  }

  /// Index of the point of capture in the run.
  public var point: UInt16
  public var identity: Identity

  public init(point: UInt16, identity: Identity) {
    self.point = point
    self.identity = identity
  }
}

public struct MACsecIdentity: Hashable, Sendable {
  public var sci: SCI
  /// Association Number, 0 to 3 (IEEE Std 802.1AE-2018, 9.6).
  public var an: UInt8
  /// The clear VLAN stack where the SCI is not explicit; otherwise empty.
  public var vlans: VLANStack

  public init(sci: SCI, an: UInt8, vlans: VLANStack) {
    (self.sci, self.an, self.vlans) = (sci, an, vlans)
  }
}

public struct IPsecIdentity: Hashable, Sendable {
  public enum SecurityProtocol: UInt8, Hashable, Sendable {
    case esp = 50
    case ah = 51

    /// As reports and the database have it.
    package var name: StaticString {
      switch self {
      case .esp: "esp"
      case .ah: "ah"
      }
    }
  }
  public struct UDPPorts: Hashable, Sendable {
    public var source: UInt16
    public var destination: UInt16
    public init(source: UInt16, destination: UInt16) {
      (self.source, self.destination) = (source, destination)
    }
  }

  public var securityProtocol: SecurityProtocol
  public var source: IPAddress
  public var destination: IPAddress
  /// Security Parameters Index (RFC 4303, 2.1; RFC 4302, 2.4).
  public var spi: UInt32
  /// The UDP ports of encapsulated ESP (RFC 3948); `nil` where ESP or AH is carried by IP itself.
  public var ports: UDPPorts?

  public init(
    securityProtocol: SecurityProtocol, source: IPAddress, destination: IPAddress, spi: UInt32,
    ports: UDPPorts?
  ) {
    self.securityProtocol = securityProtocol
    self.source = source
    self.destination = destination
    self.spi = spi
    self.ports = ports
  }
}

/// How a frame's SCI is known (IEEE Std 802.1AE-2018, 9.9).
public enum SCISource: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// SC = 1: the SecTAG carries it.
  case explicit
  /// ES = 1: the source MAC address with Port Identifier 0001.
  case endStation
  /// SCB = 1: the source MAC address with Port Identifier 0000.
  case singleCopyBroadcast
  /// None of them: the source MAC address with Port Identifier 0001, by assumption.
  case implicit

  /// As reports and the database have it.
  package var name: StaticString {
    switch self {
    case .explicit: "explicit"
    case .endStation: "endStation"
    case .singleCopyBroadcast: "singleCopyBroadcast"
    case .implicit: "implicit"
    }
  }
}
