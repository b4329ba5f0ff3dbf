public import PacketAnalysis

/// What is in the captures themselves: `gapscope info`.
public struct CaptureInfoReport {
  private let report: AnalysisReport
  private let style: TableStyle

  public init(_ report: AnalysisReport, style: TableStyle = TableStyle()) {
    self.report = report
    self.style = style
  }

  public static let schema: StaticString = "gapscope.info/1"

  /// For programs: the `captures`, `blind` and `notes` of the JSON report.
  public static func writeJSON(
    _ report: AnalysisReport, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    try JSONReport.writeCaptures(report, schema: schema, to: &sink)
  }

  public func write(to sink: inout some ReportSink & ~Copyable) throws(OutputError) {
    var out = OutputBuffer()
    out.append(text: text)
    try out.drain(into: &sink)
  }

  /// For people: a block for each capture.
  public var text: String {
    var page = Page(width: style.width, hasColor: style.color)
    for (index, capture) in report.captures.enumerated() {
      if index > 0 { page.line() }
      write(capture, to: &page)
    }
    if report.captures.isEmpty { page.line("Nothing could be read.") }
    if !report.notes.isEmpty { page.line() }
    for note in report.notes { page.paragraph(printable(note), first: "- ", indent: 2) }
    return page.text
  }

  private func write(_ capture: CaptureSummary, to page: inout Page) {
    var title = printable(name(capture.file, in: report.files))
    if report.points.count > 1 {
      title += ", point " + printable(name(capture.point, in: report.points))
    }
    page.line(page.painted(elided(title, width: page.width), .heading))
    fact("format", "\(capture.format.rawValue), \(capture.linkType.name)", to: &page)
    fact(
      "frames", "\(grouped(capture.packets)), \(humane(octets: capture.octets)) on the wire",
      to: &page)
    fact("time", time(of: capture), to: &page)
    fact("rate", rate(of: capture), to: &page)
    fact(
      "longest", "\(counted(UInt64(capture.longestFrameOctets), "octet")) on the wire", to: &page)
    let snapLength =
      capture.snapLength == 0 ? "none" : counted(UInt64(capture.snapLength), "octet")
    if capture.snappedFrames > 0 {
      let share = percentage(capture.snappedFrames, of: capture.packets)
      fact(
        "snap length",
        "\(snapLength): \(counted(capture.snappedFrames, "frame")) (\(share)) captured in part",
        .warning, to: &page)
    } else {
      fact("snap length", "\(snapLength), every frame whole", to: &page)
    }
    switch capture.capturedDrops {
    case nil: fact("drops", "not recorded in the file", to: &page)
    case 0?: fact("drops", "none", to: &page)
    case let drops?:
      fact("drops", "\(counted(drops, "frame")) while capturing", .warning, to: &page)
    }
    if capture.timeSteps > 0 {
      fact("backwards", counted(capture.timeSteps, "backward time"), .warning, to: &page)
    }
    if let damage = capture.damaged {
      fact(
        "damaged", "at octet \(grouped(damage.offset)): \(printable(damage.reason))", .bad,
        to: &page)
    }
  }

  private func fact(
    _ name: String, _ text: String?, _ tone: Page.Tone = .plain, to page: inout Page
  ) {
    guard let text else { return }
    page.paragraph(text, first: "  " + name.padded(13), indent: 15, tone: tone)
  }

  private func time(of capture: CaptureSummary) -> String {
    guard let start = capture.firstTime?.known, let end = capture.lastTime?.known, end >= start
    else { return "none in the file" }
    return "\(span(from: start, to: end)) (\(humane(nanoseconds: end.nanoseconds(since: start))))"
  }

  private func rate(of capture: CaptureSummary) -> String? {
    guard let start = capture.firstTime?.known, let end = capture.lastTime?.known, end > start
    else { return nil }
    let duration = end.nanoseconds(since: start)
    guard let frames = perSecond(capture.packets, nanoseconds: duration),
      let octets = perSecond(capture.octets, nanoseconds: duration)
    else { return nil }
    return "\(humaneRate(frames)) frames/s, \(withUnit(scaled(octets * 8), "bit/s"))"
  }
}
