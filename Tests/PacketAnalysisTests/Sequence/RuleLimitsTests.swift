import PacketAnalysis
import Testing

/// Every rule of `docs/sequence-tracking.md` on both sides of its limits. The answers are derived
/// by hand, for H = 64, W = 16, S = 4, K = 3.
@Suite("Rules on both sides of their limits")
struct RuleLimitsTests {
  typealias Epoch = EpochAnswer
  static let options = TrafficSimulator.smallOptions

  @Test("rule 1: return of an AN", arguments: RuleImplementation.all, returns)
  func returnOfAnAN(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, Self.options)
  }
  @Test("rules 2 and 3: unwrap, near", arguments: RuleImplementation.all, near)
  func unwrapAndNear(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, Self.options)
  }
  @Test("rule 4: far above", arguments: RuleImplementation.all, farAbove)
  func jumps(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, Self.options)
  }
  @Test("rules 5 and 7: far below, stragglers", arguments: RuleImplementation.all, farBelow)
  func farBelowAndStragglers(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, Self.options)
  }
  @Test("rule 6: restart", arguments: RuleImplementation.all, restarts)
  func restart(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, Self.options)
  }
  @Test("rule 8: PN 0", arguments: RuleImplementation.all, zero)
  func numberZero(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, Self.options)
  }
  @Test("rule 9: skipped", arguments: RuleImplementation.all, skips)
  func skipped(implementation: RuleImplementation, row: RuleRow) {
    row.check(implementation, Self.options)
  }

  /// 1 to 40, then another AN carries so many frames.
  private static func away(_ frames: UInt32 = 4) -> Traffic {
    Traffic().send(1...40).send(1...frames, an: 1)
  }
  private static func other(_ packets: UInt64 = 4) -> Epoch { Epoch(an: 1, packets: packets) }
  /// 1 to 40 at 1 s, another AN at 5 s, the AN again so much later.
  private static func silent(_ nanoseconds: Int64) -> Traffic {
    Traffic().send(1...40).at(nanoseconds: 5_000_000_000).send(1, an: 1)
      .at(nanoseconds: 5_000_000_000 + nanoseconds).send(10...12)
  }

  static let returns: [RuleRow] = [
    RuleRow(
      "S - 1 frames of another AN", away(3).send(10...12),
      Epoch(packets: 43, duplicates: 3), other(3)),
    RuleRow(
      "S frames of another AN", away(4).send(10...12),
      Epoch(packets: 40), Epoch(packets: 3), other()),
    RuleRow(
      "S - 1 frames of each of two other ANs", away(3).send(1...3, an: 2).send(10...12),
      Epoch(packets: 43, duplicates: 3), other(3), Epoch(an: 2, packets: 3)),
    RuleRow(
      "almost 3 s after a frame of another AN", silent(2_999_999_999),
      Epoch(packets: 43, duplicates: 3), other(1)),
    RuleRow(
      "3 s after a frame of another AN", silent(3_000_000_000),
      Epoch(packets: 40), Epoch(packets: 3), other(1)),
    RuleRow(
      "a frame without a time is not later",
      Traffic().send(1...40).at(nanoseconds: nil).send(1, an: 1)
        .at(nanoseconds: 9_000_000_000).send(10...12),
      Epoch(packets: 43, duplicates: 3), other(1)),
    RuleRow(
      "highest + H continues", away().send(104).send(10...12),
      Epoch(packets: 44, lost: 63, duplicates: 3), other()),
    RuleRow(
      "highest + H + 1 is held", away().send(105).send(10...12),
      Epoch(packets: 41, suspects: 1), Epoch(packets: 3), other()),
    RuleRow(
      "what fills a gap does not decide",
      Traffic().send(1...20).send(22...40).send(1...4, an: 1).send(21).send(10...12),
      Epoch(packets: 40, reordered: 1), Epoch(packets: 3), other()),
    RuleRow(
      "K - 1 rising numbers", away().send(10, 11), Epoch(packets: 42, duplicates: 2), other()),
    RuleRow(
      "copies do not rise", away().send(10, 10, 11, 11),
      Epoch(packets: 44, duplicates: 4), other()),
    RuleRow(
      "rising by W", away().send(10, 26, 30),
      Epoch(packets: 40), Epoch(packets: 3, lost: 18), other()),
    RuleRow(
      "rising by W + 1", away().send(10, 27, 28), Epoch(packets: 43, duplicates: 3), other()),
    RuleRow(
      "rising up to the deadline", away().send(10).send(41...54).send(11, 12),
      Epoch(packets: 54), Epoch(packets: 3), other()),
    RuleRow(
      "rising after the deadline", away().send(10).send(41...55).send(11, 12),
      Epoch(packets: 58, duplicates: 3), other()),
    RuleRow(
      "no high half is guessed",
      Traffic().send(4_294_967_200...4_294_967_295).send(1...4, an: 1).send(5...7),
      Epoch(packets: 96), Epoch(packets: 3), other()),
    RuleRow(
      "a frame that came early is taken in", away().send(28, 10, 11, 12),
      Epoch(packets: 40), Epoch(packets: 4, lost: 15, reordered: 3), other()),
    RuleRow(
      "more than W early it is not", away().send(29, 10, 11, 12),
      Epoch(packets: 41, duplicates: 1), Epoch(packets: 3), other()),
  ]

  static let near: [RuleRow] = [
    RuleRow(
      "within H of a wrap", Traffic().send(4_294_967_200...4_294_967_295).send(5...7),
      Epoch(packets: 99, lost: 5)),
    RuleRow(
      "a wrap 2^24 away",
      Traffic().at(nanoseconds: nil).send(4_278_190_071...4_278_190_080).send(5...7),
      Epoch(packets: 13, lost: 16_777_220)),
    RuleRow(
      "a wrap more than 2^24 away",
      Traffic().at(nanoseconds: nil).send(4_278_190_070...4_278_190_079).send(5...7),
      Epoch(packets: 10), Epoch(packets: 3)),
    RuleRow(
      "back over a wrap by H", Traffic().send(4_294_967_295).send(0...61).send(4_294_967_293),
      Epoch(packets: 64, lost: 1, reordered: 1)),
    RuleRow(
      "back over a wrap by H + 1", Traffic().send(4_294_967_295).send(0...62).send(4_294_967_293),
      Epoch(packets: 65, suspects: 1)),
    RuleRow("H above highest", Traffic().send(1...10).send(74), Epoch(packets: 11, lost: 63)),
    RuleRow(
      "H + 1 above highest", Traffic().send(1...10).send(75), Epoch(packets: 11, suspects: 1)),
    RuleRow(
      "W below lowest", Traffic().send(100...110).send(84),
      Epoch(packets: 12, lost: 15, reordered: 1)),
    RuleRow(
      "W + 1 below lowest", Traffic().send(100...110).send(83), Epoch(packets: 12, suspects: 1)),
    RuleRow(
      "however late", Traffic().send(1...10).send(12...500).send(11, 11),
      Epoch(packets: 501, duplicates: 1, reordered: 1)),
  ]

  static let farAbove: [RuleRow] = [
    RuleRow("K rising", Traffic().send(1...10).send(100...102), Epoch(packets: 13, lost: 89)),
    RuleRow(
      "K - 1 rising", Traffic().send(1...10).send(100...101), Epoch(packets: 12, suspects: 2)),
    RuleRow(
      "K - 1 rising and copies", Traffic().send(1...10).send(100, 100, 101, 101),
      Epoch(packets: 14, suspects: 4)),
    RuleRow(
      "rising by W", Traffic().send(1...10).send(100, 116, 132), Epoch(packets: 13, lost: 119)),
    RuleRow(
      "rising by W + 1", Traffic().send(1...10).send(100, 117, 118),
      Epoch(packets: 13, suspects: 3)),
    RuleRow(
      "the traffic goes on between", Traffic().send(1...10).send(100, 11, 101, 102),
      Epoch(packets: 14, suspects: 3)),
    RuleRow(
      "and then no more", Traffic().send(1...10).send(100, 11, 101, 102, 103),
      Epoch(packets: 15, lost: 88, reordered: 1)),
    RuleRow(
      "a duplicate between is not traffic that goes on",
      Traffic().send(1...10).send(100, 5, 101, 102), Epoch(packets: 14, lost: 89, duplicates: 1)),
    RuleRow(
      "W below the rising is taken in", Traffic().send(1...10).send(86, 11, 102, 103, 104),
      Epoch(packets: 15, lost: 89, reordered: 1)),
    RuleRow(
      "W + 1 below is not", Traffic().send(1...10).send(85, 11, 102, 103, 104),
      Epoch(packets: 15, lost: 90, suspects: 1)),
    RuleRow(
      "W above the rising is taken in", Traffic().send(1...10).send(120, 102, 103, 104),
      Epoch(packets: 14, lost: 106, reordered: 3)),
    RuleRow(
      "W + 1 above is not", Traffic().send(1...10).send(121, 102, 103, 104),
      Epoch(packets: 14, lost: 91, suspects: 1)),
    RuleRow(
      "up to the deadline",
      Traffic().send(1...10).send(100).send(repeatElement(9, count: 14)).send(101, 102),
      Epoch(packets: 27, lost: 89, duplicates: 14)),
    RuleRow(
      "after the deadline",
      Traffic().send(1...10).send(100).send(repeatElement(9, count: 15)).send(101, 102),
      Epoch(packets: 28, duplicates: 15, suspects: 3)),
    RuleRow("a single number", Traffic().send(7).send(100...102), Epoch(packets: 4, suspects: 1)),
    RuleRow(
      "a single number and its copy", Traffic().send(7, 7).send(100...102),
      Epoch(packets: 5, suspects: 2)),
    RuleRow("two numbers", Traffic().send(7, 8).send(100...102), Epoch(packets: 5, lost: 91)),
    RuleRow(
      "a single number, then a jump out of order", Traffic().send(7).send(135, 100, 110, 121),
      Epoch(packets: 5, lost: 32, reordered: 3, suspects: 1)),
  ]

  /// 61 to 100; away; the next epoch of the same AN is at 12.
  private static func newer() -> Traffic {
    Traffic().send(61...100).send(1...4, an: 1).send(10...12)
  }

  static let farBelow: [RuleRow] = [
    RuleRow(
      "K rising", Traffic().send(1000...1010).send(10...12),
      Epoch(packets: 11), Epoch(packets: 3)),
    RuleRow(
      "K - 1 rising", Traffic().send(1000...1010).send(10, 11, 11),
      Epoch(packets: 14, suspects: 3)),
    RuleRow(
      "while the older goes on", Traffic().send(1000...1010).send(10, 1011, 11, 1012, 12),
      Epoch(packets: 13), Epoch(packets: 3)),
    RuleRow(
      "up to the deadline",
      Traffic().send(1000...1010).send(10).send(1011...1024).send(11, 12),
      Epoch(packets: 25), Epoch(packets: 3)),
    RuleRow(
      "after the deadline",
      Traffic().send(1000...1010).send(10).send(1011...1025).send(11, 12),
      Epoch(packets: 29, suspects: 3)),
    RuleRow(
      "a single number before", Traffic().send(1000, 1000).send(10...12),
      Epoch(packets: 5, suspects: 2)),
    RuleRow(
      "a straggler within W frames", Traffic().send(1000...1010).send(10...25).send(1011),
      Epoch(packets: 12), Epoch(packets: 16)),
    RuleRow(
      "a straggler after W frames", Traffic().send(1000...1010).send(10...26).send(1011),
      Epoch(packets: 11), Epoch(packets: 18, suspects: 1)),
    RuleRow(
      "as near to both: the newer", newer().send(56),
      Epoch(packets: 40), Epoch(packets: 4, lost: 43), other()),
    RuleRow(
      "nearer to the older", newer().send(57),
      Epoch(packets: 41, lost: 3, reordered: 1), Epoch(packets: 3), other()),
    RuleRow(
      "the newer highest W + 1 below the older", newer().send(56, 78, 83, 101),
      Epoch(packets: 41), Epoch(packets: 6, lost: 68), other()),
    RuleRow(
      "the newer highest W below the older", newer().send(56, 78, 84, 101),
      Epoch(packets: 40), Epoch(packets: 7, lost: 85), other()),
    RuleRow(
      "a duplicate of the older", newer().send(100),
      Epoch(packets: 41, duplicates: 1), Epoch(packets: 3), other()),
  ]

  static let restarts: [RuleRow] = [
    RuleRow(
      "the first is S", Traffic().send(1...40).send(4...6), Epoch(packets: 40), Epoch(packets: 3)),
    RuleRow(
      "the first is S + 1", Traffic().send(1...40).send(5...7), Epoch(packets: 43, duplicates: 3)),
    RuleRow(
      "S + 1 below highest", Traffic().send(1...9).send(4...6),
      Epoch(packets: 9), Epoch(packets: 3)),
    RuleRow(
      "S below highest", Traffic().send(1...8).send(4...6), Epoch(packets: 11, duplicates: 3)),
    RuleRow(
      "K - 1 rising", Traffic().send(1...40).send(1, 2, 2), Epoch(packets: 43, duplicates: 3)),
    RuleRow(
      "missing numbers are late", Traffic().send(1).send(6...40).send(2...4),
      Epoch(packets: 39, lost: 1, reordered: 3)),
    RuleRow(
      "out of order", Traffic().send(1...40).send(2, 1, 3, 4),
      Epoch(packets: 40), Epoch(packets: 4, reordered: 1)),
    RuleRow(
      "a replay seen at the deadline", Traffic().send(1...40).send(1...16).send(41),
      Epoch(packets: 57, duplicates: 16)),
    RuleRow(
      "too late to be seen as a replay", Traffic().send(1...40).send(1...17).send(41),
      Epoch(packets: 40), Epoch(packets: 18, lost: 23)),
    RuleRow(
      "old highest + H is a replay", Traffic().send(1...40).send(1...3).send(104),
      Epoch(packets: 44, lost: 63, duplicates: 3)),
    RuleRow(
      "old highest + H + 1 is none", Traffic().send(1...40).send(1...3).send(105),
      Epoch(packets: 40), Epoch(packets: 4, suspects: 1)),
    RuleRow(
      "S above the tentative highest", Traffic().send(1...15).send(1...12).send(16),
      Epoch(packets: 15), Epoch(packets: 13, lost: 3)),
    RuleRow(
      "S + 1 above the tentative highest", Traffic().send(1...15).send(1...11).send(16),
      Epoch(packets: 27, duplicates: 11)),
    RuleRow(
      "the traffic goes on between", Traffic().send(1...40).send(1, 41, 2, 42, 3, 43),
      Epoch(packets: 46, duplicates: 3)),
    RuleRow(
      "the traffic goes on S above the run", Traffic().send(4, 8, 9).send(4, 8, 12, 9),
      Epoch(packets: 3, lost: 3), Epoch(packets: 4, lost: 5, reordered: 1)),
    RuleRow(
      "the traffic goes on S + 1 above the run", Traffic().send(4, 8, 9).send(4, 8, 13, 9),
      Epoch(packets: 7, lost: 6, duplicates: 3)),
    RuleRow(
      "the newer has gone further, and over the wrap",
      Traffic().at(nanoseconds: nil).send(4, 5, 6, 12).send(4, 5, 6)
        .send(4_282_006_493, 4_282_006_495, 4_282_006_510).send(7, 15, 18),
      Epoch(packets: 4, lost: 5), Epoch(packets: 9, lost: 4_294_967_302)),
  ]

  static let zero: [RuleRow] = [
    RuleRow(
      "highest H below the wrap", Traffic().send(4_294_967_231, 4_294_967_232, 0),
      Epoch(packets: 3, lost: 63)),
    RuleRow(
      "highest H + 1 below the wrap", Traffic().send(4_294_967_230, 4_294_967_231, 0),
      Epoch(packets: 2), badTags: 1),
    RuleRow(
      "H below highest", Traffic().send(4_294_967_290...4_294_967_295).send(1...64).send(0),
      Epoch(packets: 71, reordered: 1)),
    RuleRow(
      "H + 1 below highest", Traffic().send(4_294_967_290...4_294_967_295).send(1...65).send(0),
      Epoch(packets: 71, lost: 1), badTags: 1),
    RuleRow("below lowest", Traffic().send(1, 0, 2), Epoch(packets: 2), badTags: 1),
    RuleRow("the first", Traffic().send(0...5), Epoch(packets: 5), badTags: 1),
    RuleRow(
      "below lowest in ESP", Traffic().send(1, 0, 2), Epoch(packets: 3, suspects: 1),
      isMACsec: false),
    RuleRow(
      "the first in ESP", Traffic().send(0...5), Epoch(packets: 6, suspects: 1), isMACsec: false),
  ]

  /// 1, 2, and so much later a jump over `between` numbers.
  private static func jump(over between: UInt32, after nanoseconds: Int64) -> Traffic {
    Traffic().send(1, 2).wait(nanoseconds: nanoseconds - 1_000).send(3 + between...5 + between)
  }

  static let skips: [RuleRow] = [
    RuleRow(
      "2^24 numbers", jump(over: 16_777_216, after: 1), Epoch(packets: 5, lost: 16_777_216)),
    RuleRow(
      "2^24 + 1 numbers", jump(over: 16_777_217, after: 1), Epoch(packets: 5, skipped: 16_777_217)),
    RuleRow(
      "as many as a link can carry", jump(over: 120_000_000, after: 100_000_000),
      Epoch(packets: 5, lost: 120_000_000)),
    RuleRow(
      "one more", jump(over: 120_000_001, after: 100_000_000),
      Epoch(packets: 5, skipped: 120_000_001)),
    RuleRow("at the same time", jump(over: 1 << 30, after: 0), Epoch(packets: 5, lost: 1 << 30)),
    RuleRow("before", jump(over: 1 << 30, after: -1), Epoch(packets: 5, lost: 1 << 30)),
    RuleRow(
      "without times",
      Traffic().at(nanoseconds: nil).send(1, 2).send(100_000_000...100_000_002),
      Epoch(packets: 5, lost: 99_999_997)),
    RuleRow(
      "one of them arrives", jump(over: 99_999_997, after: 1).send(50),
      Epoch(packets: 6, skipped: 99_999_996, reordered: 1)),
  ]

  @Test("rule 9: a number that arrives splits what was skipped", arguments: RuleImplementation.all)
  func split(implementation: RuleImplementation) throws {
    let traffic = Self.jump(over: 99_999_997, after: 1).send(50).arrivals
    let epoch = try #require(implementation.judge(traffic, true, Self.options).epochs.first)
    #expect(epoch.skips.map(\.first) == [3, 51])
    #expect(epoch.skips.map(\.last) == [49, 99_999_999])
    #expect(epoch.skips.map(\.before.frame) == [2, 6])
    #expect(epoch.skips.map(\.after.frame) == [6, 3])
    #expect(epoch.gaps.isEmpty)
  }

  @Test("gaps name the first arrivals beside them", arguments: RuleImplementation.all)
  func edges(implementation: RuleImplementation) throws {
    let traffic = Traffic(clockNanoseconds: 0).send(1, 2, 2, 6, 5, 5).arrivals
    let epoch = try #require(implementation.judge(traffic, true, Self.options).epochs.first)
    let gap = EpochResult.Gap(
      first: 3, last: 4, before: .init(frame: 2, timeNanoseconds: 1_000),
      after: .init(frame: 5, timeNanoseconds: 4_000))
    #expect(epoch.gaps == [gap])
  }

  @Test("the lowest number has high half 0", arguments: RuleImplementation.all)
  func normalised(implementation: RuleImplementation) throws {
    let traffic = Traffic().send(1, 4_294_967_295, 2).arrivals
    let epoch = try #require(implementation.judge(traffic, true, Self.options).epochs.first)
    #expect(epoch.lowest == 4_294_967_295)
    #expect(epoch.highest == 4_294_967_298)
    #expect(epoch.gaps.map(\.first) == [4_294_967_296])
  }

  @Test("rule 10: times between arrivals", arguments: RuleImplementation.all)
  func interArrival(implementation: RuleImplementation) throws {
    // The duplicate counts, the suspect does not: steps 11, -6, 20, 10.
    let traffic = Traffic(stepNanoseconds: 0).at(nanoseconds: 0).send(1).at(nanoseconds: 11).send(2)
      .at(nanoseconds: 5).send(2).at(nanoseconds: 25).send(3).at(nanoseconds: 30).send(900_000)
      .at(nanoseconds: 35).send(4)
    let epoch = try #require(
      implementation.judge(traffic.arrivals, true, Self.options).epochs.first)
    #expect(
      epoch.interArrival
        == .init(minimumNanoseconds: 10, meanNanoseconds: 13, maximumNanoseconds: 20))
    #expect(epoch.suspectFrames == [.init(number: 900_000, frame: 5)])
    #expect(epoch.firstTimeNanoseconds == 0)
    #expect(epoch.lastTimeNanoseconds == 35)

    let single = implementation.judge(Traffic().send(1).arrivals, true, Self.options)
    #expect(single.epochs.map(\.interArrival) == [nil])
  }
}
