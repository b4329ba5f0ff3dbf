import PacketAnalysis
import Testing

@testable import LiveCapture

@Suite("Blind intervals of an interface")
struct BlindLedgerTests {
  private func time(_ milliseconds: Int64) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: milliseconds * 1_000_000)
  }

  @Test("what lasts is one interval, a little longer than the looks that saw it")
  func lasting() {
    var ledger = BlindLedger()
    ledger.add(from: time(100), to: time(110), reason: .ringFull, drops: 3)
    ledger.add(from: time(110), to: time(120), reason: .ringFull, drops: 4)
    ledger.add(from: time(200), to: time(210), reason: .ringFull, drops: 5)
    #expect(
      ledger.intervals == [
        BlindInterval(point: 0, start: time(99), end: time(121), reason: .ringFull, drops: 7),
        BlindInterval(point: 0, start: time(199), end: time(211), reason: .ringFull, drops: 5),
      ])
    #expect(ledger.joinedNanoseconds == 0)
  }

  @Test("intervals of different reasons stay apart")
  func reasons() {
    var ledger = BlindLedger()
    ledger.add(from: time(100), to: time(110), reason: .ringFull, drops: 3)
    ledger.add(from: time(105), to: time(120), reason: .interfaceDown, drops: 0)
    #expect(ledger.intervals.map(\.reason) == [.ringFull, .interfaceDown])
  }

  @Test("memory has a limit, and no drop is forgotten", arguments: [10, 1_000])
  func limit(_ step: Int64) throws {
    var ledger = BlindLedger(limit: 100)
    for index in 0..<10_000 as Range<Int64> {
      ledger.add(from: time(index * step), to: time(index * step + 1), reason: .ringFull, drops: 1)
    }
    #expect(ledger.intervals.count <= 100)
    #expect(ledger.intervals.reduce(0) { $0 + $1.drops } == 10_000)
    #expect(ledger.joinedNanoseconds > 0)
    #expect(ledger.intervals.first?.start == time(-1))
    #expect(ledger.intervals.last?.end == time(9_999 * step + 2))
    let ends = ledger.intervals.compactMap(\.end)
    let starts = ledger.intervals.compactMap(\.start)
    #expect(zip(ends, starts.dropFirst()).allSatisfy { $0 < $1 })
  }
}
