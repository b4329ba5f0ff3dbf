public import PacketAnalysis

/// The report for people: first the answer, then the associations, the worst first, then what else
/// there is to know about the traffic and about the capture itself.
public struct TableReport {
  let report: AnalysisReport
  let style: TableStyle
  let sums: ReportSums

  public init(_ report: AnalysisReport, style: TableStyle) {
    self.report = report
    self.style = style
    sums = ReportSums(report, style: style)
  }

  /// The name that tells an association from all others of the report.
  func fullName(of association: AssociationSummary) -> AssociationName {
    let point = Int(association.key.point)
    let isOneOfMany = sums.hasPoints && point < report.points.count
    return AssociationName(
      association, showsEpoch: sums.repeatedKeys.contains(association.key),
      point: isOneOfMany ? report.points[point] : nil)
  }

  public func write(to sink: inout some ReportSink & ~Copyable) throws(OutputError) {
    var out = OutputBuffer()
    out.append(text: text)
    try out.drain(into: &sink)
  }

  public var text: String {
    var page = Page(width: style.width, hasColor: style.color)
    writeAnswer(to: &page)
    writeAssociations(to: &page)
    writeGaps(to: &page)
    writeBuckets(to: &page)
    writeTraffic(to: &page)
    writeMisunderstood(to: &page)
    writeHealth(to: &page)
    return page.text
  }
}
