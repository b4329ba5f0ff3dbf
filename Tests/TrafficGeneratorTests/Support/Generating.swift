import PacketAnalysis

@testable import TrafficGenerator

extension GeneratorOptions {
  /// A few flows of every protocol.
  static func small(
    seed: UInt64, protocols: ProtocolMix = .mixed, packets: Int = 4_000, flows: Int = 20,
    scenarios: [Scenario] = Scenario.defaults
  ) -> GeneratorOptions {
    var options = GeneratorOptions()
    (options.seed, options.protocols) = (seed, protocols)
    (options.packets, options.flows) = (packets, flows)
    options.scenarios = scenarios
    return options
  }

  func generate() throws(GeneratorError) -> (octets: [UInt8], truth: AnalysisReport) {
    var sink = MemorySink()
    let truth = try TrafficGenerator(options: self).run(into: &sink, name: "test.pcap")
    return (sink.octets, truth)
  }
}
