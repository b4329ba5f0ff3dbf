internal import GRDB
internal import PacketAnalysis

/// Adds the differences between two states of a run to its history, within the transaction that
/// stores the later state.
struct HistoryWriter {
  let db: Database
  let run: Int64
  /// The middle of the time between the two states.
  let time: Timestamp
  /// See `AnalysisLimits.idleNanoseconds`.
  var idleNanoseconds: Int64?

  /// So many have rows of a second whatever happens to them.
  static let worstCount = 100
  static let widths: [Int64] = [1, 60, 3_600]

  func add(_ state: HistoryState, since before: HistoryState) throws {
    try addAssociations(state, since: before)
    try addPoints(state, since: before)
  }

  /// The start of the row of a width, in nanoseconds.
  private func start(ofWidth seconds: Int64) -> Int64 {
    time.floored(to: seconds * 1_000_000_000).nanosecondsSinceEpoch
  }

  private func addAssociations(_ state: HistoryState, since before: HistoryState) throws {
    // Mostly those before are still where they were, and others come behind them.
    let isInPlace = state.identifiers.starts(with: before.identifiers)
    let known = KnownCounts(before, isInPlace: isInPlace)
    var changes: [(id: UInt64, difference: HistoryCounts)] = []
    for position in state.identifiers.indices {
      let id = state.identifiers[position]
      let counts = known.counts(of: id, at: position) ?? HistoryCounts()
      guard counts != state.counts[position] else { continue }
      changes.append((id, state.counts[position] - counts))
    }
    if !isInPlace { try removeOthers(than: state, before) }
    guard !changes.isEmpty else { return }

    let worst = state.worst(Self.worstCount)
    for width in Self.widths {
      let start = start(ofWidth: width)
      var row = try RowWriter(
        db, table: "history", columns: ["run", "width_s", "start", "id"] + Self.countColumns,
        conflict: Self.adding(Self.countColumns))
      // In the order of the key: pages are written once.
      if width == 1 { changes.sort { Int64(bitPattern: $0.id) < Int64(bitPattern: $1.id) } }
      for (id, difference) in changes
      where width > 1 || difference.isEventful || worst.contains(id) {
        row.write(run)
        row.write(width)
        row.write(start)
        row.write(identifier: id)
        row.write(difference)
        try row.endRow()
      }
    }
  }

  /// An epoch that turned out to be none has no history. One that made room for others keeps its own.
  private func removeOthers(than state: HistoryState, _ before: HistoryState) throws {
    let identifiers = Set(state.identifiers)
    for (position, id) in before.identifiers.enumerated() where !identifiers.contains(id) {
      if let idleNanoseconds, before.lastTimes[position] <= state.lastTime &- idleNanoseconds {
        continue
      }
      try db.execute(
        sql: """
          DELETE FROM history WHERE (run, width_s, start, id) IN (
            SELECT run, width_s, start, id FROM history INDEXED BY history_by_id
            WHERE run = ? AND id = ?)
          """, arguments: [run, Int64(bitPattern: id)])
    }
  }

  private func addPoints(_ state: HistoryState, since before: HistoryState) throws {
    let columns = ["run", "width_s", "start", "point", "drops"] + Self.countColumns
    for width in Self.widths {
      let start = start(ofWidth: width)
      var row = try RowWriter(
        db, table: "point_history", columns: columns,
        conflict: Self.adding(["drops"] + Self.countColumns))
      for (position, point) in state.points.enumerated() {
        let known =
          before.points.indices.contains(position)
          ? before.points[position] : HistoryState.Point()
        guard point != known else { continue }
        var difference = point.counts - known.counts
        var drops = point.drops - known.drops
        if difference.packets < 0 {
          // A replay that reads its files once more: they count anew.
          difference.packets = point.counts.packets
          difference.octets = point.counts.octets
          drops = point.drops
        }
        row.write(run)
        row.write(width)
        row.write(start)
        row.write(position)
        row.write(drops)
        row.write(difference)
        try row.endRow()
      }
    }
  }

  private static let countColumns = [
    "packets", "octets", "lost", "lost_blind", "skipped", "duplicates", "reordered", "suspects",
  ]

  private static func adding(_ columns: [String]) -> String {
    "ON CONFLICT DO UPDATE SET "
      + columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", ")
  }
}

/// The counts of a state by identifier, which is looked for where it was in the state before first.
private struct KnownCounts {
  private let state: HistoryState
  private var positions: [UInt64: Int] = [:]

  init(_ state: HistoryState, isInPlace: Bool) {
    self.state = state
    guard !isInPlace else { return }
    positions = Dictionary(
      zip(state.identifiers, state.identifiers.indices), uniquingKeysWith: { first, _ in first })
  }

  func counts(of id: UInt64, at position: Int) -> HistoryCounts? {
    if position < state.identifiers.count, state.identifiers[position] == id {
      return state.counts[position]
    }
    return positions[id].map { state.counts[$0] }
  }
}

extension RowWriter {
  fileprivate mutating func write(_ counts: HistoryCounts) {
    write(counts.packets)
    write(counts.octets)
    write(counts.lost)
    write(counts.lostBlind)
    write(counts.skipped)
    write(counts.duplicates)
    write(counts.reordered)
    write(counts.suspects)
  }
}
