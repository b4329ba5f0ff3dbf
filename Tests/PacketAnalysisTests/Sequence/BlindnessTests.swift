import Testing

@testable import PacketAnalysis

@Suite("Blind intervals and gaps")
struct BlindnessTests {
  private func time(_ nanoseconds: Int64?) -> Timestamp? {
    nanoseconds.map { Timestamp(nanosecondsSinceEpoch: $0) }
  }

  private func gap(_ before: Int64?, _ after: Int64?) -> SequenceGap {
    SequenceGap(
      association: 0, firstMissing: 1, lastMissing: 1,
      before: FrameReference(file: 0, frame: 1, time: time(before)),
      after: FrameReference(file: 0, frame: 2, time: time(after)))
  }

  @Test("a gap touches what each interval by itself says, in any order", arguments: 1...200)
  func model(_: Int) {
    let intervals = (0..<Int.random(in: 0...12)).map { _ in
      let start = Bool.random() && Bool.random() ? nil : Int64.random(in: 0...100)
      let end = Bool.random() && Bool.random() ? nil : (start ?? 0) + Int64.random(in: 0...20)
      return (point: Int.random(in: 0...1), start: start, end: end)
    }
    let blindness = Blindness(
      intervals.map {
        BlindInterval(
          point: $0.point, start: time($0.start), end: time($0.end), reason: .ringFull, drops: 1)
      })
    #expect(blindness.isEmpty == intervals.isEmpty)
    for _ in 0..<50 {
      let (a, b) = (Int64.random(in: 0...120), Int64.random(in: 0...120))
      let (first, last) = (min(a, b), max(a, b))
      for point in 0...2 {
        let touches = intervals.contains {
          $0.point == point && ($0.start ?? .min) <= last && first <= ($0.end ?? .max)
        }
        #expect(blindness.touches(gap(a, b), point: point) == touches)
      }
    }
    let points = Set(intervals.map(\.point))
    #expect(blindness.touches(gap(nil, nil), point: 0) == points.contains(0))
  }
}
