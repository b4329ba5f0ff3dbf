import PacketAnalysis
import Testing

/// The table "Known answers" of `docs/sequence-tracking.md`: each row is one that a simpler rule
/// gets wrong.
@Suite("Known answers")
struct KnownAnswersTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var arrivals: [Arrival]
    var answer: [Answer]
  }
  /// One epoch of AN 0, or another.
  struct Answer: Equatable {
    var an: UInt8 = 0
    var packets: UInt64
    var lost: UInt64 = 0
    var skipped: UInt64 = 0
    var duplicates: UInt64 = 0
    var reordered: UInt64 = 0
    var suspects: UInt64 = 0
  }

  @Test("every row, with the default options", arguments: RuleImplementation.all, rows)
  func row(implementation: RuleImplementation, row: Row) {
    let result = implementation.judge(row.arrivals, true, TrackingOptions())
    let answer = result.epochs.map {
      Answer(
        an: $0.an, packets: $0.packets, lost: $0.lost, skipped: $0.skipped,
        duplicates: $0.duplicates, reordered: $0.reordered, suspects: $0.suspects)
    }
    #expect(answer == row.answer)
    #expect(result.badTags.isEmpty)
  }

  static let rows: [Row] = [
    Row(
      "a few numbers again", Traffic().send(1...100).send(97...100).send(101...200),
      Answer(packets: 204, duplicates: 4)),
    Row(
      "a stretch again", Traffic().send(1...1500).send(200...699).send(1501...1600),
      Answer(packets: 2100, duplicates: 500)),
    Row(
      "a replay while the traffic goes on",
      Traffic().send(1...2000).send(1...500).send(2001...2100),
      Answer(packets: 2600, duplicates: 500)),
    Row(
      "a restart", Traffic().send(1...2000).send(1...900),
      Answer(packets: 2000), Answer(packets: 900)),
    Row(
      "a long detour",
      Traffic().send(1...500).send(1001...1800).send(501...1000).send(1801...1900),
      Answer(packets: 1900, reordered: 500)),
    Row(
      "a new key far below", Traffic().send(30000...31000).send(1...4000),
      Answer(packets: 1001), Answer(packets: 4000)),
    Row(
      "an AN that returns", Traffic().send(1...300).send(1...100, an: 1).send(1...400),
      Answer(packets: 300), Answer(packets: 400), Answer(an: 1, packets: 100)),
    Row(
      "an AN that returns after one frame each",
      Traffic().send(1).send(1, an: 1).wait(nanoseconds: 12_000_000_000).send(1...595),
      Answer(packets: 1), Answer(packets: 595), Answer(an: 1, packets: 1)),
    Row(
      "an AN that ends late",
      Traffic().send(1...1198).send(1, an: 1).send(1199).send(2...300, an: 1),
      Answer(packets: 1199), Answer(an: 1, packets: 300)),
    Row(
      "one forged number", Traffic().send(1...500).send(3_000_000_000).send(501...600),
      Answer(packets: 601, suspects: 1)),
    Row(
      "forged numbers that rise, while the traffic goes on",
      Traffic().send(1...500).send(9_000_000, 501, 9_000_001, 502, 9_000_002, 503, 9_000_003)
        .send(504...600),
      Answer(packets: 604, suspects: 4)),
    Row(
      "an outage of millions",
      Traffic().send(1...1000).wait(nanoseconds: 1_000_000_000).send(5_000_000, 1001)
        .send(5_000_001...5_000_100),
      Answer(packets: 1102, lost: 4_998_998, reordered: 1)),
    Row(
      "more numbers than a link can carry",
      Traffic().send(1...1202).wait(nanoseconds: 1_900_000_000)
        .send(3_221_225_600...3_221_225_700),
      Answer(packets: 1303, skipped: 3_221_224_397)),
    Row(
      "PN 0 of XPN", Traffic().send(4_294_967_294, 4_294_967_295, 1, 0, 2),
      Answer(packets: 5, reordered: 1)),
    Row(
      "a forged number first", Traffic().send(3_500_000_000).send(1...999),
      Answer(packets: 1000, suspects: 1)),
  ]
}

extension KnownAnswersTests.Row {
  fileprivate init(
    _ description: String, _ traffic: Traffic, _ answer: KnownAnswersTests.Answer...
  ) {
    (testDescription, arrivals, self.answer) = (description, traffic.arrivals, answer)
  }
}
