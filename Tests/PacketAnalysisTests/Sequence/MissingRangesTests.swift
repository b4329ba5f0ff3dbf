import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// The tree of missing ranges against a sorted array, and its balance.
@Suite("Missing ranges")
struct MissingRangesTests {
  /// What a range is to be equal to.
  struct Range: Equatable {
    var first: UInt64
    var last: UInt64
    var before: UInt64
    var after: UInt64
    var isSkipped: Bool
  }

  @Test("insert, heal and find as a sorted array does", arguments: 1...40 as ClosedRange<UInt64>)
  func sortedArray(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var pool = MissingRangePool()
    // Two epochs share the pool, and reuse the nodes of each other.
    var roots: [MissingRangePool.Root] = [0, 0]
    var models: [[Range]] = [[], []]
    for frame in 1...800 as ClosedRange<UInt64> {
      let tree = Int.random(in: 0...1, using: &random)
      let number = UInt64.random(in: 1...400, using: &random)
      if Int.random(in: 0..<3, using: &random) == 0 {
        let last = number + .random(in: 0...12, using: &random)
        guard !models[tree].contains(where: { $0.first <= last && number <= $0.last }) else {
          continue
        }
        let range = Range(
          first: number, last: last, before: frame, after: frame + 1,
          isSkipped: .random(using: &random))
        models[tree].append(range)
        models[tree].sort { $0.first < $1.first }
        pool.insert(Self.missing(range), into: &roots[tree])
      } else {
        let healed = pool.heal(
          number, place: Self.place(frame), time: .absent, in: &roots[tree])
        let expected = Self.heal(number, frame, in: &models[tree])
        #expect(healed.map { Self.range($0.range) } == expected?.range)
        #expect(healed?.remaining == expected?.remaining)
      }
      #expect(Self.ranges(pool, roots[tree]) == models[tree])
    }
    let numbers = NumberRange(lowest: 1, highest: 412, distinct: 1)
    for tree in 0...1 {
      for number in 0...413 as ClosedRange<UInt64> {
        let holder = models[tree].first { $0.first <= number && number <= $0.last }
        let isOutside = number < 1 || number > 412
        let expected: NumberPresence =
          isOutside ? .missing : holder.map { $0.isSkipped ? .skipped : .missing } ?? .arrived
        #expect(pool.presence(of: number, within: numbers, roots[tree]) == expected)
      }
    }
  }

  @Test("nothing is known of an epoch without numbers")
  func noNumbers() {
    let pool = MissingRangePool()
    let numbers = NumberRange(lowest: 0, highest: 0, distinct: 0)
    #expect(pool.presence(of: 0, within: numbers, 0) == .missing)
  }

  /// The random depth of a tree of n nodes is about 2 ln n, and above 60 for n = 100,000 with a
  /// probability below one in a billion.
  @Test("100,000 ranges in any order make a shallow tree", arguments: orders)
  func depth(order: Order) {
    for seed in [0, 1, 0xFFFF_FFFF, .random(in: .min ... .max)] as [UInt32] {
      var pool = MissingRangePool(seed: seed)
      var root: MissingRangePool.Root = 0
      for place in 0..<Self.count {
        let first = UInt64(order.place(place)) * 4 + 1
        pool.insert(
          Self.missing(
            Range(first: first, last: first + 2, before: 1, after: 2, isSkipped: false)),
          into: &root)
      }
      #expect(Self.depth(pool, root) < 60, "seed \(seed)")
      // Healing from within splits each range; the tree stays shallow, and empties again.
      for place in 0..<Self.count {
        _ = pool.heal(
          UInt64(place) * 4 + 2, place: Self.place(3), time: .absent, in: &root)
      }
      #expect(Self.depth(pool, root) < 64, "seed \(seed)")
      for place in 0..<Self.count {
        let first = UInt64(order.place(place)) * 4 + 1
        _ = pool.heal(first, place: Self.place(4), time: .absent, in: &root)
        _ = pool.heal(first + 2, place: Self.place(4), time: .absent, in: &root)
      }
      #expect(root == 0)
    }
  }

  @Test("whoever knows the code but not the seed cannot unbalance the tree")
  func hostileOrder() {
    // The order that puts the priorities of one seed in the order of the numbers: a path.
    let ranks = (0..<20_000 as Swift.Range<UInt32>).sorted {
      MissingRangePool.hash($0 + 1, seed: 0) > MissingRangePool.hash($1 + 1, seed: 0)
    }
    var firsts = [UInt64](repeating: 0, count: ranks.count)
    for (rank, index) in ranks.enumerated() { firsts[Int(index)] = UInt64(rank) * 2 + 1 }
    let depths = ([0, 12_345] as [UInt32]).map { seed in
      var pool = MissingRangePool(seed: seed)
      var root: MissingRangePool.Root = 0
      for first in firsts {
        pool.insert(
          Self.missing(Range(first: first, last: first, before: 1, after: 2, isSkipped: false)),
          into: &root)
      }
      return Self.depth(pool, root)
    }
    #expect(depths[0] > 1_000)  // else the order is not hostile, and the test proves nothing
    #expect(depths[1] < 60)
  }

  // MARK: Adopted ranges

