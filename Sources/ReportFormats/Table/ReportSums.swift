import PacketAnalysis

/// What a table says of all associations together, and which of them it shows: found in one pass
/// over the rows, since making them is most of the work.
struct ReportSums {
  /// Every epoch of an association is a row of its own.
  var rows = 0
  var associations = 0
  /// Associations that lost something in any of their epochs.
  var losing = 0
  /// Rows of a single packet.
  var singles = 0
  /// Epochs without a row, whose counts are in the sums.
  var rowless: UInt64 = 0
  var packets: UInt64 = 0
  var expected: UInt64 = 0
  var lost: UInt64 = 0
  var lostBlind: UInt64 = 0
  var skipped: UInt64 = 0
  var duplicates: UInt64 = 0
  var reordered: UInt64 = 0
  var suspects: UInt64 = 0
  var badTags: UInt64 = 0
  /// The keys of associations with several epochs.
  private(set) var repeatedKeys: Set<AssociationKey> = []
  /// The associations are of several points.
  private(set) var hasPoints = false
  /// Indices of the associations to show, in their order.
  private(set) var shown: [Int] = []

  init(_ report: AnalysisReport, style: TableStyle) {
    let limit = style.showAll ? nil : style.rowLimit
    var picked = SortKey.Picker(by: style.sort, limit: limit)
    // One packet shows no loss. Where there is nothing else, some of them are still to be seen.
    var pickedSingles = SortKey.Picker(by: style.sort, limit: limit)
    var lastPoint: UInt16?
    report.associations.forEachCounts { row, point in
      let index = rows
      addRow(row)
      if row.epoch > 0 { repeatedKeys.insert(report.associations[index].key) }
      if let lastPoint, lastPoint != point { hasPoints = true }
      lastPoint = point
      if style.showAll || row.packets > 1 {
        picked.offer(row, at: index)
      } else {
        pickedSingles.offer(row, at: index)
      }
    }
    if let epochs = report.rowless {
      rowless = epochs.count
      add(epochs.sums)
    }
    shown = picked.indices
    if shown.isEmpty, singles == rows { shown = pickedSingles.indices }
    if !repeatedKeys.isEmpty { countAssociations(of: report) }
  }

  /// Where some have several rows, or only later ones since a limit was reached.
  private mutating func countAssociations(of report: AnalysisReport) {
    var (keys, losers): (Set<AssociationKey>, Set<AssociationKey>) = ([], [])
    for row in report.associations {
      keys.insert(row.key)
      if row.lost > 0 { losers.insert(row.key) }
    }
    (associations, losing) = (keys.count, losers.count)
  }

  private mutating func addRow(_ row: AssociationCounts) {
    rows += 1
    associations += 1
    if row.packets == 1 { singles += 1 }
    if row.lost > 0 { losing += 1 }
    lostBlind.addClamped(row.lostBlind)
    add(row)
  }

  @inline(__always)
  private mutating func add(_ sums: some EpochSums) {
    packets.addClamped(sums.packets)
    expected.addClamped(sums.expected)
    lost.addClamped(sums.lost)
    skipped.addClamped(sums.skipped)
    duplicates.addClamped(sums.duplicates)
    reordered.addClamped(sums.reordered)
    suspects.addClamped(sums.suspects)
    badTags.addClamped(sums.badTags)
  }
}
