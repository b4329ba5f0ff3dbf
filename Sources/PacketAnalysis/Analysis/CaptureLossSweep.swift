/// Goes through the edges of gaps and associations of one point in the order of time, and judges the
/// stretches between them: see `CaptureLossSearch`.
struct CaptureLossSweep {
  typealias Life = CaptureLossSearch.Life
  typealias Hole = CaptureLossSearch.Hole

  private enum Edge: Int { case holeEnds, lifeEnds, lifeBegins, holeBegins }

  private let lives: [Life]
  private let holes: [Hole]
  /// All gaps that there are: so often could chance have tried.
  private let instants: Int
  private var edges: [(time: Int64, edge: Edge, index: Int)] = []
  private let spacings: [Int64]
  /// Of the associations by their spacing: the fastest has rank 0.
  private let ranks: [Int]
  private var alive: RankCounts
  private var hit: RankCounts
  private var openHoles: Set<Int> = []
  private var openHolesOfLife: [Int]
  /// The part of its life in which each association has gaps, in 2^-30, so that sums are exact.
  private let missingShare: [Int64]
  /// Of those that are alive.
  private var missingShares: Int64 = 0
  private var aliveCount = 0
  /// At gaps and associations, so that no capture keeps it busy for ever.
  private var looks = 0

  init(_ lives: [Life], _ holes: [Hole], instants: Int) {
    (self.lives, self.holes, self.instants) = (lives, holes, instants)
    let order = lives.indices.sorted { (lives[$0].spacing, $0) < (lives[$1].spacing, $1) }
    spacings = order.map { lives[$0].spacing }
    var ranks = [Int](repeating: 0, count: lives.count)
    for (rank, life) in order.enumerated() { ranks[life] = rank }
    self.ranks = ranks
    alive = RankCounts(count: lives.count)
    hit = RankCounts(count: lives.count)
    openHolesOfLife = [Int](repeating: 0, count: lives.count)
    missingShare = lives.map { life in
      let share = Double(life.missing) / Double(life.end - life.start)
      return Int64(min(share, 1) * Double(1 << 30))
    }
    edges.reserveCapacity(2 * (lives.count + holes.count))
    for (index, life) in lives.enumerated() {
      edges.append((life.start, .lifeBegins, index))
      edges.append((life.end, .lifeEnds, index))
    }
    for (index, hole) in holes.enumerated() {
      edges.append((hole.start, .holeBegins, index))
      edges.append((hole.end, .holeEnds, index))
    }
    edges.sort { ($0.time, $0.edge.rawValue, $0.index) < ($1.time, $1.edge.rawValue, $1.index) }
  }

  mutating func run(
    shortest: Int64, point: Int, sender: (_ row: Int) -> UInt64
  ) -> [CaptureLoss] {
    var losses: [CaptureLoss] = []
    for position in edges.indices.dropLast() {
      pass(edges[position])
      let (start, end) = (edges[position].time, edges[position + 1].time)
      // Clocks may be set apart by more than 64 bits hold: whoever came back after that lost nothing here.
      let (length, overflow) = end.subtractingReportingOverflow(start)
      guard !overflow, length >= shortest, openHoles.count >= CaptureLoss.leastSenders,
        let loss = judge(from: start, to: end, point: point, sender: sender)
      else { continue }
      losses.append(loss)
      if losses.count == CaptureLoss.mostOfPoint { break }
    }
    return losses
  }

  private mutating func pass(_ edge: (time: Int64, edge: Edge, index: Int)) {
    switch edge.edge {
    case .lifeBegins: count(edge.index, 1)
    case .lifeEnds: count(edge.index, -1)
    case .holeBegins:
      openHoles.insert(edge.index)
      countHole(of: holes[edge.index].life, 1)
    case .holeEnds:
      openHoles.remove(edge.index)
      countHole(of: holes[edge.index].life, -1)
    }
  }

  private mutating func count(_ life: Int, _ step: Int) {
    alive.add(step, at: ranks[life])
    aliveCount += step
    missingShares += Int64(step) * missingShare[life]
  }

  /// Of several gaps of an association at the same time, which reordering makes, one counts.
  private mutating func countHole(of life: Int, _ step: Int) {
    let before = openHolesOfLife[life]
    openHolesOfLife[life] = before + step
    if before == 0 { hit.add(1, at: ranks[life]) }
    if before + step == 0 { hit.add(-1, at: ranks[life]) }
  }

  private mutating func judge(
    from start: Int64, to end: Int64, point: Int, sender: (Int) -> UInt64
  ) -> CaptureLoss? {
    // So many would have had a packet in that time.
    let activeRanks = spacings.partitioningIndex { $0 > end - start }
    let (active, hits) = (alive.sum(below: activeRanks), hit.sum(below: activeRanks))
    let share = CaptureLoss.leastShare
    guard hits >= CaptureLoss.leastSenders,
      hits * share.denominator >= active * share.numerator,
      looks < CaptureLoss.mostLooks
    else { return nil }
    looks += openHoles.count + aliveCount

    var loss = CaptureLoss(
      point: point, start: Timestamp(nanosecondsSinceEpoch: start),
      end: Timestamp(nanosecondsSinceEpoch: end))
    (loss.associations, loss.activeAssociations) = (hits, active)
    var senders: Set<UInt64> = []
    for index in openHoles {
      let hole = holes[index]
      loss.gaps += 1
      loss.lost = loss.lost.addingClamped(hole.missing)
      if ranks[hole.life] < activeRanks { senders.insert(sender(lives[hole.life].row)) }
    }
    loss.senders = senders.count
    guard loss.senders >= CaptureLoss.leastSenders else { return nil }
    let expected = Double(missingShares) / Double(1 << 30)
    let chance = chanceBound(of: loss.senders, among: aliveCount, expected: expected)
    return Double(instants) * chance <= CaptureLoss.mostByChance ? loss : nil
  }
}

/// A bound of the probability that so many of `count` independent associations have a gap at some
/// time, of which `expected` have one in the mean (W. Hoeffding, Probability Inequalities for Sums of
/// Bounded Random Variables, 1963, theorem 1).
func chanceBound(of hits: Int, among count: Int, expected: Double) -> Double {
  guard hits <= count, Double(hits) > expected else { return 1 }
  // (expected / hits)^hits * ((count - expected) / (count - hits))^(count - hits): the first factor is
  // below 1, the second above, and taken in turns they overflow nothing.
  let below = expected / Double(hits)
  let above = (Double(count) - expected) / Double(max(1, count - hits))
  var (chance, belows, aboves) = (1.0, hits, count - hits)
  while belows > 0 || aboves > 0 {
    if belows > 0, chance >= 1 || aboves == 0 {
      chance *= below
      belows -= 1
    } else {
      chance *= above
      aboves -= 1
    }
  }
  return chance
}

/// How many associations of each rank there are, with sums over the lowest in logarithmic time.
private struct RankCounts {
  private var sums: [Int]

  init(count: Int) { sums = [Int](repeating: 0, count: count + 1) }

  mutating func add(_ step: Int, at rank: Int) {
    var index = rank + 1
    while index < sums.count {
      sums[index] += step
      index += index & -index
    }
  }

  func sum(below rank: Int) -> Int {
    var (index, sum) = (rank, 0)
    while index > 0 {
      sum += sums[index]
      index -= index & -index
    }
    return sum
  }
}