  /// Of two epochs in each of two pools one goes on, one is given up; nodes that are free there are used here.
  @Test("ranges of another pool are adopted", arguments: 1...40 as ClosedRange<UInt64>)
  func adoption(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var pool = MissingRangePool()
    var laterPool = MissingRangePool()
    var (roots, models): ([MissingRangePool.Root], [[Range]]) = ([0, 0], [[], []])
    var (laterRoots, laterModels) = (roots, models)
    for step in 1...300 as ClosedRange<UInt64> {
      let tree = Int.random(in: 0...1, using: &random)
      Self.insertOrHeal(step, &pool, &roots[tree], &models[tree], &random)
      Self.insertOrHeal(step, &laterPool, &laterRoots[tree], &laterModels[tree], &random)
    }
    let adopted = pool.adopt(laterPool, framesBefore: 1_000)
    #expect(pool.count == (models + laterModels).joined().count)

    let higher = adopted(laterRoots[0])
    pool.shift(higher, by: 500)
    pool.append(higher, to: &roots[0])
    models[0] += laterModels[0].map { range in
      Range(
        first: range.first + 500, last: range.last + 500, before: range.before + 1_000,
        after: range.after + 1_000, isSkipped: range.isSkipped)
    }
    pool.removeAll(from: adopted(laterRoots[1]))
    let nodeCount = pool.nodes.count
    for tree in 0...1 {
      for step in 1...100 as ClosedRange<UInt64> {
        Self.insertOrHeal(2_000 + step, &pool, &roots[tree], &models[tree], &random)
        #expect(Self.ranges(pool, roots[tree]) == models[tree])
      }
    }
    #expect(pool.count == models.joined().count)
    #expect(pool.nodes.count == max(nodeCount, pool.count + 1))
  }

  private static func insertOrHeal(
    _ frame: UInt64, _ pool: inout MissingRangePool, _ root: inout MissingRangePool.Root,
    _ model: inout [Range], _ random: inout SplitMix64
  ) {
    let first = UInt64.random(in: 1...400, using: &random)
    let last = first + .random(in: 0...12, using: &random)
    if Bool.random(using: &random) {
      _ = pool.heal(first, place: place(frame), time: .absent, in: &root)
      _ = heal(first, frame, in: &model)
    } else if !model.contains(where: { $0.first <= last && first <= $0.last }) {
      let range = Range(
        first: first, last: last, before: frame, after: frame + 1, isSkipped: false)
      pool.insert(missing(range), into: &root)
      model.append(range)
      model.sort { $0.first < $1.first }
    }
  }

  @Test("a tree of many parts is shallow", arguments: [2, 8, 64])
  func partDepth(partCount: Int) {
    var pool = MissingRangePool()
    var root: MissingRangePool.Root = 0
    for part in 0..<partCount {
      var later = MissingRangePool()
      var laterRoot: MissingRangePool.Root = 0
      for place in 0..<Self.count / partCount {
        let first = UInt64(part * Self.count + place) * 4 + 1
        later.insert(
          Self.missing(
            Range(first: first, last: first + 2, before: 1, after: 2, isSkipped: false)),
          isHighest: true, into: &laterRoot)
      }
      let adopted = pool.adopt(later, framesBefore: 0)
      pool.append(adopted(laterRoot), to: &root)
    }
    #expect(Self.depth(pool, root) < 80)
  }

  // MARK: The orders

  static let count = 100_000

  struct Order: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var place: @Sendable (Int) -> Int
  }

  static let orders: [Order] = [
    Order(testDescription: "ascending") { $0 },
    Order(testDescription: "descending") { count - 1 - $0 },
    Order(testDescription: "from both ends in turn") {
      $0 % 2 == 0 ? $0 / 2 : count - 1 - $0 / 2
    },
    Order(testDescription: "from the middle outwards") {
      $0 % 2 == 0 ? count / 2 + $0 / 2 : count / 2 - 1 - $0 / 2
    },
  ]

  // MARK: The model

  private static func heal(
    _ number: UInt64, _ frame: UInt64, in ranges: inout [Range]
  ) -> (range: Range, remaining: Int)? {
    guard let place = ranges.firstIndex(where: { $0.first <= number && number <= $0.last }) else {
      return nil
    }
    let range = ranges[place]
    var (lower, upper) = (range, range)
    (lower.last, lower.after) = (number - 1, frame)
    (upper.first, upper.before) = (number + 1, frame)
    let remaining = [lower, upper].filter { $0.first <= $0.last }
    ranges.replaceSubrange(place...place, with: remaining)
    return (range, remaining.count)
  }

  private static func place(_ frame: UInt64) -> FramePlace { FramePlace(file: 0, frame: frame) }

  private static func missing(_ range: Range) -> MissingRange {
    MissingRange(
      first: range.first, last: range.last, beforePlace: place(range.before), beforeTime: .absent,
      afterPlace: place(range.after), afterTime: .absent, revealedTime: .absent,
      isSkipped: range.isSkipped)
  }

  private static func range(_ missing: MissingRange) -> Range {
    Range(
      first: missing.first, last: missing.last, before: missing.beforePlace.frame,
      after: missing.afterPlace.frame, isSkipped: missing.isSkipped)
  }

  private static func ranges(
    _ pool: borrowing MissingRangePool, _ root: MissingRangePool.Root
  ) -> [Range] {
    var ranges: [Range] = []
    pool.forEach(in: root) { missing, _ in ranges.append(range(missing)) }
    var byLevel: [Range] = []
    pool.forEachByLevel(in: root) { byLevel.append(range($0)) }
    #expect(byLevel.sorted { $0.first < $1.first } == ranges)
    return ranges
  }

  private static func depth(
    _ pool: borrowing MissingRangePool, _ root: MissingRangePool.Root
  ) -> Int {
    var deepest = 0
    var open = [(node: root, depth: 1)]
    while let (node, depth) = open.popLast() {
      guard node != 0 else { continue }
      deepest = max(deepest, depth)
      open.append((pool.nodes[Int(node)].left, depth + 1))
      open.append((pool.nodes[Int(node)].right, depth + 1))
    }
    return deepest
  }
}
