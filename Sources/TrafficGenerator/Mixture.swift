/// Options drawn from a seed, for tests that compare the truth with an analysis.
extension GeneratorOptions {
  /// A capture of a few flows to which any mixture of things happens, some of them extreme.
  public static func mixture(seed: UInt64) -> GeneratorOptions {
    var random = SplitMix64(seed: seed, part: 0)
    var options = GeneratorOptions()
    options.seed = seed
    options.protocols = pick([.macsec, .macsec, .ipsec, .mixed], &random)
    options.flows = random.from(options.protocols == .mixed ? 5...20 : 1...8)
    options.format = pick(Format.allCases, &random)
    options.sizes = pick([.imix, .fixed(64), .uniform(60...1_514)], &random)
    options.snapLength = pick([nil, nil, 96, 200], &random)
    options.packetsPerSecond = pick([10, 1_000, 1e5, 1e6, 1e8], &random)
    (options.vlanShare, options.qinqShare) = (0.3, 0.2)
    (options.withoutSCIShare, options.shortFrameShare) = (0.5, 0.2)
    options.scenarios = []
    for _ in 0..<random.from(0...8) {
      let kind = pick(mixtureKinds, &random)
      if kind == .return, options.protocols == .ipsec { continue }
      options.scenarios.append(Scenario(kind, share: pick([0.2, 0.5, 0.9], &random)))
    }
    // The longest flow has at least as many as the mean.
    let needed = options.scenarios.map(\.kind.neededFrames).max() ?? 1
    let spare = pick([10, 300, 1_500, 6_000], &random)
    options.packets = options.flows * (2 * needed + random.below(spare))
    return options
  }

  private static let mixtureKinds: [Scenario.Kind] = [
    .loss(rate: 0.02), .loss(rate: 0.3), .loss(rate: 0.9),
    .gilbertElliott(p: 0.005, r: 0.3, bad: 1, good: 0),
    .gilbertElliott(p: 0.05, r: 0.02, bad: 0.99, good: 0.01),
    .reorder(rate: 0.02, distance: 1...50), .reorder(rate: 0.3, distance: 1...3_000),
    .reorder(rate: 0.01, distance: 1...100_000),
    .duplicate(rate: 0.01, distance: 0...4), .duplicate(rate: 0.3, distance: 0...5_000),
    .replay(length: 4...500), .replay(length: 10...800), .wrap, .wrap,
    .rekey(times: 1...3), .rekey(times: 1...6), .return, .return, .restart, .restart,
    .forged(count: 1...4), .forged(count: 10...30),
    .outage(size: 65_537...65_537), .outage(size: 70_000...2_000_000),
    .outage(size: 1 << 24...1 << 25), .skip(size: 1 << 30...3_000_000_000),
    .timeSteps(rate: 0.01, nanoseconds: 100_000),
    .timeSteps(rate: 0.2, nanoseconds: 1_000_000_000),
  ]

  private static func pick<T>(_ choices: [T], _ random: inout SplitMix64) -> T {
    choices[random.below(choices.count)]
  }

  /// The shortest options found for which `fails` still holds: fewer packets, flows and scenarios,
  /// the plainest frames. Where `self` does not fail, that is `self`.
  public func shrunk(while fails: (GeneratorOptions) -> Bool) -> GeneratorOptions {
    var (smallest, isSmaller) = (self, true)
    while isSmaller {
      isSmaller = false
      for candidate in smallest.simpler where candidate != smallest && fails(candidate) {
        (smallest, isSmaller) = (candidate, true)
        break
      }
    }
    return smallest
  }

  /// The same with one thing less.
  private var simpler: [GeneratorOptions] {
    var candidates: [GeneratorOptions] = []
    func add(_ change: (inout GeneratorOptions) -> Void) {
      var options = self
      change(&options)
      candidates.append(options)
    }
    for index in scenarios.indices { add { $0.scenarios.remove(at: index) } }
    if flows > 1 {
      add { ($0.flows, $0.packets) = (1, max(1, packets / flows)) }
      // The same packets: a scenario may need a longer flow than these had.
      add { $0.flows = 1 }
      add { ($0.flows, $0.packets) = (flows - 1, packets - packets / flows) }
    }
    for part in [2, 8, 32] where packets - packets / part >= flows && packets / part > 0 {
      add { $0.packets -= packets / part }
    }
    add { ($0.sizes, $0.snapLength) = (.fixed(64), nil) }
    add { $0.format = .pcap }
    add { ($0.vlanShare, $0.qinqShare, $0.withoutSCIShare, $0.shortFrameShare) = (0, 0, 0, 0) }
    return candidates
  }
}
