/// The flows of a capture and the frames of each, in the flow's own order.
struct TrafficPlan {
  private(set) var flows: [Flow] = []
  /// The frames of flow `i` are those from `starts[i]` to `starts[i + 1]`.
  private(set) var starts: [Int] = [0]
  private(set) var frames: [PlannedFrame] = []
  private(set) var lives: [Life] = []

  init(options: GeneratorOptions) throws(GeneratorError) {
    var random = SplitMix64(seed: options.seed, part: TrafficGenerator.flowChoicePart)
    chooseFlows(options, random: &random)
    chooseLengths(options, random: &random)
    let impairments = options.scenarios.filter { !$0.kind.isEvent }
    let events = options.scenarios.filter { $0.kind.isEvent }
    // Where each event happens whatever the seed says.
    var chosen: [Int] = []
    for event in events {
      chosen.append(try longestFlow(for: event.kind, besides: chosen))
    }

    var planner = FlowPlanner(packets: options.packets)
    for index in flows.indices {
      var random = SplitMix64(
        seed: options.seed, part: TrafficGenerator.firstFlowPart &+ UInt64(index))
      var suffered = Impairments()
      for scenario in impairments where random.chance(scenario.share) {
        suffered.apply(scenario.kind)
      }
      let count = starts[index + 1] - starts[index]
      var (certain, happening): ([Scenario.Kind], [Scenario.Kind]) = ([], [])
      for (event, place) in zip(events, chosen) {
        let falls = random.chance(event.share)
        if place == index {
          certain.append(event.kind)
        } else if falls, fits(event.kind, flow: index) {
          happening.append(event.kind)
        }
      }
      planner.plan(
        flow: index, carrier: flows[index].carrier, count: count, impairments: suffered,
        certain: certain, events: happening, random: random)
    }
    frames = planner.frames
    lives = planner.lives
  }

  private mutating func chooseFlows(_ options: GeneratorOptions, random: inout SplitMix64) {
    let mix = options.protocols
    flows.reserveCapacity(options.flows)
    for index in 0..<options.flows {
      // Evenly spread, so that even a few flows have the mix that was asked for.
      let place = (Double(index) + 0.5) / Double(options.flows) * mix.sum
      let carrier: Carrier =
        if place < mix.macsec {
          .macsec
        } else if place < mix.macsec + mix.esp {
          random.chance(options.natTraversalShare) ? .espInUDP : .esp
        } else if place < mix.macsec + mix.esp + mix.ah {
          .ah
        } else {
          random.chance(0.6) ? .tcp : .udp
        }
      flows.append(Flow(index: index, carrier: carrier, options: options, random: &random))
    }
  }

  /// Some flows are up to three times as long as others; together they are as many as asked for.
  private mutating func chooseLengths(_ options: GeneratorOptions, random: inout SplitMix64) {
    let spare = options.packets - options.flows
    var weights: [UInt64] = []
    weights.reserveCapacity(flows.count)
    for _ in flows { weights.append(512 + random.below(1_024 as UInt64)) }
    let total = weights.reduce(0, +)
    var sum: UInt64 = 0
    starts.reserveCapacity(flows.count + 1)
    for (index, weight) in weights.enumerated() {
      sum += weight
      let share = UInt64(spare).multipliedFullWidth(by: sum)
      starts.append(index + 1 + Int(total.dividingFullWidth(share).quotient))
    }
  }

  private func fits(_ kind: Scenario.Kind, flow: Int) -> Bool {
    let carrier = flows[flow].carrier
    if case .return = kind, carrier != .macsec { return false }
    // AH and ESP without ESN have no wrap; that ESP has it cannot be seen.
    if case .wrap = kind, carrier == .ah { return false }
    return carrier.hasNumbers && starts[flow + 1] - starts[flow] >= kind.neededFrames
  }

  /// The longest flow that an event fits, if possible one that no other event was promised.
  private func longestFlow(
    for kind: Scenario.Kind, besides taken: [Int]
  ) throws(GeneratorError) -> Int {
    var (best, bestRank) = (nil as Int?, (isFree: 0, length: -1))
    var longest = 0
    for index in flows.indices where flows[index].carrier.hasNumbers {
      let length = starts[index + 1] - starts[index]
      longest = max(longest, length)
      let rank = (isFree: taken.contains(index) ? 0 : 1, length: length)
      if fits(kind, flow: index), rank > bestRank { (best, bestRank) = (index, rank) }
    }
    if let best { return best }
    guard longest > 0, longest < kind.neededFrames else { throw .noFlowFor(scenario: kind.name) }
    throw .flowsTooShort(
      scenario: kind.name, neededFrames: kind.neededFrames, longestFlowFrames: longest)
  }

  /// What was planned, for the emission to fill in where each frame went.
  consuming func takeFrames() -> ([PlannedFrame], [Life]) { (frames, lives) }
}
