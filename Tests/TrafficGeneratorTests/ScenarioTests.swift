import PacketAnalysis
import Testing

@testable import TrafficGenerator

@Suite("Each scenario leaves its trace")
struct ScenarioTests {
  static func truth(
    _ scenarios: String..., protocols: ProtocolMix = .macsec, seed: UInt64 = 11
  ) throws -> AnalysisReport {
    let options = GeneratorOptions.small(
      seed: seed, protocols: protocols, packets: 20_000, flows: 5,
      scenarios: try Scenario.parse(scenarios))
    return try options.generate().truth
  }

  /// What adds up over all associations.
  static func sum(_ truth: AnalysisReport, _ field: KeyPath<AssociationSummary, UInt64>) -> UInt64 {
    truth.associations.map { $0[keyPath: field] }.reduce(0, +)
  }

  @Test("loss: about as many frames as asked for")
  func loss() throws {
    let truth = try Self.truth("loss:rate=0.1")
    #expect((1_800...2_700).contains(Self.sum(truth, \.lost)))
    #expect(Self.sum(truth, \.duplicates) == 0)
    #expect(Self.sum(truth, \.reordered) == 0)
  }

  @Test("gilbert-elliott: the same loss in fewer and longer gaps")
  func bursts() throws {
    let truth = try Self.truth("gilbert-elliott:p=0.01,r=0.1")
    let lost = Self.sum(truth, \.lost)
    #expect(lost > 1_000)
    #expect(truth.gaps.count * 4 < lost)
    #expect(truth.gaps.allSatisfy { $0.missing <= Margin.longestLossRun })
  }

  @Test("reorder: late frames, nothing lost")
  func reorder() throws {
    let truth = try Self.truth("reorder:rate=0.05,distance=1-300")
    #expect(Self.sum(truth, \.reordered) > 700)
    #expect(Self.sum(truth, \.lost) == 0)
  }

  @Test("duplicate: copies and nothing else")
  func duplicate() throws {
    let truth = try Self.truth("duplicate:rate=0.05,distance=0-500")
    #expect(Self.sum(truth, \.duplicates) > 700)
    #expect(Self.sum(truth, \.reordered) == 0)
    #expect(Self.sum(truth, \.lost) == 0)
  }

  @Test("replay: a run of duplicates within the epoch")
  func replay() throws {
    let truth = try Self.truth("replay:length=100-200,share=1")
    #expect((500...1_000).contains(Self.sum(truth, \.duplicates)))
    #expect(truth.associations.allSatisfy { $0.epoch == 0 && $0.duplicates >= 100 })
  }

  @Test(
    "wrap: numbers on both sides of 2^32, for MACsec and ESP",
    arguments: [
      ProtocolMix.macsec, ProtocolMix(esp: 1),
    ])
  func wrap(protocols: ProtocolMix) throws {
    let truth = try Self.truth("wrap:share=1", protocols: protocols)
    for association in truth.associations {
      #expect(try #require(association.lowestNumber) < 1 << 32)
      #expect(try #require(association.highestNumber) > 1 << 32)
      #expect(association.lost == 0)
    }
  }

  @Test("rekey: the next AN of a channel, another SPI of an association")
  func rekey() throws {
    let macsec = try Self.truth("rekey:times=2,share=1")
    #expect(macsec.associations.count == 15)
    for association in macsec.associations {
      guard case .macsec(let identity) = association.key.identity else { continue }
      #expect(identity.an < 3)
      #expect(association.epoch == 0)
    }
    let esp = try Self.truth("rekey:times=2,share=1", protocols: ProtocolMix(esp: 1))
    #expect(esp.associations.count == 15)
    #expect(Set(esp.associations.map(\.key)).count == 15)
  }

