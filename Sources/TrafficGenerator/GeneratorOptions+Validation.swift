import PacketAnalysis

extension GeneratorOptions {
  /// Throws where no capture can be made of these.
  func validate() throws(GeneratorError) {
    guard packets <= Self.packetLimit else { throw .tooManyPackets(packets) }
    guard flows >= 1 else {
      throw .invalidOption(name: "flows", value: "\(flows)", expected: "at least 1")
    }
    guard packets >= flows else {
      throw .fewerPacketsThanFlows(packets: packets, flows: flows)
    }
    let mix = protocols
    guard [mix.macsec, mix.esp, mix.ah, mix.plain].allSatisfy({ $0 >= 0 && $0.isFinite }),
      mix.sum > 0, mix.sum.isFinite
    else {
      throw .invalidOption(
        name: "protocol", value: "\(mix)", expected: "weights of which one is above 0")
    }
    if let snapLength, !(Self.shortestSnapLength...65_535).contains(snapLength) {
      throw .invalidOption(
        name: "snap-length", value: "\(snapLength)",
        expected: "from \(Self.shortestSnapLength) to 65535 octets")
    }
    let lengths =
      switch sizes {
      case .fixed(let length): length...length
      case .uniform(let range): range
      case .imix: FrameSizes.limits
      }
    guard FrameSizes.limits.contains(lengths.lowerBound),
      FrameSizes.limits.contains(lengths.upperBound)
    else {
      throw .invalidOption(
        name: "sizes", value: "\(lengths)",
        expected: "from \(FrameSizes.limits.lowerBound) to \(FrameSizes.limits.upperBound) octets")
    }
    let shares = [
      ("vlan-share", vlanShare), ("qinq-share", qinqShare),
      ("without-sci-share", withoutSCIShare), ("short-frame-share", shortFrameShare),
      ("ipv6-share", ipv6Share), ("nat-traversal-share", natTraversalShare),
      ("integrity-only-share", integrityOnlyShare),
    ]
    for (name, share) in shares where !(0...1).contains(share) {
      throw .invalidOption(name: name, value: "\(share)", expected: "from 0 to 1")
    }
    guard (0.001...1e9).contains(packetsPerSecond) else {
      throw .invalidOption(
        name: "packets-per-second", value: "\(packetsPerSecond)", expected: "from 0.001 to 1e9")
    }
    for scenario in scenarios { try scenario.validate() }
    // pcap counts seconds in 32 bits.
    let start = Double(startTime.nanosecondsSinceEpoch) / 1e9
    guard start >= 0, start + 1.5 * Double(packets) / packetsPerSecond + 1 < Double(UInt32.max)
    else {
      throw .invalidOption(
        name: "packets-per-second", value: "\(packetsPerSecond)",
        expected: "fast enough for the capture to end before the year 2106")
    }
  }
}

extension Scenario {
  /// Throws where a value is outside what the generator can do without an observer's verdict
  /// becoming a matter of opinion.
  func validate() throws(GeneratorError) {
    try check("share", share)
    switch kind {
    case .loss(let rate): try check("rate", rate)
    case .gilbertElliott(let p, let r, let bad, let good):
      for (name, value) in [("p", p), ("r", r), ("bad", bad), ("good", good)] {
        try check(name, value)
      }
    case .reorder(let rate, let distance):
      try check("rate", rate)
      try check("distance", distance, within: 1...1_000_000)
    case .duplicate(let rate, let distance):
      try check("rate", rate)
      try check("distance", distance, within: 0...1_000_000)
    // Within W frames of a replay the traffic goes on.
    case .replay(let length): try check("length", length, within: 1...800)
    case .rekey(let times): try check("times", times, within: 1...100)
    case .forged(let count): try check("count", count, within: 1...100)
    // More than H is an outage; more than 2^24 can be a skip.
    case .outage(let size): try check("size", size, within: 65_537...3_500_000_000)
    case .skip(let size): try check("size", size, within: 16_777_217...3_500_000_000)
    case .timeSteps(let rate, let nanoseconds):
      try check("rate", rate)
      try check("nanoseconds", nanoseconds...nanoseconds, within: 1...1_000_000_000)
    case .wrap, .return, .restart: break
    }
  }

  private func check(_ name: String, _ probability: Double) throws(GeneratorError) {
    guard (0...1).contains(probability) else {
      throw .unreadableScenario(
        text: "\(kind.name):\(name)=\(probability)", expected: "\(name) from 0 to 1")
    }
  }

  private func check(
    _ name: String, _ range: ClosedRange<Int>, within limits: ClosedRange<Int>
  ) throws(GeneratorError) {
    guard limits.contains(range.lowerBound), limits.contains(range.upperBound) else {
      throw .unreadableScenario(
        text: "\(kind.name):\(name)=\(range.lowerBound)-\(range.upperBound)",
        expected: "\(name) from \(limits.lowerBound) to \(limits.upperBound)")
    }
  }
}
