/// What the decoder found in one frame. One value is reused for all frames of a run, so that
/// decoding allocates nothing.
public struct DecodedFrame: ~Copyable {
  public internal(set) var frameClass = FrameClass.other
  /// Why; where `frameClass` is `malformed` or `truncated`, and only then.
  public internal(set) var finding: DecodeError?
  /// The association that an illegal SecTAG names: a lost number may be this frame. Of any class:
  /// the tag may be inside another protected header.
  public internal(set) var badTag: MACsecIdentity?

  /// The protected headers, outermost first; those from `headerCount` on are of an earlier frame.
  public internal(set) var headers: InlineArray<8, ProtectedHeader>
  public internal(set) var headerCount = 0

  /// The addresses of the Ethernet header nearest to the outermost protected header; of the
  /// innermost where nothing is protected. Linux SLL knows the source only, raw IP neither.
  public internal(set) var sourceMAC: MACAddress?
  public internal(set) var destinationMAC: MACAddress?

  // How far the decoder has come: the headers that those inside refer to.

  /// The VLAN tags since the nearest Ethernet header or SecTAG.
  var clearVLANs = VLANStack()
  /// The source address of the nearest Ethernet header.
  var nearestSource: MACAddress?
  /// The nearest IP header.
  var nearestIP = PlainFlow()

  public init() { headers = InlineArray(repeating: ProtectedHeader()) }

  /// One of them, where the subscript would copy all of them (Swift 6.3.1).
  @inline(__always)
  func header(at index: Int) -> ProtectedHeader { headers.span[index] }

  /// The frame's flow, one-way, where `frameClass` is `plain`.
  public var flow: PlainFlow? { frameClass == .plain ? nearestIP : nil }

  public static let headerCapacity = 8
}

/// The identity of a plain flow but for the point: see `FlowKey`.
public struct PlainFlow: Hashable, Sendable {
  public var ipProtocol: UInt8 = 0
  public var source = IPAddress(ipv4: 0)
  public var destination = IPAddress(ipv4: 0)
  /// 0 where the protocol has no ports.
  public var sourcePort: UInt16 = 0
  public var destinationPort: UInt16 = 0

  public init() {}
}

extension DecodedFrame {
  mutating func reset() {
    frameClass = .other
    finding = nil
    badTag = nil
    headerCount = 0
    sourceMAC = nil
    destinationMAC = nil
    clearVLANs = VLANStack()
    nearestSource = nil
    nearestIP = PlainFlow()
  }

  /// What the frame is as far as it has been read; what is inside a protected header changes
  /// nothing any more.
  mutating func classify(_ frameClass: FrameClass) {
    if headerCount == 0 { self.frameClass = frameClass }
  }

  mutating func fail(_ error: DecodeError, isSnapped: Bool) {
    guard headerCount == 0 else { return }
    frameClass = error.problem == .doesNotFit && isSnapped ? .truncated : .malformed
    finding = error
  }

  mutating func enterEthernet(source: MACAddress?, destination: MACAddress?) {
    clearVLANs = VLANStack()
    nearestSource = source
    guard headerCount == 0 else { return }
    (sourceMAC, destinationMAC) = (source, destination)
  }

  mutating func enterIP(source: IPAddress, destination: IPAddress, ipProtocol: UInt8) {
    nearestIP.source = source
    nearestIP.destination = destination
    nearestIP.ipProtocol = ipProtocol
    nearestIP.sourcePort = 0
    nearestIP.destinationPort = 0
    classify(.plain)
  }

  mutating func add(_ header: ProtectedHeader) {
    guard headerCount < Self.headerCapacity else { return }
    classify(header.frameClass)
    var places = headers.mutableSpan
    places[headerCount] = header
    headerCount += 1
  }
}