  @Test("return: an AN that comes back begins a second epoch")
  func returning() throws {
    let truth = try Self.truth("return:share=1")
    let second = truth.associations.filter { $0.epoch == 1 }
    #expect(second.count == 5)
    #expect(second.allSatisfy { $0.lowestNumber == 1 })
    #expect(Self.sum(truth, \.lost) == 0)
  }

  @Test(
    "restart: a second epoch of the same association, from 1",
    arguments: [
      ProtocolMix.macsec, .ipsec,
    ])
  func restart(protocols: ProtocolMix) throws {
    let truth = try Self.truth("restart:share=1", protocols: protocols)
    #expect(truth.associations.count == 10)
    #expect(truth.associations.filter { $0.epoch == 1 && $0.lowestNumber == 1 }.count == 5)
    #expect(Self.sum(truth, \.lost) == 0)
  }

  @Test("restart: a late frame of the old epoch heals its gap there")
  func lateAcrossRestart() throws {
    let truth = try Self.truth("restart:share=1", protocols: ProtocolMix(esp: 1), seed: 12)
    let late = truth.associations.filter { $0.epoch == 0 && $0.reordered == 1 }
    #expect(!late.isEmpty)
    for old in late {
      let new = try #require(truth.associations.first { $0.key == old.key && $0.epoch == 1 })
      #expect(try #require(old.lastTime) > (try #require(new.firstTime)))
    }
    #expect(Self.sum(truth, \.lost) == 0)
  }

  @Test("forged: suspects, and nothing lost")
  func forged() throws {
    let truth = try Self.truth("forged:count=3,share=1")
    #expect((10...30).contains(Self.sum(truth, \.suspects)))
    #expect(UInt64(truth.suspectFrames.count) == Self.sum(truth, \.suspects))
    #expect(Self.sum(truth, \.lost) == 0)
    #expect(truth.associations.count == 5)
  }

  @Test("outage: one large gap each")
  func outage() throws {
    let truth = try Self.truth("outage:size=100000-200000,share=1")
    #expect(truth.gaps.count == 5)
    #expect(truth.gaps.allSatisfy { (100_000...200_000).contains($0.missing) })
  }

  @Test("skip: numbers passed over are skipped, not lost")
  func skip() throws {
    let truth = try Self.truth("skip:share=1")
    #expect(truth.skips.count == 5)
    #expect(Self.sum(truth, \.skipped) > 5 << 30)
    #expect(Self.sum(truth, \.lost) == 0)
  }

  @Test("skip on a slow link is a loss: there was time for so many frames")
  func slowSkip() throws {
    var options = GeneratorOptions.small(
      seed: 4, protocols: .macsec, packets: 400, flows: 1,
      scenarios: try Scenario.parse(["skip:size=16777217-20000000"]))
    options.packetsPerSecond = 1
    let truth = try options.generate().truth
    #expect(truth.skips.isEmpty)
    #expect(truth.gaps.count == 1)
  }

  @Test("time-steps: the clock goes back")
  func timeSteps() throws {
    let truth = try Self.truth("time-steps:rate=0.1,nanoseconds=50000")
    #expect(truth.captures.map(\.timeSteps).reduce(0, +) > 1_000)
  }

  @Test("none can be placed where flows are too short, and the error says how long they must be")
  func tooShort() throws {
    let options = GeneratorOptions.small(
      seed: 1, protocols: .macsec, packets: 100, flows: 10,
      scenarios: try Scenario.parse(["restart"]))
    #expect(throws: GeneratorError.self) { try options.generate() }
    let error = #expect(throws: GeneratorError.self) { try options.generate() }
    guard case .flowsTooShort("restart", let needed, let longest) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(needed > longest)
  }

  @Test("those of MACsec alone need a MACsec channel")
  func wrongProtocol() throws {
    let options = GeneratorOptions.small(
      seed: 1, protocols: .ipsec, scenarios: try Scenario.parse(["return"]))
    #expect(throws: GeneratorError.noFlowFor(scenario: "return")) { try options.generate() }
  }
}
