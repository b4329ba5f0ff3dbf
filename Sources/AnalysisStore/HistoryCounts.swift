internal import PacketAnalysis

/// What history tells of an association, and of all associations of a point together.
struct HistoryCounts: Equatable {
  var packets: Int64 = 0
  var octets: Int64 = 0
  var lost: Int64 = 0
  var lostBlind: Int64 = 0
  var skipped: Int64 = 0
  var duplicates: Int64 = 0
  var reordered: Int64 = 0
  var suspects: Int64 = 0

  init() {}

  /// What only a lying capture can claim is the most that the database can hold.
  init(_ counts: AssociationCounts) {
    packets = Int64(clamping: counts.packets)
    octets = Int64(clamping: counts.octets)
    lost = Int64(clamping: counts.lost)
    lostBlind = Int64(clamping: counts.lostBlind)
    skipped = Int64(clamping: counts.skipped)
    duplicates = Int64(clamping: counts.duplicates)
    reordered = Int64(clamping: counts.reordered)
    suspects = Int64(clamping: counts.suspects)
  }

  /// Which of the lost were in blind intervals is not known of these.
  init(_ sums: AssociationSums) {
    packets = Int64(clamping: sums.packets)
    octets = Int64(clamping: sums.octets)
    lost = Int64(clamping: sums.lost)
    skipped = Int64(clamping: sums.skipped)
    duplicates = Int64(clamping: sums.duplicates)
    reordered = Int64(clamping: sums.reordered)
    suspects = Int64(clamping: sums.suspects)
  }

  /// Whether something happened besides frames that came.
  var isEventful: Bool {
    lost != 0 || lostBlind != 0 || skipped != 0 || duplicates != 0 || reordered != 0
      || suspects != 0
  }

  /// Since a state before; both are not negative.
  static func - (a: HistoryCounts, b: HistoryCounts) -> HistoryCounts {
    var difference = a
    difference.packets -= b.packets
    difference.octets -= b.octets
    difference.lost -= b.lost
    difference.lostBlind -= b.lostBlind
    difference.skipped -= b.skipped
    difference.duplicates -= b.duplicates
    difference.reordered -= b.reordered
    difference.suspects -= b.suspects
    return difference
  }

  /// Adds what an association lost and so on, not its frames: those of a point are not only theirs.
  mutating func addEvents(_ other: HistoryCounts) {
    lost = lost.addingClamped(other.lost)
    lostBlind = lostBlind.addingClamped(other.lostBlind)
    skipped = skipped.addingClamped(other.skipped)
    duplicates = duplicates.addingClamped(other.duplicates)
    reordered = reordered.addingClamped(other.reordered)
    suspects = suspects.addingClamped(other.suspects)
  }
}

/// The counts of one state, from whose differences to the next history is made.
struct HistoryState {
  struct Point: Equatable {
    var counts = HistoryCounts()
    var drops: Int64 = 0
  }

  /// Of the associations by position.
  private(set) var identifiers: [UInt64] = []
  private(set) var counts: [HistoryCounts] = []
  private(set) var points: [Point] = []
  /// Of the associations by position, and of all; in nanoseconds.
  private(set) var lastTimes: [Int64] = []
  private(set) var lastTime = Int64.min

  init() {}

  init(_ report: AnalysisReport) {
    points = Array(repeating: Point(), count: report.points.count)
    identifiers.reserveCapacity(report.associations.count)
    counts.reserveCapacity(report.associations.count)
    report.associations.forEach { association in
      let counts = HistoryCounts(association.counts)
      identifiers.append(association.id)
      self.counts.append(counts)
      let last = association.lastTime?.nanosecondsSinceEpoch ?? .min
      lastTimes.append(last)
      lastTime = max(lastTime, last)
      points[Int(association.key.point)].counts.addEvents(counts)
    }
    // What made room for others did happen.
    for (share, sums) in report.givenUp?.silent.shares ?? [:] {
      points[share.point].counts.addEvents(HistoryCounts(sums))
    }
    for capture in report.captures {
      let point = capture.point
      points[point].counts.packets = points[point].counts.packets
        .addingClamped(Int64(clamping: capture.packets))
      points[point].counts.octets = points[point].counts.octets
        .addingClamped(Int64(clamping: capture.octets))
      points[point].drops = points[point].drops
        .addingClamped(Int64(clamping: capture.capturedDrops ?? 0))
    }
  }

  /// The associations that are worse than all others: by what they lost, then by what came late or
  /// twice, then by their packets.
  func worst(_ limit: Int) -> Set<UInt64> {
    func isWorse(_ a: Int, _ b: Int) -> Bool {
      let (a, b) = (counts[a], counts[b])
      if a.lost != b.lost { return a.lost > b.lost }
      let (aMoved, bMoved) = (
        a.duplicates.addingClamped(a.reordered), b.duplicates.addingClamped(b.reordered)
      )
      return aMoved != bMoved ? aMoved > bMoved : a.packets > b.packets
    }
    // Never more than twice as many at once: there may be very many associations.
    var candidates: [Int] = []
    var bar: Int?
    for position in counts.indices {
      if let bar, !isWorse(position, bar) { continue }
      candidates.append(position)
      if candidates.count == 2 * limit {
        candidates = Array(candidates.sorted(by: isWorse).prefix(limit))
        bar = candidates.last
      }
    }
    return Set(candidates.sorted(by: isWorse).prefix(limit).map { identifiers[$0] })
  }
}
