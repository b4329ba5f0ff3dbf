import Testing

@testable import PacketAnalysis

@Suite("Time buckets")
struct BucketSinkTests {
  @Test(
    "the earliest times do not end up in the latest bucket",
    arguments: [1, 1_000_000_000, 3_600_000_000_000, Int64.max])
  func earliest(width: Int64) {
    var sink = BucketSink(widthNanoseconds: width)
    for nanoseconds in [-Int64.max, -1, 0, 1, Int64.max] {
      let time = Timestamp(nanosecondsSinceEpoch: nanoseconds)
      sink.arrived(epoch: 0, time: time, octets: 64, outcome: .new)
      #expect(
        sink.sums.keys.contains {
          let (sinceStart, isOverflow) = nanoseconds.subtractingReportingOverflow($0.start)
          return !isOverflow && (0..<width).contains(sinceStart)
        })
    }
    #expect(sink.sums.values.reduce(0) { $0 + $1.packets } == 5)
    #expect(sink.sums.keys.allSatisfy { $0.start != Timestamp.absent.nanosecondsSinceEpoch })
  }
}
