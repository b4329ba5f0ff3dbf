import PacketAnalysis

/// How differences name things: enough to find them in a capture.
extension ReportDifference {
  static func name(_ summary: AssociationSummary) -> String {
    name(summary.key) + " epoch \(summary.epoch)"
  }

  static func name(_ key: AssociationKey) -> String {
    switch key.identity {
    case .macsec(let identity):
      let vlans = identity.vlans.isEmpty ? "" : " vlans \(identity.vlans.identifiers)"
      return "macsec \(hexadecimal(identity.sci.rawValue, digits: 16)) AN \(identity.an)\(vlans)"
    case .ipsec(let identity):
      let ports = identity.ports.map { " udp \($0.source)>\($0.destination)" } ?? ""
      return "\(identity.securityProtocol) \(name(identity.source))>\(name(identity.destination))"
        + " SPI 0x\(hexadecimal(UInt64(identity.spi), digits: 8))\(ports)"
    }
  }

  static func name(_ key: FlowKey) -> String {
    "protocol \(key.ipProtocol) \(name(key.source)) port \(key.sourcePort) > "
      + "\(name(key.destination)) port \(key.destinationPort)"
  }

  static func name(_ address: IPAddress) -> String {
    switch address.family {
    case .ipv4:
      stride(from: 24, through: 0, by: -8)
        .map { "\(address.bits >> UInt128($0) & 0xFF)" }.joined(separator: ".")
    case .ipv6:
      stride(from: 112, through: 0, by: -16)
        .map { String(UInt64(address.bits >> UInt128($0) & 0xFFFF), radix: 16) }
        .joined(separator: ":")
    }
  }

  static func brief(_ summary: AssociationSummary) -> String {
    "\(summary.packets) packets, numbers \(text(summary.lowestNumber)) to "
      + "\(text(summary.highestNumber)), \(lost(summary)) lost, \(summary.duplicates) duplicates, "
      + "\(summary.suspects) suspects, from frame \(summary.firstFrame.frame)"
  }

  /// The report may be wrong in any way: its own `lost` would trap where there are more distinct
  /// numbers than there is room for.
  static func lost(_ summary: AssociationSummary) -> String {
    guard let lowest = summary.lowestNumber, let highest = summary.highestNumber else { return "0" }
    let expected = Int128(highest) - Int128(lowest) + 1 - Int128(summary.skipped)
    return "\(expected - Int128(summary.distinct))"
  }

  static func text<T>(_ value: T?) -> String { value.map { "\($0)" } ?? "none" }

  static func text(_ time: Timestamp?) -> String {
    time.map { "\($0.nanosecondsSinceEpoch) ns" } ?? "none"
  }

  static func text(_ interArrival: InterArrival?) -> String {
    interArrival.map {
      "\($0.minimumNanoseconds)/\($0.meanNanoseconds)/\($0.maximumNanoseconds) ns"
    } ?? "none"
  }

  static func text(_ addresses: [MACAddress]) -> String {
    addresses.map { hexadecimal($0.rawValue, digits: 12) }.joined(separator: ",")
  }

  static func text(_ frame: FrameReference) -> String {
    "frame \(frame.frame) of file \(frame.file) at \(text(frame.time))"
  }

  private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
