/// Finds the times in which a capture itself is the likely one to have lost packets, from what a
/// finished report says of associations and gaps: so it is the same however they were found.
///
///     var search = CaptureLossSearch(pointCount: 1, rowCount: rows.count)
///     search.add(…)      // each association
///     search.addGap(…)   // each gap
///     let losses = search.find { rows[$0].identity.sender }
///
/// All edges of gaps, and all first and last frames, are frames that were seen. Between two
/// successive ones nothing changes: the same associations have a gap, the same are alive. A time in
/// which the capture saw nothing lies in one such stretch, whole. Gaps that are shorter than any
/// stretch that could count are left out.
struct CaptureLossSearch {
  struct Life {
    var start: Int64
    var end: Int64
    /// Mean time between two packets, those that were lost among them.
    var spacing: Int64
    var row: Int
    /// How long it has gaps.
    var missing: Int64 = 0

    mutating func add(_ hole: Hole) {
      missing.addClamped(hole.end - hole.start)
    }
  }
  struct Hole {
    var start: Int64
    var end: Int64
    var missing: UInt64
    /// Index of its association among the lives of its point.
    var life: Int
  }

  private var lives: [[Life]]
  private var holes: [[Hole]]
  /// Gaps of each point of which no more need be known.
  private var dismissed: [Int]
  private let quietTimes: QuietTimes?
  /// Index among the lives of the point of a row; -1: none.
  private var lifeOfRow: [Int32]

  /// - Parameter quietTimes: as a `CaptureLossGlance` at the same gaps found them.
  init(pointCount: Int, rowCount: Int, quietTimes: QuietTimes? = nil) {
    self.quietTimes = quietTimes
    lives = Array(repeating: [], count: pointCount)
    holes = Array(repeating: [], count: pointCount)
    dismissed = Array(repeating: 0, count: pointCount)
    lifeOfRow = Array(repeating: -1, count: rowCount)
  }

  /// - Parameter row: names the association in `addGap` and `find`; those of one point rise.
  mutating func add(
    from first: Timestamp, to last: Timestamp, expected: UInt64, point: Int, row: Int
  ) {
    guard lives.indices.contains(point),
      let spacing = FastestSpacings.spacing(from: first, to: last, expected: expected)
    else { return }
    lifeOfRow[row] = Int32(lives[point].count)
    lives[point].append(
      Life(
        start: first.nanosecondsSinceEpoch, end: last.nanosecondsSinceEpoch, spacing: spacing,
        row: row))
  }

  /// A gap between two times of its association, which must have been added.
  mutating func addGap(
    from before: Timestamp, to after: Timestamp, missing: UInt64, point: Int, row: Int
  ) {
    let life = Int(lifeOfRow[row])
    guard life >= 0, before != .absent, after > before else { return }
    let hole = Hole(
      start: before.nanosecondsSinceEpoch, end: after.nanosecondsSinceEpoch, missing: missing,
      life: life)
    guard let quietTimes else { return holes[point].append(hole) }
    if !quietTimes.isLong(hole.end - hole.start) {
      dismissed[point] += 1
    } else if quietTimes.isSpanned(from: hole.start, to: hole.end) {
      holes[point].append(hole)
    } else {
      lives[point][life].add(hole)
      dismissed[point] += 1
    }
  }

  /// By point and time.
  ///
  /// - Parameter sender: whom an association is from, by its row.
  func find(sender: (_ row: Int) -> UInt64) -> [CaptureLoss] {
    lives.indices.flatMap { point in
      find(
        lives[point], holes[point], instants: holes[point].count + dismissed[point], point: point,
        sender: sender)
    }
  }

  private func find(
    _ lives: [Life], _ holes: [Hole], instants: Int, point: Int, sender: (Int) -> UInt64
  ) -> [CaptureLoss] {
    var fastest = FastestSpacings()
    for life in lives { fastest.add(life.spacing) }
    guard holes.count >= CaptureLoss.leastSenders, let shortest = fastest.shortestStretch
    else { return [] }
    var (lives, holes) = (lives, holes.filter { $0.end - $0.start >= shortest })
    if holes.count > CaptureLoss.mostGapsOfPoint {
      holes.sort { ($1.end - $1.start, $0.start, $0.life) < ($0.end - $0.start, $1.start, $1.life) }
      holes.removeLast(holes.count - CaptureLoss.mostGapsOfPoint)
    }
    for hole in holes { lives[hole.life].add(hole) }
    holes = Self.overQuietTime(holes, shortest: shortest)
    guard holes.count >= CaptureLoss.leastSenders else { return [] }
    var sweep = CaptureLossSweep(lives, holes, instants: instants)
    return sweep.run(shortest: shortest, point: point, sender: sender)
  }

  /// The gaps that span some time in which none begins or ends: where losses come one by one that is
  /// hardly any, and there is nothing to be sorted.
  private static func overQuietTime(_ holes: [Hole], shortest: Int64) -> [Hole] {
    guard let start = holes.lazy.map(\.start).min(), let end = holes.lazy.map(\.end).max(),
      var parts = TouchedParts(from: start, to: end, shortestStretch: shortest)
    else { return holes }
    for hole in holes { parts.touch(hole.start, hole.end) }
    let times = QuietTimes(parts)
    return holes.filter { times.isSpanned(from: $0.start, to: $0.end) }
  }
}

extension AssociationKey.Identity {
  /// Who sends: the system of an SCI (IEEE Std 802.1AE-2018, 9.9), or the source address.
  var sender: UInt64 {
    switch self {
    case .macsec(let identity): identity.sci.rawValue >> 16
    case .ipsec(let identity):
      UInt64(truncatingIfNeeded: identity.source.bits)
        ^ UInt64(truncatingIfNeeded: identity.source.bits >> 64) &* 0x9E37_79B9_7F4A_7C15
    }
  }
}
