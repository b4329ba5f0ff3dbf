/// The 5-tuple of a plain flow in two words, as `FlowTable` compares it.
///
/// The first word holds source and destination, where both are IPv4 addresses, and otherwise the number
/// that `AddressPairs` gave to them. The second holds the ports (32 bits), which of the two it is (8),
/// the protocol (8) and the point (16).
struct CompactFlowKey: Hashable, BitwiseCopyable {
  var first: UInt64
  private(set) var second: UInt64

  enum Kind: UInt8 {
    case ipv4 = 1
    case pair = 2
  }

  /// - Parameters:
  ///   - addresses: the IPv4 addresses, the source's in the high half.
  ///   - ports: likewise.
  @inline(__always)
  init(point: UInt16, ipProtocol: UInt8, addresses: UInt64, ports: UInt32) {
    self.init(.ipv4, point: point, ipProtocol: ipProtocol, first: addresses, ports: ports)
  }

  @inline(__always)
  fileprivate init(
    _ kind: Kind, point: UInt16, ipProtocol: UInt8, first: UInt64, ports: UInt32
  ) {
    self.first = first
    second =
      UInt64(ports) << 32 | UInt64(kind.rawValue) << 24 | UInt64(ipProtocol) << 16 | UInt64(point)
  }

  var isIPv4: Bool { UInt8(truncatingIfNeeded: second >> 24) == Kind.ipv4.rawValue }
  var sourcePort: UInt16 { UInt16(truncatingIfNeeded: second >> 48) }
  var destinationPort: UInt16 { UInt16(truncatingIfNeeded: second >> 32) }
  fileprivate var ipProtocol: UInt8 { UInt8(truncatingIfNeeded: second >> 16) }
  fileprivate var point: UInt16 { UInt16(truncatingIfNeeded: second) }
}

/// Numbers for pairs of addresses that do not fit in a word.
struct AddressPairs {
  private struct Pair: Hashable {
    var source: IPAddress
    var destination: IPAddress
  }
  private var numbers: [Pair: UInt64] = [:]
  private var pairs: [Pair] = []

  /// The key of a flow; `nil` where its addresses have no number yet.
  func known(_ key: FlowKey) -> CompactFlowKey? {
    if key.source.family == .ipv4, key.destination.family == .ipv4 {
      let addresses = UInt64(truncatingIfNeeded: key.source.bits << 32 | key.destination.bits)
      return compact(key, .ipv4, addresses)
    }
    return numbers[Pair(source: key.source, destination: key.destination)].map {
      compact(key, .pair, $0)
    }
  }

  /// The key of a flow.
  mutating func compact(_ key: FlowKey) -> CompactFlowKey {
    if let known = known(key) { return known }
    let pair = Pair(source: key.source, destination: key.destination)
    let number = UInt64(pairs.count)
    pairs.append(pair)
    numbers[pair] = number
    return compact(key, .pair, number)
  }

  private func compact(_ key: FlowKey, _ kind: CompactFlowKey.Kind, _ first: UInt64)
    -> CompactFlowKey
  {
    CompactFlowKey(
      kind, point: key.point, ipProtocol: key.ipProtocol, first: first,
      ports: UInt32(key.sourcePort) << 16 | UInt32(key.destinationPort))
  }

  /// What a key stands for.
  func whole(_ key: CompactFlowKey) -> FlowKey {
    let pair =
      key.isIPv4
      ? Pair(
        source: IPAddress(ipv4: UInt32(truncatingIfNeeded: key.first >> 32)),
        destination: IPAddress(ipv4: UInt32(truncatingIfNeeded: key.first)))
      : pairs[Int(key.first)]
    return FlowKey(
      point: key.point, ipProtocol: key.ipProtocol, source: pair.source,
      destination: pair.destination, sourcePort: key.sourcePort,
      destinationPort: key.destinationPort)
  }
}
