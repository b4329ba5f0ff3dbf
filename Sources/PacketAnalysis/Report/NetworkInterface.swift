/// An interface of this machine, as it was when it was looked at.
public struct NetworkInterface: Sendable, Equatable {
  public enum State: String, Sendable {
    case up
    /// Up, but nothing at the other end.
    case noCarrier
    case down
  }

  public var name: String
  public var state: State
  public var isLoopback = false
  /// How its frames begin; `nil` where no one here can read them.
  public var linkType: LinkType?
  /// `ARPHRD_...` of `linux/if_arp.h`.
  public var hardwareType: UInt16
  /// `nil` where it has none.
  public var hardwareAddress: MACAddress?
  public var addresses: [IPAddress] = []
  public var mtuOctets: UInt32
  /// Why nothing can be captured on it, and what to do about it; `nil`: it can.
  public var obstacle: String?

  public init(name: String, state: State, hardwareType: UInt16, mtuOctets: UInt32) {
    (self.name, self.state) = (name, state)
    (self.hardwareType, self.mtuOctets) = (hardwareType, mtuOctets)
  }
}
