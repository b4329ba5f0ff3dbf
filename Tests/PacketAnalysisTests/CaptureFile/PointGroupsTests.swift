import CaptureTestSupport
import PacketAnalysis
import Testing

@Suite("Captures that share points")
struct PointGroupsTests {
  @Test("groups are what remains when two that share a point are made one, again and again")
  func model() {
    for seed in 1...500 as ClosedRange<UInt64> {
      var random = SplitMix64(seed: seed)
      let points = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        Set(
          (0..<Int.random(in: 0...3, using: &random)).map { _ in
            Int.random(in: 0..<12, using: &random)
          })
      }
      var groups = points.indices.map { (points: points[$0], members: [$0]) }
      merging: while true {
        for first in groups.indices {
          for second in groups.indices where first < second {
            guard !groups[first].points.isDisjoint(with: groups[second].points) else { continue }
            groups[first].points.formUnion(groups[second].points)
            groups[first].members.append(contentsOf: groups[second].members)
            groups.remove(at: second)
            continue merging
          }
        }
        break
      }
      let expected = groups.map { $0.members.sorted() }.sorted { $0[0] < $1[0] }
      #expect(PointGroups(of: points).members == expected, "seed \(seed)")
    }
  }
}
