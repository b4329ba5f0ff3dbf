import CaptureTestSupport
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

  @Test(
    "epochs that turn out to be none, again and again, count as if their buckets had moved at once",
    arguments: 1...200 as ClosedRange<UInt64>)
  func dissolved(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var sink = BucketSink(widthNanoseconds: 10)
    var model: [BucketSink.Key: (packets: UInt64, octets: UInt64, suspects: UInt64)] = [:]
    var epochs: [UInt32] = [0, 1, 2]
    for step in 0..<60 {
      let epoch = epochs.randomElement(using: &random) ?? 0
      switch UInt64.random(in: 0..<10, using: &random) {
      case 0 where epochs.count > 1:
        // Into another one, or it goes on without what was counted.
        epochs.removeAll { $0 == epoch }
        let goesOn = Bool.random(using: &random)
        let heir = goesOn ? epoch : epochs.randomElement(using: &random) ?? 0
        if goesOn { epochs.append(epoch) }
        sink.dissolved(epoch: epoch, into: heir)
        for (key, sums) in model where key.epoch == epoch {
          model[key] = nil
          let target = BucketSink.Key(epoch: heir, start: key.start)
          let there = model[target] ?? (0, 0, 0)
          model[target] = (
            there.packets + sums.packets, there.octets + sums.octets,
            there.suspects + sums.packets
          )
        }
      case 1: epochs.append(UInt32(step + 3))
      default:
        let time = Int64.random(in: 0..<50, using: &random)
        sink.arrived(
          epoch: epoch, time: Timestamp(nanosecondsSinceEpoch: time), octets: 64, outcome: .new)
        let key = BucketSink.Key(epoch: epoch, start: time / 10 * 10)
        let there = model[key] ?? (0, 0, 0)
        model[key] = (there.packets + 1, there.octets + 64, there.suspects)
      }
    }
    let sums = sink.sums
    #expect(Set(sums.keys) == Set(model.keys))
    for (key, counts) in model {
      #expect(sums[key]?.packets == counts.packets && sums[key]?.octets == counts.octets)
      #expect(sums[key]?.suspects == counts.suspects)
    }
  }

  @Test("many epochs that turn out to be none do not make the buckets of others wide")
  func manyDissolved() {
    var sink = BucketSink(widthNanoseconds: 10, limit: 100)
    for time in 0..<10_000 as Range<Int64> {
      sink.arrived(
        epoch: 0, time: Timestamp(nanosecondsSinceEpoch: time % 100), octets: 64, outcome: .new)
      sink.dissolved(epoch: 0, into: 0)
    }
    #expect(sink.widthNanoseconds == 10)
    #expect(sink.sums.values.reduce(0) { $0 + $1.suspects } == 10_000)
  }
}
