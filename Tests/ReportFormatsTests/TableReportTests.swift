import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("The report for people")
struct TableReportTests {
  static func text(_ report: AnalysisReport, _ style: TableStyle) -> String {
    TableReport(report, style: style).text
  }

  static func style(_ width: Int) -> TableStyle {
    TableStyle(width: width, gapLimit: 3, showBuckets: true)
  }

  @Test("looks as agreed", arguments: [80, 120, 160])
  func golden(width: Int) throws {
    try expectGolden(Self.text(SampleReport.full, Self.style(width)), "full-\(width).txt")
    try expectGolden(
      Self.text(SampleReport.busy, Self.style(width)), "busy-\(width).txt")
    try expectGolden(
      Self.text(SampleReport.healthy, TableStyle(width: width)), "healthy-\(width).txt")
  }
}
