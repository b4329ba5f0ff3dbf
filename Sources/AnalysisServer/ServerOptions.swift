public import PacketAnalysis

/// What a server says, and to whom.
public struct ServerOptions: Sendable {
  /// Of this program.
  public var version = ""
  public var access = Access.local
  /// `nil`: without TLS.
  public var tls: TLSFiles?
  /// Lists the interfaces of this machine.
  public var interfaces: @Sendable () -> [NetworkInterface] = { [] }
  /// So many associations have metrics of their own, the worst ones.
  public var metricsAssociations = 200
  public var limits = ServerLimits()
  public static let metricsAssociationLimits = 0...1_000

  public init() {}
}
