import PacketAnalysis
import Testing

@testable import TrafficGenerator

@Suite("Mixtures")
struct MixtureTests {
  @Test("can be generated, whatever the seed")
  func valid() throws {
    var epochs = 0
    var suspects: UInt64 = 0
    for seed in 0..<40 as Range<UInt64> {
      let options = GeneratorOptions.mixture(seed: seed)
      #expect(options == GeneratorOptions.mixture(seed: seed))
      let (octets, truth) = try options.generate()
      #expect(CaptureOctets(octets).frames.count == options.packets, "seed \(seed)")
      epochs += truth.associations.count { $0.epoch > 0 }
      suspects += truth.associations.map(\.suspects).reduce(0, +)
    }
    #expect(epochs > 20)
    #expect(suspects > 20)
  }

  @Test("shrink to what is needed for a failure")
  func shrink() throws {
    var options = TruthInvariantTests.everything(seed: 5)
    options.packets = 20_000
    func fails(_ options: GeneratorOptions) -> Bool {
      guard let truth = try? options.generate().truth else { return false }
      return truth.associations.contains { $0.epoch == 1 }
    }
    try #require(fails(options))
    let small = options.shrunk(while: fails)
    #expect(fails(small))
    #expect(small.scenarios.count == 1)
    #expect(small.flows == 1)
    #expect(small.packets < 500)
    #expect(small.sizes == .fixed(64))
  }

  @Test("do not shrink where nothing fails")
  func noFailure() {
    let options = GeneratorOptions.mixture(seed: 1)
    #expect(options.shrunk { _ in false } == options)
  }
}
