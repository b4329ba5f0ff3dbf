import PacketAnalysis
import Testing

/// The table "Known answers" of `docs/sequence-tracking.md`: each row is one that a simpler rule
/// gets wrong.
@Suite("Known answers")
struct KnownAnswersTests {
  @Test("every row, with the default options", arguments: RuleImplementation.all, rows)
  func row(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, TrackingOptions())
  }

  static let rows: [RuleRow] = [
    RuleRow(
      "a few numbers again", Traffic().send(1...100).send(97...100).send(101...200),
      EpochAnswer(packets: 204, duplicates: 4)),
    RuleRow(
      "a stretch again", Traffic().send(1...1500).send(200...699).send(1501...1600),
      EpochAnswer(packets: 2100, duplicates: 500)),
    RuleRow(
      "a replay while the traffic goes on",
      Traffic().send(1...2000).send(1...500).send(2001...2100),
      EpochAnswer(packets: 2600, duplicates: 500)),
    RuleRow(
      "a restart", Traffic().send(1...2000).send(1...900),
      EpochAnswer(packets: 2000), EpochAnswer(packets: 900)),
    RuleRow(
      "a long detour",
      Traffic().send(1...500).send(1001...1800).send(501...1000).send(1801...1900),
      EpochAnswer(packets: 1900, reordered: 500)),
    RuleRow(
      "a new key far below", Traffic().send(30000...31000).send(1...4000),
      EpochAnswer(packets: 1001), EpochAnswer(packets: 4000)),
    RuleRow(
      "an AN that returns", Traffic().send(1...300).send(1...100, an: 1).send(1...400),
      EpochAnswer(packets: 300), EpochAnswer(packets: 400), EpochAnswer(an: 1, packets: 100)),
    RuleRow(
      "an AN that returns after one frame each",
      Traffic().send(1).send(1, an: 1).wait(nanoseconds: 12_000_000_000).send(1...595),
      EpochAnswer(packets: 1), EpochAnswer(packets: 595), EpochAnswer(an: 1, packets: 1)),
    RuleRow(
      "an AN that ends late",
      Traffic().send(1...1198).send(1, an: 1).send(1199).send(2...300, an: 1),
      EpochAnswer(packets: 1199), EpochAnswer(an: 1, packets: 300)),
    RuleRow(
      "one forged number", Traffic().send(1...500).send(3_000_000_000).send(501...600),
      EpochAnswer(packets: 601, suspects: 1)),
    RuleRow(
      "forged numbers that rise, while the traffic goes on",
      Traffic().send(1...500).send(9_000_000, 501, 9_000_001, 502, 9_000_002, 503, 9_000_003)
        .send(504...600),
      EpochAnswer(packets: 604, suspects: 4)),
    RuleRow(
      "an outage of millions",
      Traffic().send(1...1000).wait(nanoseconds: 1_000_000_000).send(5_000_000, 1001)
        .send(5_000_001...5_000_100),
      EpochAnswer(packets: 1102, lost: 4_998_998, reordered: 1)),
    RuleRow(
      "more numbers than a link can carry",
      Traffic().send(1...1202).wait(nanoseconds: 1_900_000_000)
        .send(3_221_225_600...3_221_225_700),
      EpochAnswer(packets: 1303, skipped: 3_221_224_397)),
    RuleRow(
      "PN 0 of XPN", Traffic().send(4_294_967_294, 4_294_967_295, 1, 0, 2),
      EpochAnswer(packets: 5, reordered: 1)),
    RuleRow(
      "a forged number first", Traffic().send(3_500_000_000).send(1...999),
      EpochAnswer(packets: 1000, suspects: 1)),
  ]
}
