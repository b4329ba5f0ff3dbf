import PacketAnalysis

extension TableReport {
  /// The question was: is anything lost?
  func writeAnswer(to page: inout Page) {
    page.paragraph(answer, tone: sums.lost > 0 ? .bad : sums.rows > 0 ? .good : .heading)
    let remarks = [disorder, skipped, blindness, approximation].compactMap { $0 }
    for remark in remarks { page.paragraph(remark) }
  }

  private var answer: String {
    let frames = counted(report.totals.packets, "frame")
    if sums.rows == 0 {
      let captured = report.captures.reduce(0 as UInt64) { $0 &+ $1.packets }
      if report.totals.packets == 0, captured > 0 {
        return "No frame of \(grouped(captured)) passed the filter and the limits of time."
      }
      let isSelection = report.totals.macsec + report.totals.esp + report.totals.ah > 0
      return isSelection
        ? "No association matches the selection, in \(frames)."
        : "No MACsec, ESP or AH traffic in \(frames)."
    }
    var rows = counted(sums.associations, "association")
    if sums.rows > sums.associations { rows += " (\(counted(sums.rows, "epoch")))" }
    if sums.rows == sums.singles {
      return "Nothing to compare: \(rows) of a single packet\(sums.rows > 1 ? " each" : "")."
    }
    // They are not shown, but what they lost is known.
    let rowless = sums.rowless > 0 ? " and \(counted(sums.rowless, "epoch")) without a row" : ""
    if sums.lost == 0 { return "Nothing lost: \(rows)\(rowless), \(humane(sums.packets)) packets." }
    let losing =
      (sums.associations == 1 ? rows : "\(grouped(UInt64(clamping: sums.losing))) of \(rows)")
      + rowless
    return "\(losing) lost \(grouped(sums.lost)) of \(humane(sums.expected)) packets "
      + "(\(percentage(sums.lost, of: sums.expected)))."
  }

  private var disorder: String? {
    let parts = [
      (sums.reordered, "reordered", "reordered"), (sums.duplicates, "duplicate", "duplicates"),
      (sums.suspects, "suspect", "suspects"),
      (sums.badTags, "illegal SecTAG", "illegal SecTAGs"),
    ].filter { $0.0 > 0 }.map { counted($0.0, $0.1, $0.2) }
    return parts.isEmpty ? nil : parts.joined(separator: ", ") + "."
  }

  private var skipped: String? {
    guard sums.skipped > 0 else { return nil }
    return "\(counted(sums.skipped, "number")) passed over by the sender: skipped, not lost."
  }

  private var approximation: String? {
    report.givenUp == nil
      ? nil : "Approximate: a limit was reached. The notes say what was given up."
  }

  /// What the capture did instead of seeing.
  private var hindrance: String {
    let intervals = report.blindIntervals
    let wasDown = intervals.contains { $0.reason == .interfaceDown }
    guard wasDown else { return "was dropping frames" }
    let dropped = intervals.contains { $0.reason != .interfaceDown && $0.reason != .restart }
    return dropped ? "was dropping frames or had no link" : "had no link"
  }

  private var blindness: String? {
    guard sums.lostBlind > 0 else { return nil }
    return "\(grouped(sums.lostBlind)) of the lost while the capture itself \(hindrance): "
      + "they may have passed unseen."
  }
}
