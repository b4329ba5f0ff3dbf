import PacketAnalysis
import Testing

@testable import TrafficGenerator

@Suite("The truth")
struct TruthInvariantTests {
  /// Every scenario at once, in mixtures that the seed makes.
  static func everything(seed: UInt64) -> GeneratorOptions {
    var options = GeneratorOptions.small(seed: seed, packets: 12_000, flows: 8)
    options.format = GeneratorOptions.Format.allCases[Int(seed % 3)]
    options.scenarios = [
      .init(.loss(rate: 0.02)), .init(.gilbertElliott(p: 0.005, r: 0.3, bad: 1, good: 0)),
      .init(.reorder(rate: 0.02, distance: 1...50)), .init(.duplicate(rate: 0.01, distance: 0...9)),
      .init(.replay(length: 4...500)), .init(.rekey(times: 1...3)), .init(.return),
      .init(.restart), .init(.forged(count: 1...4)), .init(.outage(size: 70_000...2_000_000)),
      .init(.skip(size: 1 << 30...3_000_000_000)), .init(.wrap, share: 0.2),
      .init(.timeSteps(rate: 0.001, nanoseconds: 100_000)),
    ]
    return options
  }

  @Test("keeps the invariants of an analysis", arguments: 1...12 as ClosedRange<UInt64>)
  func invariants(seed: UInt64) throws {
    let options = Self.everything(seed: seed)
    let (octets, truth) = try options.generate()
    var lost: [UInt64: UInt64] = [:]
    var gaps: [UInt64: UInt64] = [:]
    for gap in truth.gaps {
      lost[gap.association, default: 0] += gap.missing
      gaps[gap.association, default: 0] += 1
    }
    var skipped: [UInt64: UInt64] = [:]
    for skip in truth.skips { skipped[skip.association, default: 0] += skip.missing }
    #expect(Set(truth.associations.map(\.id)).count == truth.associations.count)
    for association in truth.associations {
      #expect(
        association.packets
          == association.distinct + association.duplicates + association.suspects)
      #expect(association.lost == lost[association.id] ?? 0)
      #expect(association.gaps == gaps[association.id] ?? 0)
      #expect(association.skipped == skipped[association.id] ?? 0)
      #expect(association.reordered < max(1, association.distinct))
      #expect((association.lowestNumber ?? 0) >> 32 == 0)
    }
    let totals = truth.totals
    #expect(totals.packets == UInt64(options.packets))
    #expect(totals.packets == totals.macsec + totals.esp + totals.ah + totals.plain)
    let octetsOfAll =
      truth.associations.map(\.octets).reduce(0, +) + truth.flows.map(\.octets).reduce(0, +)
    #expect(totals.octets == octetsOfAll)
    #expect(CaptureOctets(octets).frames.count == options.packets)
    #expect(truth.captures.first?.packets == UInt64(options.packets))
  }

  @Test(
    "of every gap and suspect can be looked up in the capture",
    arguments: 20...25 as ClosedRange<UInt64>)
  func references(seed: UInt64) throws {
    let (octets, truth) = try Self.everything(seed: seed).generate()
    let frames = CaptureOctets(octets).frames
    let associations = Dictionary(uniqueKeysWithValues: truth.associations.map { ($0.id, $0) })
    func expect(_ reference: FrameReference, _ number: UInt64) throws {
      let frame = frames[Int(reference.frame) - 1]
      #expect(reference.time?.nanosecondsSinceEpoch == frame.timeNanoseconds)
      let read = try #require(ReadFrame(frame))
      #expect(read.number == UInt32(truncatingIfNeeded: number))
    }
    for gap in truth.gaps + truth.skips {
      try expect(gap.before, gap.firstMissing - 1)
      try expect(gap.after, gap.lastMissing + 1)
    }
    for suspect in truth.suspectFrames { try expect(suspect.frame, UInt64(suspect.number)) }
    for association in truth.associations {
      let first = frames[Int(association.firstFrame.frame) - 1]
      #expect(association.firstFrame.time?.nanosecondsSinceEpoch == first.timeNanoseconds)
    }
    #expect(associations.count == truth.associations.count)
  }

  @Test("is what sets say of the numbers in the capture")
  func recount() throws {
    let options = GeneratorOptions.small(seed: 77, protocols: .ipsec, packets: 20_000, flows: 10)
    let (octets, truth) = try options.generate()
    var numbers: [String: [UInt32]] = [:]
    for frame in CaptureOctets(octets).frames {
      let read = try #require(ReadFrame(frame))
      numbers[read.channel, default: []].append(read.number)
    }
    #expect(numbers.count == truth.associations.count)
    let lost = numbers.values.map { numbers in
      Int((numbers.max() ?? 0) - (numbers.min() ?? 0)) + 1 - Set(numbers).count
    }
    let copies = numbers.values.map { $0.count - Set($0).count }
    #expect(lost.reduce(0, +) > 100)
    #expect(truth.associations.map { Int($0.lost) }.sorted() == lost.sorted())
    #expect(truth.associations.map { Int($0.duplicates) }.sorted() == copies.sorted())
  }

  @Test("of traffic to which nothing happens is that nothing happened")
  func clean() throws {
    var options = GeneratorOptions.small(seed: 3, packets: 6_000, flows: 30)
    options.scenarios = try Scenario.parse(["none"])
    let truth = try options.generate().truth
    #expect(truth.gaps.isEmpty && truth.skips.isEmpty && truth.suspectFrames.isEmpty)
    #expect(truth.associations.allSatisfy { $0.duplicates == 0 && $0.reordered == 0 })
    #expect(truth.associations.count + truth.flows.count == 30)
  }
}
