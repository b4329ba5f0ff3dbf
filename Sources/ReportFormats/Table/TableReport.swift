public import PacketAnalysis

/// The report for people: first the answer, then the associations, the worst first, then what else
/// there is to know about the traffic and about the capture itself.
public struct TableReport {
  let report: AnalysisReport
  let style: TableStyle
  let sums: ReportSums
  /// The keys of associations with several epochs.
  private let repeatedKeys: Set<AssociationKey>
  /// The associations are of several points.
  private let hasPoints: Bool

  public init(_ report: AnalysisReport, style: TableStyle) {
    self.report = report
    self.style = style
    sums = ReportSums(report)
    repeatedKeys = Set(report.associations.lazy.filter { $0.epoch > 0 }.map(\.key))
    hasPoints = Set(report.associations.lazy.map(\.key.point)).count > 1
  }

  /// The name that tells an association from all others of the report.
  func fullName(of association: AssociationSummary) -> AssociationName {
    let point = Int(association.key.point)
    let isOneOfMany = hasPoints && point < report.points.count
    return AssociationName(
      association, showsEpoch: repeatedKeys.contains(association.key),
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

/// Sums over the associations of a report.
struct ReportSums {
  /// Every epoch of an association is a row of its own.
  var rows = 0
  var associations = 0
  /// Associations that lost something in any of their epochs.
  var losing = 0
  /// Rows of a single packet.
  var singles = 0
  var packets: UInt64 = 0
  var expected: UInt64 = 0
  var lost: UInt64 = 0
  var lostBlind: UInt64 = 0
  var skipped: UInt64 = 0
  var duplicates: UInt64 = 0
  var reordered: UInt64 = 0
  var suspects: UInt64 = 0
  var badTags: UInt64 = 0

  init(_ report: AnalysisReport) {
    rows = report.associations.count
    for row in report.associations {
      if row.epoch == 0 { associations += 1 }
      if row.packets == 1 { singles += 1 }
      if row.lost > 0 { losing += 1 }
      packets.addClamping(row.packets)
      expected.addClamping(row.expected)
      lost.addClamping(row.lost)
      lostBlind.addClamping(row.lostBlind)
      skipped.addClamping(row.skipped)
      duplicates.addClamping(row.duplicates)
      reordered.addClamping(row.reordered)
      suspects.addClamping(row.suspects)
      badTags.addClamping(row.badTags)
    }
    if rows > associations {
      losing = Set(report.associations.lazy.filter { $0.lost > 0 }.map(\.key)).count
    }
  }
}

/// `1 gap`, `2 gaps`, `1,345 gaps`
func counted(_ count: UInt64, _ one: String, _ many: String? = nil) -> String {
  grouped(count) + " " + (count == 1 ? one : many ?? one + "s")
}

func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
  counted(UInt64(clamping: count), one, many)
}
