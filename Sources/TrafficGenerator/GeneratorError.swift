/// Why a capture could not be generated.
public enum GeneratorError: Error, Equatable, Sendable {
  case fewerPacketsThanFlows(packets: Int, flows: Int)
  case tooManyPackets(Int)
  /// An option whose value makes no sense: its name and what it may be.
  case invalidOption(name: String, value: String, expected: String)
  /// There is no scenario of this name.
  case unknownScenario(String)
  /// A scenario that cannot be read: the text and what was expected.
  case unreadableScenario(text: String, expected: String)
  /// No flow is long enough for a scenario that was asked for.
  case flowsTooShort(scenario: String, neededFrames: Int, longestFlowFrames: Int)
  /// No flow has numbers, or none of the protocol that the scenario is about.
  case noFlowFor(scenario: String)
  case cannotOpen(path: String, errorNumber: Int32, reason: String)
  case cannotWrite(path: String, errorNumber: Int32, reason: String)
  /// Whoever asked for the capture no longer wants it; its beginning is written.
  case interrupted(path: String)
}

extension GeneratorError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fewerPacketsThanFlows(let packets, let flows):
      "\(packets) packets cannot make \(flows) flows: each needs one"
    case .tooManyPackets(let packets):
      "\(packets) packets are more than are kept in memory at once (\(GeneratorOptions.packetLimit))"
    case .invalidOption(let name, let value, let expected):
      "\(name): '\(value)' is not \(expected)"
    case .unknownScenario(let name): "there is no scenario '\(name)'"
    case .unreadableScenario(let text, let expected):
      "scenario '\(text)': expected \(expected)"
    case .flowsTooShort(let scenario, let needed, let longest):
      "scenario '\(scenario)' needs a flow of \(needed) packets, the longest has \(longest): "
        + "ask for more packets or fewer flows"
    case .noFlowFor(let scenario):
      "scenario '\(scenario)' fits no flow of the chosen protocols: return needs MACsec, wrap MACsec "
        + "or ESP, other events any protocol with numbers, so not generic alone"
    case .cannotOpen(let path, _, let reason): "\(path): cannot be opened: \(reason)"
    case .cannotWrite(let path, _, let reason): "\(path): cannot be written: \(reason)"
    case .interrupted(let path):
      "\(path): interrupted: only the beginning is written, and there is no truth of it"
    }
  }
}
