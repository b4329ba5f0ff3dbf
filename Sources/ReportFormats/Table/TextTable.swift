/// Rows under each other: a label that gives way where there is little room, and columns of which
/// the less important ones are left out.
struct TextTable {
  struct Column {
    var title: String
    /// The larger, the sooner left out.
    var rank: Int
    var isRight = true
  }
  struct Cell {
    var text: String
    var tone = Page.Tone.plain
  }
  struct Row {
    var label: AssociationName
    var cells: [Cell]
  }

  var title: String
  var columns: [Column]
  var rows: [Row]

  static let gap = 2

  /// What did not fit, and the width in which everything does.
  struct LeftOut {
    var titles: [String]
    var neededWidth: Int
  }

  /// Returns the columns that there was no room for, `nil` where there are none.
  func write(to page: inout Page) -> LeftOut? {
    let widths = columns.indices.map { column in
      rows.reduce(displayWidth(columns[column].title)) {
        max($0, displayWidth($1.cells[column].text))
      }
    }
    let natural = rows.reduce(displayWidth(title)) { max($0, $1.label.width) }
    // At least the first two columns have room beside any label.
    let reserved = widths.prefix(2).reduce(0) { $0 + Self.gap + $1 }
    let minimum = rows.reduce(displayWidth(title)) { max($0, $1.label.minimumWidth) }
    let shown = shownColumns(
      widths, labelWidth: min(minimum, page.width - reserved), in: page.width)
    let room = page.width - shown.reduce(0) { $0 + Self.gap + widths[$1] }
    let labelWidth = min(natural, room)

    let titles = shown.map { Cell(text: columns[$0].title, tone: .heading) }
    page.line(
      line(page, label: title, tone: .heading, labelWidth, zip(shown, titles), widths))
    for row in rows {
      page.line(
        line(
          page, label: row.label.text(width: labelWidth), tone: .plain, labelWidth,
          zip(shown, shown.map { row.cells[$0] }), widths))
    }
    guard shown.count < columns.count else { return nil }
    return LeftOut(
      titles: columns.indices.filter { !shown.contains($0) }.map { columns[$0].title },
      neededWidth: widths.reduce(minimum) { $0 + Self.gap + $1 })
  }

  /// By importance as many as fit, in their order.
  private func shownColumns(_ widths: [Int], labelWidth: Int, in width: Int) -> [Int] {
    var room = width - labelWidth
    var shown: [Int] = []
    for column in columns.indices.sorted(by: { columns[$0].rank < columns[$1].rank }) {
      guard Self.gap + widths[column] <= room else { continue }
      room -= Self.gap + widths[column]
      shown.append(column)
    }
    return shown.sorted()
  }

  private func line(
    _ page: Page, label: String, tone: Page.Tone, _ labelWidth: Int,
    _ cells: some Sequence<(Int, Cell)>, _ widths: [Int]
  ) -> String {
    var line = page.painted(label.padded(labelWidth), tone)
    for (column, cell) in cells {
      let text = cell.text.padded(widths[column], isRight: columns[column].isRight)
      line += String(repeating: " ", count: Self.gap) + page.painted(text, cell.tone)
    }
    return line.trimmingTrailingSpaces
  }
}

extension String {
  var trimmingTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
