internal import AnalysisStore
internal import PacketAnalysis
internal import ReportFormats

/// What matters most as plain markup, for whoever looks at a report where scripts do not run, as in the
/// preview of a mail.
struct StaticSummary {
  private static let worstLimit = 20

  private let overview: RunOverview
  private let worst: ArraySlice<AssociationRow>

  init(_ overview: RunOverview, worst rows: [AssociationRow]) {
    self.overview = overview
    worst = rows.prefix(Self.worstLimit)
  }

  var html: String {
    var sum = AssociationShare(point: "", securityProtocol: .macsec)
    for share in overview.shares { sum.add(share) }
    let rows = worst.map { row in
      let association = row.summary
      let cells = [
        AssociationName(association).text
          + (association.epoch > 0 ? ", epoch \(association.epoch)" : ""),
        row.point, grouped(association.lost),
        percentage(association.lost, of: association.expected), grouped(association.gaps),
        grouped(association.packets),
      ]
      return "<tr>\(cells.map { "<td>\(Self.escaped($0))</td>" }.joined())</tr>"
    }
    let notes = overview.notes.map { "<li>\(Self.escaped($0))</li>" }
    let heads = ["Association", "Point", "Lost", "Loss", "Gaps", "Packets"]
    return """
      <h1>Gapscope report</h1>
      <p>\(grouped(sum.lost)) of \(grouped(sum.expected)) packets lost \
      (\(percentage(sum.lost, of: sum.expected))) in \(grouped(sum.associations)) associations; \
      \(grouped(sum.lostBlind)) of them may be our own loss, in \
      \(grouped(UInt64(overview.blindIntervals))) intervals in which the capture could not see.</p>
      \(damage)\(notes.isEmpty ? "" : "<ul>\(notes.joined())</ul>")
      <p>Pictures take scripts, which are in this file: save it and open it in a browser.</p>
      <table><thead><tr>\(heads.map { "<th>\($0)</th>" }.joined())</tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table>
      """
  }

  /// What was not read or given up; the notes say more.
  private var damage: String {
    var text = ""
    if overview.damagedCaptures > 0 {
      text +=
        "<p>\(counted(UInt64(overview.damagedCaptures), "capture")) could not be read to the "
        + "end.</p>\n"
    }
    if !overview.approximations.isEmpty {
      text += "<p>Approximate: a limit was reached, and the notes say what was given up.</p>\n"
    }
    return text
  }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }
}
