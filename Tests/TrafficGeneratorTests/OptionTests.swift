import PacketAnalysis
import Testing

@testable import TrafficGenerator

@Suite("Options and their text")
struct OptionTests {
  @Test("a scenario is a name, and keys where the defaults do not do")
  func scenarios() throws {
    #expect(try Scenario(parsing: "loss") == Scenario(.loss(rate: 0.01)))
    #expect(
      try Scenario(parsing: "reorder:rate=0.02,distance=1-50")
        == Scenario(.reorder(rate: 0.02, distance: 1...50)))
    #expect(
      try Scenario(parsing: "gilbert-elliott:p=0.1,r=0.5,bad=0.9,good=0.01,share=0.2")
        == Scenario(.gilbertElliott(p: 0.1, r: 0.5, bad: 0.9, good: 0.01), share: 0.2))
    #expect(
      try Scenario(parsing: "outage:size=100000") == Scenario(.outage(size: 100_000...100_000)))
    #expect(try Scenario.parse(["none"]) == [])
  }

  @Test(
    "a scenario that cannot be read is refused",
    arguments: [
      "", "los", "loss:rate", "loss:rate=", "loss:rate=2", "loss:rate=nan", "loss:rte=0.1",
      "reorder:distance=5-1", "reorder:distance=0", "reorder:distance=-1-5", "replay:length=5000",
      "outage:size=12", "restart:", "wrap:rate=1", "forged:count=99999999999999999999",
      "loss:share=-1", "none:",
    ])
  func unreadable(text: String) {
    #expect(throws: GeneratorError.self) { try Scenario(parsing: text) }
  }

  @Test("every form that the help shows is one, with the keys that it shows")
  func forms() throws {
    for form in Scenario.forms {
      let name = String(form.prefix { $0 != ":" })
      #expect(try Scenario(parsing: form) == Scenario(parsing: name))
      #expect(!Scenario.keys(of: name).isEmpty)
    }
  }

  @Test("protocols are named or weighed")
  func protocols() throws {
    #expect(try ProtocolMix(parsing: "ipsec") == .ipsec)
    #expect(
      try ProtocolMix(parsing: "mixed:macsec=5,ah=1") == ProtocolMix(macsec: 5, esp: 0, ah: 1))
    for text in ["", "tcp", "mixed:", "mixed:macsec=0", "mixed:macsec=-1", "mixed:x=1", "esp:x=1"] {
      #expect(throws: GeneratorError.self) { try ProtocolMix(parsing: text) }
    }
  }

  @Test("sizes are fixed, a range or IMIX")
  func sizes() throws {
    #expect(try FrameSizes(parsing: "64") == .fixed(64))
    #expect(try FrameSizes(parsing: "64-1514") == .uniform(64...1_514))
    #expect(try FrameSizes(parsing: "imix") == .imix)
    for text in ["", "59", "9217", "64-", "100-64", "64-1514-2", "x"] {
      #expect(throws: GeneratorError.self) { try FrameSizes(parsing: text) }
    }
  }

  @Test("values that make no sense are refused before anything is written")
  func refused() {
    let changes: [(inout GeneratorOptions) -> Void] = [
      { $0.packets = 3 }, { $0.flows = 0 }, { $0.packets = .max }, { $0.snapLength = 10 },
      { $0.sizes = .fixed(3) }, { $0.sizes = .uniform(60...100_000) },
      { $0.vlanShare = 1.5 }, { $0.ipv6Share = .nan }, { $0.packetsPerSecond = 0 },
      { $0.packetsPerSecond = .infinity }, { $0.protocols = ProtocolMix() },
      { $0.startTime = Timestamp(nanosecondsSinceEpoch: -1) },
      { $0.scenarios = [Scenario(.loss(rate: 7))] },
      { $0.scenarios = [Scenario(.outage(size: -5 ... -1))] },
      { $0.scenarios = [Scenario(.replay(length: 0...4))] },
    ]
    for (index, change) in changes.enumerated() {
      var options = GeneratorOptions.small(seed: 1)
      change(&options)
      #expect(throws: GeneratorError.self, "change \(index)") {
        try TrafficGenerator(options: options)
      }
    }
  }

  @Test("the mix of protocols is that of the flows")
  func mix() throws {
    let truth = try GeneratorOptions.small(seed: 2, flows: 100).generate().truth
    func count(_ isMeant: (AssociationKey.Identity) -> Bool) -> Int {
      truth.associations.count { isMeant($0.key.identity) }
    }
    #expect(count { if case .macsec = $0 { true } else { false } } == 40)
    #expect(
      count { if case .ipsec(let key) = $0 { key.securityProtocol == .ah } else { false } } == 10)
    #expect(truth.flows.count == 20)
  }
}
