public import PacketAnalysis

/// Writes a capture of protected traffic to which known things happen, and says what an observer
/// of it can know.
///
/// The same options and seed give the same octets. First the frames of each flow are planned in
/// their order of arrival, then the flows are shuffled together and written, then the truth is
/// computed from what was written. Memory is bounded by the packets: some 30 octets for each.
public struct TrafficGenerator: Sendable {
  public let options: GeneratorOptions

  public init(options: GeneratorOptions) throws(GeneratorError) {
    try options.validate()
    self.options = options
  }

  /// Writes the capture to `sink` and returns its truth, in the words of an analysis. The report's
  /// only file is called `name`.
  public func run(
    into sink: inout some OctetSink & ~Copyable, name: String
  ) throws(GeneratorError) -> AnalysisReport {
    let plan = try TrafficPlan(options: options)
    let emission = try Emission(plan, options: options, sink: &sink)
    return Truth(emission, options: options, file: name).report
  }

  /// Writes the capture to a file, a FIFO or standard output (`-`).
  public func run(path: String) throws(GeneratorError) -> AnalysisReport {
    var sink = try FileSink(path: path)
    let report = try run(into: &sink, name: path)
    try sink.close()
    return report
  }

  // What each of the generator's random sequences is for; flows have theirs from `firstFlow` on.
  static let flowChoicePart: UInt64 = 1
  static let orderPart: UInt64 = 2
  static let payloadPart: UInt64 = 3
  static let timePart: UInt64 = 4
  static let firstFlowPart: UInt64 = 16
}

extension GeneratorOptions {
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
        name: "sizes", value: "\(lengths)", expected: "from 60 to 9216 octets")
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
    // pcap counts seconds in 32 bits.
    let start = Double(startTime.nanosecondsSinceEpoch) / 1e9
    guard start >= 0, start + 1.01 * Double(packets) / packetsPerSecond + 1 < Double(UInt32.max)
    else {
      throw .invalidOption(
        name: "packets-per-second", value: "\(packetsPerSecond)",
        expected: "fast enough for the capture to end before the year 2106")
    }
  }
}
