public import PacketAnalysis

/// What a terminal shows of a capture that runs: how it goes as a whole, and the worst associations
/// with what they lost in the last minutes.
public struct LiveScreen: Sendable {
  /// What is known once in a while.
  public struct State: Sendable {
    public var report: AnalysisReport
    /// Of the interfaces, in words.
    public var names: String
    public var packets: UInt64
    public var dropped: UInt64
    /// Since the capture began.
    public var elapsed: Duration

    public init(
      report: AnalysisReport, names: String, packets: UInt64, dropped: UInt64, elapsed: Duration
    ) {
      (self.report, self.names, self.packets) = (report, names, packets)
      (self.dropped, self.elapsed) = (dropped, elapsed)
    }
  }

  private struct Counts {
    var packets: UInt64 = 0
    var lost: UInt64 = 0
  }

  private var state: State?
  /// Of the state before, by the id of the association.
  private var before: [UInt64: Counts] = [:]
  private var wholeBefore = Counts()
  private var interval: Duration = .zero
  /// What was lost, by the id of the association, of those that lost something lately.
  private var losses: [UInt64: Sparkline] = [:]
  private var wholeLoss = Sparkline()
  private var whole = Counts()
  /// New packets and new losses a second.
  private var rates: [UInt64: (packets: Double, lost: Double)] = [:]
  private var wholeRate: (packets: Double, lost: Double) = (0, 0)

  /// So many associations have a sparkline.
  private static let largestLossCount = 4_096

  public init() {}

  // MARK: States

  /// Takes the next state.
  public mutating func show(_ next: State) {
    interval = next.elapsed - (state?.elapsed ?? .zero)
    let seconds = max(interval / .seconds(1), 1e-3)
    let slot = Sparkline.slot(at: next.elapsed)
    var now: [UInt64: Counts] = [:]
    var lost: UInt64 = 0
    rates = [:]
    next.report.associations.forEach { association in
      let counts = Counts(packets: association.packets, lost: association.lost)
      now[association.id] = counts
      lost &+= counts.lost
      // What was there in the first state was not lost in this moment.
      let last = before[association.id] ?? (state == nil ? counts : Counts())
      let new = (
        packets: counts.packets - min(last.packets, counts.packets),
        lost: counts.lost - min(last.lost, counts.lost)
      )
      if new.packets > 0 || new.lost > 0 {
        rates[association.id] = (Double(new.packets) / seconds, Double(new.lost) / seconds)
      }
      if new.lost > 0, losses[association.id] != nil || losses.count < Self.largestLossCount {
        losses[association.id, default: Sparkline()].add(new.lost, slot: slot)
      }
    }
    let isFirst = state == nil
    before = now
    whole = Counts(packets: next.packets, lost: lost)
    if !isFirst {
      let newLost = lost - min(wholeBefore.lost, lost)
      wholeLoss.add(newLost, slot: slot)
      wholeRate = (
        Double(next.packets - min(wholeBefore.packets, next.packets)) / seconds,
        Double(newLost) / seconds
      )
    }
    wholeBefore = whole
    losses = losses.filter { !$0.value.isOver(slot: slot) }
    state = next
  }

  // MARK: Lines

  /// At most `height` lines of at most `width` columns each.
  public func lines(width: Int, height: Int, sort: LiveSort, message: String?) -> [String] {
    guard let state else { return [elided("waiting for the first second ...", width: width)] }
    let slot = Sparkline.slot(at: state.elapsed)
    let count = state.report.associations.count
    let nanoseconds = UInt64(max(0, state.elapsed / .nanoseconds(1)))
    var lines = [
      "gapscope  \(printable(state.names))  \(humane(nanoseconds: nanoseconds))",
      "\(humane(state.packets)) packets  \(rate(wholeRate.packets, "packets/s"))  "
        + "\(humane(UInt64(count))) associations  \(humane(whole.lost)) lost  "
        + "\(humane(state.dropped)) dropped",
      "lost in the last \(Sparkline.minutes) minutes  \(wholeLoss.text(slot: slot))",
      "",
    ].map { elided($0, width: width) }
    let shown = Self.shownColumns(width: width)
    lines += table(
      shown, width: width, rowCount: max(0, height - lines.count - 3), sort, slot: slot)
    let keys =
      "sort: " + LiveSort.allCases.map { "\($0.key) \($0.rawValue)" }.joined(separator: "  ")
      + "   q quit"
    while lines.count < height - 2 { lines.append("") }
    lines += [message.map(printable) ?? Self.leftOut(shown), keys].map { elided($0, width: width) }
    return Array(lines.suffix(max(0, height)))
  }

