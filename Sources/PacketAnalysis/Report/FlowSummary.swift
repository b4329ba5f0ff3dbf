/// What was counted of one plain flow.
public struct FlowSummary: Sendable, Equatable {
  public var key: FlowKey
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  public var firstFrame = FrameReference(file: 0, frame: 0, time: nil)
  public init(key: FlowKey) { self.key = key }
}

/// The identity of a plain flow, one-way.
public struct FlowKey: Sendable, Hashable, BitwiseCopyable {
  public var point: UInt16
  /// IP protocol number (6 TCP, 17 UDP).
  public var ipProtocol: UInt8
  public var source: IPAddress
  public var destination: IPAddress
  /// 0 where the protocol has no ports.
  public var sourcePort: UInt16
  public var destinationPort: UInt16

  public init(
    point: UInt16, ipProtocol: UInt8, source: IPAddress, destination: IPAddress,
    sourcePort: UInt16, destinationPort: UInt16
  ) {
    self.point = point
    self.ipProtocol = ipProtocol
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }
}
