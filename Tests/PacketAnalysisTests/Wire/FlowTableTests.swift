import CaptureTestSupport
import Testing

@testable import PacketAnalysis

@Suite("The table of plain flows")
struct FlowTableTests {
  private struct Frame {
    var key: FlowKey
    var octets: UInt32
    var number: UInt64
  }

  /// Frames of few addresses and ports, so that many flows differ in one thing only.
  private func frames(_ count: Int, seed: UInt64) -> [Frame] {
    var random = SplitMix64(seed: seed)
    return (1...UInt64(count)).map { number in
      let isIPv4 = Bool.random(using: &random)
      func address() -> IPAddress {
        let low = UInt32.random(in: 0...3, using: &random)
        // Low halves alike, so that only the high ones tell some apart; and IPv4's among them.
        let high = UInt128(UInt64.random(in: 0...1, using: &random)) << 64
        return isIPv4 ? IPAddress(ipv4: low) : IPAddress(ipv6: high | UInt128(low))
      }
      let key = FlowKey(
        point: UInt16.random(in: 0...1, using: &random),
        ipProtocol: [6, 17].randomElement(using: &random) ?? 6, source: address(),
        destination: address(), sourcePort: UInt16.random(in: 0...2, using: &random),
        destinationPort: UInt16.random(in: 0...2, using: &random))
      return Frame(key: key, octets: .random(in: 60...1_500, using: &random), number: number)
    }
  }

  /// By first frame, from nothing but a dictionary.
  private func expected(_ frames: [Frame]) -> [FlowSummary] {
    var flows: [FlowKey: FlowSummary] = [:]
    for frame in frames {
      let time = Timestamp(nanosecondsSinceEpoch: Int64(frame.number))
      var flow = flows[frame.key] ?? FlowSummary(key: frame.key)
      if flow.packets == 0 {
        flow.firstFrame = FrameReference(file: 0, frame: frame.number, time: time)
        flow.firstTime = time
      }
      flow.lastTime = time
      flow.packets += 1
      flow.octets += UInt64(frame.octets)
      flows[frame.key] = flow
    }
    return flows.values.sorted { $0.firstFrame.frame < $1.firstFrame.frame }
  }

  private func count(_ frames: some Sequence<Frame>, in table: inout FlowTable, before: UInt64 = 0)
  {
    for frame in frames {
      table.count(
        frame.key, octets: frame.octets,
        time: Timestamp(nanosecondsSinceEpoch: Int64(frame.number)),
        place: FramePlace(file: 0, frame: frame.number - before))
    }
  }

  @Test("flows that differ in one thing only are told apart, and none is counted twice")
  func distinct() {
    let frames = frames(20_000, seed: 4)
    var table = FlowTable()
    count(frames, in: &table)
    #expect(table.summaries == expected(frames))
    #expect(FlowTable(copying: table).summaries == expected(frames))
  }

  @Test("a hint, right or wrong, changes nothing")
  func hints() {
    var random = SplitMix64(seed: 7)
    let frames = frames(20_000, seed: 4).filter { $0.key.source.family == .ipv4 }
    var table = FlowTable()
    for frame in frames {
      let key = CompactFlowKey(
        point: frame.key.point, ipProtocol: frame.key.ipProtocol,
        addresses: UInt64(truncatingIfNeeded: frame.key.source.bits << 32)
          | UInt64(truncatingIfNeeded: frame.key.destination.bits),
        ports: UInt32(frame.key.sourcePort) << 16 | UInt32(frame.key.destinationPort))
      let wrong = ([0, 5, 300, .max] as [UInt32]).randomElement(using: &random) ?? 0
      table.count(
        key, hint: Bool.random(using: &random) ? table.locate(table.expect(key)) : wrong,
        octets: frame.octets,
        time: Timestamp(nanosecondsSinceEpoch: Int64(frame.number)),
        place: FramePlace(file: 0, frame: frame.number))
    }
    #expect(table.summaries == expected(frames))
  }

  @Test("those of the next part of a file are added, though it names pairs of addresses otherwise")
  func parts() {
    let frames = frames(9_000, seed: 5)
    for cut in [0, 1, 70, 4_500, 8_999] {
      var table = FlowTable()
      var part = FlowTable()
      count(frames[..<cut], in: &table)
      count(frames[cut...], in: &part, before: UInt64(cut))
      table.append(part, framesBefore: UInt64(cut))
      #expect(table.summaries == expected(frames))
    }
  }

  @Test("a limit leaves out frames of flows that are not there yet, and counts them")
  func limit() {
    let frames = frames(5_000, seed: 6)
    var table = FlowTable(limit: 10)
    count(frames, in: &table)
    let known = expected(frames).prefix(10)
    #expect(table.summaries == Array(known))
    let packets = known.reduce(0) { $0 + $1.packets }
    #expect(table.leftOut.packets == UInt64(frames.count) - packets)
  }
}