  private func rate(_ value: Double, _ unit: String) -> String {
    withUnit(scaled(value.rounded()), unit)
  }

  private static let columns: [(name: String, width: Int)] = [
    ("lost", 9), ("loss", 8), ("lost/s", 8), ("packets", 9), ("packets/s", 9), ("reord.", 8),
    ("dupl.", 8),
  ]

  /// As many as there is room for, the first ones.
  private static func shownColumns(width: Int) -> ArraySlice<(name: String, width: Int)> {
    var shown = columns[...]
    while shown.count > 1, numbersWidth(shown) + leastNameWidth > width { shown.removeLast() }
    return shown
  }

  private static func numbersWidth(_ columns: ArraySlice<(name: String, width: Int)>) -> Int {
    columns.reduce(0) { $0 + $1.width + 1 }
  }

  /// What a wider terminal would show besides.
  private static func leftOut(_ shown: ArraySlice<(name: String, width: Int)>) -> String {
    let names = columns[shown.endIndex...].map(\.name)
    guard !names.isEmpty else { return "" }
    return "not shown for want of room: \(names.joined(separator: ", ")) "
      + "(\(numbersWidth(columns[...]) + leastNameWidth) columns)"
  }

  private func table(
    _ columns: ArraySlice<(name: String, width: Int)>, width: Int, rowCount: Int, _ sort: LiveSort,
    slot: Int
  ) -> [String] {
    guard let associations = state?.report.associations else { return [] }
    let numbersWidth = Self.numbersWidth(columns)
    let sparklineWidth = Sparkline.length + 2
    let hasSparkline = width >= numbersWidth + sparklineWidth + Self.leastNameWidth
    let nameWidth = max(1, width - numbersWidth - (hasSparkline ? sparklineWidth : 0))
    func line(_ name: String, _ cells: [String], _ sparkline: String) -> String {
      var line = name + spaces(nameWidth - displayWidth(name))
      for (cell, column) in zip(cells, columns) {
        line += " " + spaces(column.width - displayWidth(cell)) + cell
      }
      if hasSparkline { line += "  " + sparkline }
      return elided(line, width: width)
    }
    var lines = [line("association", columns.map(\.name), "last \(Sparkline.minutes) minutes")]
    for index in sort.rows(associations, limit: rowCount, rates: rates) {
      let association = associations[index]
      let rates = rates[association.id] ?? (0, 0)
      let name = AssociationName(association, showsEpoch: association.epoch > 0, point: nil)
      lines.append(
        line(
          name.text(width: nameWidth),
          [
            humane(association.lost), percentage(association.lost, of: association.expected),
            rates.lost == 0 ? "" : scaled(rates.lost), humane(association.packets),
            rates.packets == 0 ? "" : scaled(rates.packets.rounded()),
            humane(association.reordered), humane(association.duplicates),
          ], losses[association.id]?.text(slot: slot) ?? ""))
    }
    return lines
  }

  /// Columns that were left out make room for it.
  private static let leastNameWidth = 34

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}

/// By what the associations are sorted, the largest first; the raw value is the word for it.
public enum LiveSort: String, CaseIterable, Sendable {
  case lost
  /// Lost a second, now.
  case new
  /// The part of what was expected.
  case share
  case packets
  /// Packets a second, now.
  case rate
  case duplicates
  /// Reordered.
  case order

  /// What to press for it.
  public var key: Character { rawValue.first ?? " " }

  /// - Parameter key: what was pressed.
  public init?(key: Character) {
    guard let sort = Self.allCases.first(where: { $0.key == key }) else { return nil }
    self = sort
  }

  fileprivate func rows(
    _ associations: ReportRows<AssociationSummary>, limit: Int,
    rates: [UInt64: (packets: Double, lost: Double)]
  ) -> [Int] {
    let key: SortKey
    switch self {
    case .lost: key = .lost
    case .share: key = .ratio
    case .packets: key = .packets
    case .duplicates: key = .duplicates
    case .order: key = .reordered
    case .new, .rate:
      let byRate = associations.indices.map { index in
        let rate = rates[associations[index].id] ?? (0, 0)
        return (index: index, rate: self == .new ? rate.lost : rate.packets)
      }
      let sorted = byRate.sorted { ($1.rate, $0.index) < ($0.rate, $1.index) }
      return sorted.prefix(limit).map(\.index)
    }
    return key.order(associations, among: Array(associations.indices), limit: limit)
  }
}
