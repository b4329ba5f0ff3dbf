import CaptureTestSupport
import Testing

@testable import PacketAnalysis

@Suite("Drops of a pcapng file")
struct DropListTests {
  private func record(
    _ interface: Int, _ times: ClosedRange<Int64>, reason: BlindInterval.Reason = .dropCount
  ) -> DropRecord {
    DropRecord(
      interface: interface, start: Timestamp(nanosecondsSinceEpoch: times.lowerBound),
      end: Timestamp(nanosecondsSinceEpoch: times.upperBound), drops: 1, reason: reason)
  }

  @Test("interfaces that drop all the time, in turn, filled memory")
  func inTurn() {
    var list = DropList()
    for time in 0..<1_000 as Range<Int64> {
      list.add(record(0, time...time + 1))
      list.add(record(1, time...time + 1))
    }
    #expect(list.records.map(\.drops) == [1_000, 1_000])
    #expect(
      list.records.map(\.end) == Array(repeating: Timestamp(nanosecondsSinceEpoch: 1_000), count: 2)
    )
    #expect(list.joinedNanoseconds == 0)
  }

  @Test(
    "where there are too many, near ones are joined; no drop and no time is lost",
    arguments: 1...30 as ClosedRange<UInt64>)
  func tooMany(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var list = DropList(limit: 64)
    var all: [DropRecord] = []
    for _ in 0..<1_000 {
      let start = Int64.random(in: -1 << 40...1 << 40, using: &random)
      let added = record(
        Int.random(in: 0..<3, using: &random), start...start + 5,
        reason: Bool.random(using: &random) ? .dropCount : .interfaceStatistics)
      all.append(added)
      list.add(added)
      #expect(list.records.count <= 64)
    }
    #expect(list.joinedNanoseconds > 0)
    #expect(list.records.reduce(0) { $0 + $1.drops } == 1_000)
    for one in all {
      #expect(
        list.records.contains {
          guard let first = $0.start, let last = $0.end, let start = one.start, let end = one.end
          else { return false }
          return $0.interface == one.interface && $0.reason == one.reason && first <= start
            && end <= last
        })
    }
  }

  @Test("times as far apart as can be")
  func farApart() {
    var list = DropList(limit: 4)
    for index in 0..<50 as Range<Int64> {
      let time = index.isMultiple(of: 2) ? -Int64.max : Int64.max - 1
      list.add(record(0, time...time + 1))
    }
    #expect(list.records.count <= 4)
    #expect(list.records.reduce(0) { $0 + $1.drops } == 50)
  }
}
