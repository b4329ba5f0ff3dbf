import PacketAnalysis

extension TableReport {
  func writeAssociations(to page: inout Page) {
    let shown = shownRows
    var leftOut: TextTable.LeftOut?
    if !shown.isEmpty {
      page.line()
      leftOut = table(shown).write(to: &page)
    }
    writeFolded(shown: shown, to: &page)
    guard let leftOut else { return }
    page.paragraph(
      "Not shown for want of room: \(leftOut.titles.joined(separator: ", ")) "
        + "(--width=\(leftOut.neededWidth), --csv, --json)", tone: .dim)
  }

  /// Indices of the associations that have a row.
  var shownRows: [Int] { withoutHealthyTail(sums.shown) }

  /// The worst first means that behind the first healthy one there is nothing to see.
  private func withoutHealthyTail(_ order: [Int]) -> [Int] {
    guard !style.showAll, style.sort == .lost else { return order }
    let troubled = order.prefix { index in
      let row = report.associations[index]
      return row.lost > 0 || row.suspects > 0 || row.duplicates > 0 || row.reordered > 0
    }
    return Array(order.prefix(max(troubled.count, style.healthyRowLimit)))
  }

  private func writeFolded(shown: [Int], to page: inout Page) {
    let singles = sums.singles < sums.rows ? sums.singles : 0
    let isFolding = !style.showAll
    let others = sums.rows - singles - shown.count
    if isFolding && others > 0 {
      let packets = sums.packets - UInt64(clamping: singles)
      let shownPackets = shown.reduce(0 as UInt64) { $0 &+ report.associations[$1].packets }
      let shownLost = shown.reduce(0 as UInt64) { $0 &+ report.associations[$1].lost }
      let lost = sums.lost - min(sums.lost, shownLost)
      page.paragraph(
        "+ \(grouped(UInt64(clamping: others))) more with "
          + "\(humane(packets - min(packets, shownPackets))) packets, "
          + (lost == 0 ? "nothing lost" : "\(grouped(lost)) lost") + " (--all shows them)",
        tone: lost == 0 ? .dim : .bad)
    }
    if isFolding && singles > 0 {
      page.paragraph(
        "+ "
          + counted(
            singles, "association of a single packet", "associations of a single packet each"),
        tone: .dim)
    }
  }

  private func table(_ shown: [Int]) -> TextTable {
    let columns = AssociationColumn.all.filter { column in
      column.isAlwaysShown || column == .of(style.sort)
        || shown.contains { column.isTelling(report.associations[$0], report) }
    }
    return TextTable(
      title: "association", columns: columns.map { $0.column(sortedBy: style.sort) },
      rows: shown.map { index in
        let association = report.associations[index]
        return TextTable.Row(
          label: AssociationName(association), cells: columns.map { $0.cell(association, report) })
      })
  }
}

/// What a table can say of an association. The raw value is the importance: the larger, the sooner
/// left out where there is little room.
private enum AssociationColumn: Int {
  case lost
  // Without these two, rows of the same association could not be told apart.
  case point
  case epoch
  case ratio
  case packets
  case suspects
  case duplicates
  case reordered
  case gaps
  case skipped
  case duration
  case rate
  case bitRate
  case blind
  case badTags

  /// In the order in which they are shown.
  static let all: [AssociationColumn] = [
    .point, .epoch, .lost, .ratio, .blind, .gaps, .reordered, .duplicates, .suspects, .skipped,
    .badTags, .packets, .rate, .bitRate, .duration,
  ]

  /// What the rows are sorted by is the last to be left out.
  func column(sortedBy sort: SortKey) -> TextTable.Column {
    TextTable.Column(
      title: title, rank: self == Self.of(sort) ? -1 : rawValue, isRight: self != .point)
  }

  /// The column that shows by what the rows are sorted.
  static func of(_ sort: SortKey) -> AssociationColumn? {
    switch sort {
    case .lost: .lost
    case .ratio: .ratio
    case .duplicates: .duplicates
    case .reordered: .reordered
    case .suspects: .suspects
    case .skipped: .skipped
    case .gaps: .gaps
    case .packets: .packets
    case .octets: .bitRate
    case .duration: .duration
    case .first: nil
    }
  }

  private var title: String {
    switch self {
    case .lost: "lost"
    case .ratio: "loss"
    case .point: "point"
    case .epoch: "epoch"
    case .packets: "packets"
    case .suspects: "suspect"
    case .duplicates: "dupl."
    case .reordered: "reord."
    case .gaps: "gaps"
    case .skipped: "skipped"
    case .duration: "duration"
    case .rate: "packets/s"
    case .bitRate: "bit/s"
    case .blind: "blind"
    case .badTags: "bad tags"
    }
  }

  var isAlwaysShown: Bool {
    switch self {
    case .point, .epoch, .suspects, .skipped, .blind, .badTags: false
    default: true
    }
  }

  /// Whether this row is a reason to show the column.
  func isTelling(_ row: AssociationSummary, _ report: AnalysisReport) -> Bool {
    switch self {
    case .point: report.points.count > 1
    case .epoch: row.epoch > 0
    case .suspects: row.suspects > 0
    case .skipped: row.skipped > 0
    case .blind: row.lostBlind > 0
    case .badTags: row.badTags > 0
    default: true
    }
  }

  func cell(_ row: AssociationSummary, _ report: AnalysisReport) -> TextTable.Cell {
    switch self {
    case .point:
      let point = printable(name(Int(row.key.point), in: report.points))
      return TextTable.Cell(text: elided(point, width: 16))
    case .epoch: return TextTable.Cell(text: "\(row.epoch)")
    case .lost: return count(row.lost, .bad)
    case .ratio:
      guard row.expected > 0 else { return TextTable.Cell(text: "-", tone: .dim) }
      return TextTable.Cell(
        text: percentage(row.lost, of: row.expected), tone: row.lost > 0 ? .bad : .dim)
    case .packets: return TextTable.Cell(text: humane(row.packets))
    case .suspects: return count(row.suspects, .warning)
    case .duplicates: return count(row.duplicates, .warning)
    case .reordered: return count(row.reordered, .warning)
    case .gaps: return count(row.gaps, .plain)
    case .skipped: return count(row.skipped, .plain)
    case .blind: return count(row.lostBlind, .warning)
    case .badTags: return count(row.badTags, .warning)
    case .duration:
      return known(row.packets > 1 ? row.durationNanoseconds.map(humane(nanoseconds:)) : nil)
    case .rate:
      return known(perSecond(row.packets, nanoseconds: row.durationNanoseconds).map(humaneRate))
    case .bitRate:
      return known(
        perSecond(row.octets, nanoseconds: row.durationNanoseconds).map { humaneRate($0 * 8) })
    }
  }

  private func count(_ value: UInt64, _ tone: Page.Tone) -> TextTable.Cell {
    // Losses are what it is about: in full, as long as one can read them.
    let text = self == .lost && value < 100_000_000 ? grouped(value) : humane(value)
    return TextTable.Cell(text: text, tone: value > 0 ? tone : .dim)
  }

  private func known(_ text: String?) -> TextTable.Cell {
    text.map { TextTable.Cell(text: $0) } ?? TextTable.Cell(text: "-", tone: .dim)
  }
}

/// Three digits, without a fraction below a hundred thousand.
func humaneRate(_ value: Double) -> String {
  value < 99_999.5 && value >= 9.995 ? decimal(value, places: value < 99.95 ? 1 : 0) : scaled(value)
}
