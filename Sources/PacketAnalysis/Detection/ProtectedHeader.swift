/// One header with a number, and the association it belongs to.
public struct ProtectedHeader: Hashable, Sendable {
  public var identity: AssociationKey.Identity
  /// Packet Number or Sequence Number, as on the wire: 32 bits.
  public var number: UInt32
  /// MACsec only: the flags, with E and C.
  public var tci = TCI()
  /// MACsec only.
  public var sciSource = SCISource.explicit
  /// MACsec only: the clear VLAN stack in front, also where the SCI is explicit and it is no part
  /// of the identity.
  public var clearVLANs = VLANStack()
  /// Offset in the frame of the ICV: at the end of MACsec's Secure Data, or in AH. `nil` where its
  /// place depends on the algorithm. May lie behind what was captured.
  public var icvOffset: UInt32?

  public init(
    identity: AssociationKey.Identity, number: UInt32, tci: TCI = TCI(),
    sciSource: SCISource = .explicit, clearVLANs: VLANStack = VLANStack(), icvOffset: UInt32? = nil
  ) {
    self.identity = identity
    self.number = number
    self.tci = tci
    self.sciSource = sciSource
    self.clearVLANs = clearVLANs
    self.icvOffset = icvOffset
  }

  /// An empty place.
  init() {
    let none = MACsecIdentity(sci: SCI(rawValue: 0), an: 0, vlans: VLANStack())
    self.init(identity: .macsec(none), number: 0)
  }

  public var isMACsec: Bool { frameClass == .macsec }

  /// The class of a frame of which this is the outermost protected header.
  public var frameClass: FrameClass {
    switch identity {
    case .macsec: .macsec
    case .ipsec(let ipsec): ipsec.securityProtocol == .esp ? .esp : .ah
    }
  }
}
