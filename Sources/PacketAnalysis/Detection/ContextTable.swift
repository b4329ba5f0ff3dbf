/// Numbers for identities that do not fit in a `CompactKey`: VLAN stacks of channels without an
/// explicit SCI, IPv6 addresses, UDP ports.
struct ContextTable {
  enum Context: Hashable {
    case vlans(VLANStack)
    case addresses(source: IPAddress, destination: IPAddress, ports: IPsecIdentity.UDPPorts?)
  }

  private var numbers: [Context: UInt32] = [:]
  private var contexts: [Context] = []
  /// Of contexts that were asked for lately, each at its place: most frames are of one of them, and a look
  /// at the dictionary takes longer than all else that a frame needs.
  private var recent = [UInt32](repeating: 0, count: recentCount)
  private static let recentCount = 4_096
  /// So many have numbers.
  private let limit: Int

  init(limit: Int = .max) { self.limit = limit }

  private var isFull: Bool { contexts.count >= limit }

  /// Whether those of `other` are no more than the limit allows, together with these.
  func hasRoom(for other: ContextTable) -> Bool {
    other.contexts.count <= limit - min(limit, contexts.count)
  }

  mutating func number(of context: Context) -> UInt32 {
    if let number = recentNumber(of: context) { return number }
    let number = numbers[context] ?? add(context)
    recent[Self.place(of: context)] = number
    return number
  }

  /// `nil` where it may have one or none.
  private func recentNumber(of context: Context) -> UInt32? {
    let guess = recent[Self.place(of: context)]
    return guess < contexts.count && contexts[Int(guess)] == context ? guess : nil
  }

  private static func place(of context: Context) -> Int { context.mixed % recentCount }

  private mutating func add(_ context: Context) -> UInt32 {
    let number = UInt32(contexts.count)
    contexts.append(context)
    numbers[context] = number
    return number
  }

  /// Adds the contexts of `other`; its numbers, as they are here.
  mutating func numbers(of other: ContextTable) -> [UInt32] {
    other.contexts.map { number(of: $0) }
  }

  subscript(number: UInt32) -> Context { contexts[Int(number)] }

  /// The two words that stand for an identity; `nil` where it needs a number and there are too many.
  mutating func keyWithinLimit(
    _ identity: AssociationKey.Identity, point: UInt16
  ) -> CompactKey? {
    if isFull, let context = Self.context(of: identity), numbers[context] == nil { return nil }
    return key(identity, point: point)
  }

  private static func context(of identity: AssociationKey.Identity) -> Context? {
    switch identity {
    case .macsec(let macsec): macsec.vlans.isEmpty ? nil : .vlans(macsec.vlans)
    case .ipsec(let ipsec):
      ipsec.ports == nil && ipsec.source.family == .ipv4 && ipsec.destination.family == .ipv4
        ? nil
        : .addresses(source: ipsec.source, destination: ipsec.destination, ports: ipsec.ports)
    }
  }

  /// The two words that stand for an identity.
  mutating func key(_ identity: AssociationKey.Identity, point: UInt16) -> CompactKey {
    switch identity {
    case .macsec(let macsec):
      let inContext = !macsec.vlans.isEmpty
      return CompactKey(
        kind: inContext ? .macsecInContext : .macsec, an: macsec.an, point: point,
        context: inContext ? number(of: .vlans(macsec.vlans)) : 0, first: macsec.sci.rawValue)
    case .ipsec(let ipsec):
      let isESP = ipsec.securityProtocol == .esp
      if ipsec.ports == nil, ipsec.source.family == .ipv4, ipsec.destination.family == .ipv4 {
        return CompactKey(
          kind: isESP ? .espIPv4 : .ahIPv4, an: 0, point: point, context: ipsec.spi,
          first: CompactKey.addresses(
            source: UInt32(truncatingIfNeeded: ipsec.source.bits),
            destination: UInt32(truncatingIfNeeded: ipsec.destination.bits)))
      }
      let context = Context.addresses(
        source: ipsec.source, destination: ipsec.destination, ports: ipsec.ports)
      return CompactKey(
        kind: isESP ? .espInContext : .ahInContext, an: 0, point: point,
        context: number(of: context), first: UInt64(ipsec.spi))
    }
  }

  /// The two words that stand for ESP in UDP between addresses and ports that were seen lately.
  func recentKey(_ esp: ShortPath.EncapsulatedESP, point: UInt16) -> CompactKey? {
    let ports = IPsecIdentity.UDPPorts(
      source: UInt16(esp.ports >> 16), destination: UInt16(truncatingIfNeeded: esp.ports))
    let context = Context.addresses(
      source: IPAddress(ipv4: UInt32(esp.addresses >> 32)),
      destination: IPAddress(ipv4: UInt32(truncatingIfNeeded: esp.addresses)), ports: ports)
    return recentNumber(of: context).map {
      CompactKey(
        kind: .espInContext, an: 0, point: point, context: $0, first: UInt64(esp.spi))
    }
  }

  /// The identity that two words stand for.
  func associationKey(_ key: CompactKey) -> AssociationKey {
    let identity: AssociationKey.Identity =
      switch key.kind {
      case .macsecInContext, .macsec, nil:
        .macsec(
          MACsecIdentity(sci: SCI(rawValue: key.first), an: key.an, vlans: vlans(of: key)))
      case .espIPv4: .ipsec(ipv4(key, .esp))
      case .ahIPv4: .ipsec(ipv4(key, .ah))
      case .espInContext: .ipsec(inContext(key, .esp))
      case .ahInContext: .ipsec(inContext(key, .ah))
      }
    return AssociationKey(point: key.point, identity: identity)
  }

  private func vlans(of key: CompactKey) -> VLANStack {
    guard key.kind == .macsecInContext, case .vlans(let vlans) = self[key.context] else {
      return VLANStack()
    }
    return vlans
  }

  private func ipv4(
    _ key: CompactKey, _ securityProtocol: IPsecIdentity.SecurityProtocol
  ) -> IPsecIdentity {
    IPsecIdentity(
      securityProtocol: securityProtocol,
      source: IPAddress(ipv4: UInt32(truncatingIfNeeded: key.first >> 32)),
      destination: IPAddress(ipv4: UInt32(truncatingIfNeeded: key.first)), spi: key.context,
      ports: nil)
  }

  private func inContext(
    _ key: CompactKey, _ securityProtocol: IPsecIdentity.SecurityProtocol
  ) -> IPsecIdentity {
    guard case .addresses(let source, let destination, let ports) = self[key.context] else {
      preconditionFailure("the context of an IPsec key is a pair of addresses")
    }
    return IPsecIdentity(
      securityProtocol: securityProtocol, source: source, destination: destination,
      spi: UInt32(truncatingIfNeeded: key.first), ports: ports)
  }
}

extension ContextTable.Context {
  /// Differs for most contexts in its low bits. Whoever makes it the same for all slows them down a little.
  fileprivate var mixed: Int {
    let bits: UInt128
    switch self {
    case .vlans(let vlans): bits = UInt128(vlans.packed)
    case .addresses(let source, let destination, let ports):
      let word = ports.map { UInt32($0.source) << 16 | UInt32($0.destination) } ?? 0
      bits = source.bits &* 3 ^ destination.bits ^ UInt128(word) << 64
    }
    let word = UInt64(truncatingIfNeeded: bits) ^ UInt64(truncatingIfNeeded: bits >> 64)
    return Int((word &* 0x9E37_79B9_7F4A_7C15) >> 40)
  }
}
