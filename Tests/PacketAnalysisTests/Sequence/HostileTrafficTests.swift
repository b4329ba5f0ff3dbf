import CaptureTestSupport
import PacketAnalysis
import Testing

/// One association whose frames all have to be deliberated: what a frame costs is bounded.
@Suite("Hostile traffic", .timeLimit(.minutes(5)))
struct HostileTrafficTests {
  /// Numbers and ANs by the place of the frame, made to keep the tracker busy.
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var frame:
      @Sendable (_ place: UInt32, _ random: inout SplitMix64) -> (an: UInt8, number: UInt32)
  }

  static let count: UInt32 = 20_000

  @Test("every frame is counted, in reasonable time", arguments: attacks)
  func attack(attack: Attack) {
    var random = SplitMix64(seed: 1)
    let arrivals = (0..<Self.count).map { place in
      let (an, number) = attack.frame(place, &random)
      return Arrival(
        an: an, number: number, timeNanoseconds: Int64(place) * 100, frame: UInt64(place) + 1)
    }
    let result = RuleImplementation.tracker.judge(arrivals, true, TrackingOptions())
    let packets = result.epochs.reduce(0) { $0 + $1.packets }
    let badTags = result.badTags.values.reduce(0, +)
    #expect(packets + badTags == UInt64(Self.count))
  }

  static let attacks: [Attack] = [
    Attack("random numbers") { _, random in (0, .random(in: 0 ... .max, using: &random)) },
    Attack("a forged number beside each frame") { place, random in
      (0, place % 2 == 0 ? 1_000 + place / 2 : .random(in: 0 ... .max, using: &random))
    },
    Attack("forged numbers that rise beside the traffic") { place, _ in
      (0, place % 2 == 0 ? 1_000 + place / 2 : 3_000_000_000 + place / 2)
    },
    Attack("forged numbers within W of each other, falling") { place, _ in
      (0, place < 100 ? place + 1 : 3_000_000_000 - (place % 900))
    },
    Attack("forged numbers that rise by more than W") { place, _ in
      (0, place < 100 ? place + 1 : 200_000 + (place &* 1_025) % 3_000_000_000)
    },
    Attack("random numbers of a range of 2 W far above") { place, random in
      (
        0,
        place % 4 == 0 ? 1_000 + place / 4 : 3_000_000_000 + .random(in: 0...2_048, using: &random)
      )
    },
    Attack("a jump every four frames") { place, _ in (0, place / 4 &* 70_000 &+ place % 4 + 1) },
    Attack("a jump every four frames beside one that is held") { place, random in
      (0, place % 5 == 4 ? 1 : place / 5 &* 70_000 &+ place % 5 &+ 1_000_000)
    },
    Attack("far below every four frames") { place, _ in
      (0, 4_000_000_000 - place / 4 * 3_000 + place % 4)
    },
    Attack("restarts all the time") { place, _ in (0, place < 2_000 ? place + 1 : place % 80 + 1) },
    Attack("restarts of four frames") { place, _ in
      (0, place < 2_000 ? place + 1 : place % 5 == 4 ? 70 + place / 5 % 900 : place % 5 + 1)
    },
    Attack("replays that are found at the deadline") { place, _ in
      place < 2_000
        ? (0, place + 1) : (0, place % 1_000 == 0 ? 2_000 + place / 1_000 : place % 1_000)
    },
    Attack("beginnings again and again beside the traffic") { place, _ in
      (0, place % 2 == 0 ? 2_000 + place / 2 : place / 2 % 64 + 1)
    },
    Attack("nested restarts and a refutation") { place, random in
      place < 3_000
        ? (0, place + 1)
        : (0, place % 700 == 0 ? 3_000 + place / 700 : .random(in: 1...200, using: &random))
    },
    Attack("beginnings apart, refuted much later") { place, _ in
      if place < 2_000 { return (0, place + 1) }
      let round = place % 1_000
      return (0, round < 990 ? round % 3 + 1 : round < 999 ? round % 64 + 1 : 2_000 + place / 1_000)
    },
    Attack("runs of random small numbers beside the traffic") { place, random in
      (0, place < 4_000 || place % 8 == 0 ? 3_000 + place / 8 : .random(in: 1...64, using: &random))
    },
    Attack("jumps, and beginnings that are refuted at the deadline") { place, random in
      if place < 2_000 { return (0, place + 1) }
      let round = place % 1_000
      if round < 4 { return (0, round + 1) }
      if round == 999 { return (0, 2_000 + place / 1_000) }
      return (0, (round / 4) * 70_000 + round % 4)
    },
    Attack("beginnings between the traffic, and a run behind them") { place, _ in
      if place < 2_000 { return (0, place + 1) }
      let round = place % 800
      if round >= 797 { return (0, round - 795) }
      return (0, place % 2 == 1 ? 1 : 2_000 + place / 2)
    },
    Attack("ANs in turn") { place, _ in (UInt8(place % 4), place / 4 + 1) },
    Attack("ANs that return all the time") { place, random in
      (UInt8(place / 64 % 2), .random(in: 1...2_000, using: &random))
    },
    Attack("ANs that return with random numbers") { place, random in
      (UInt8(place / 64 % 2), .random(in: 0 ... .max, using: &random))
    },
    Attack("an absence that never ends") { place, random in
      place < 200
        ? (UInt8(place / 100), 1_000_000 + place)
        : (0, place % 3 == 0 ? .random(in: 1...900_000, using: &random) : 999_000 - place % 900)
    },
    Attack("PN 0") { place, _ in (0, place % 2 == 0 ? 0 : place) },
    Attack("copies of the beginning") { place, _ in (0, place < 200 ? place + 1 : 1) },
    Attack("small numbers at random") { _, random in (0, .random(in: 0...2_000, using: &random)) },
  ]
}

extension HostileTrafficTests.Attack {
  fileprivate init(
    _ description: String,
    _ frame:
      @escaping @Sendable (_ place: UInt32, _ random: inout SplitMix64) -> (
        an: UInt8, number: UInt32
      )
  ) {
    (testDescription, self.frame) = (description, frame)
  }
}
