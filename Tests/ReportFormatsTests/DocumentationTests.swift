import Foundation
import PacketAnalysis
import ReportFormats
import Testing

@Suite("docs/report-formats.md")
struct DocumentationTests {
  private static let text: String = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/report-formats.md")
    return (try? String(contentsOf: url, encoding: .utf8)) ?? ""
  }()

  /// From the heading to the next one of the same or a higher level.
  private func section(_ heading: String) -> String {
    let rest = Self.text.components(separatedBy: "\n\(heading)\n").dropFirst().first ?? ""
    let end = heading.hasPrefix("###") ? "\n##" : "\n## "
    return rest.components(separatedBy: end).first ?? ""
  }

  /// Every key of an object and of what is in it.
  private func keys(_ value: Any) -> Set<String> {
    switch value {
    case let object as [String: Any]:
      object.reduce(into: []) { $0.formUnion(keys($1.value).union([$1.key])) }
    case let list as [Any]: list.reduce(into: []) { $0.formUnion(keys($1)) }
    default: []
    }
  }

  @Test("describes every field of the JSON report in the section of its member")
  func report() throws {
    var sample = SampleReport.full
    sample.giveUpEverything()
    let report = try JSONReportTests.parse(sample)
    let members = section("## gapscope.report/1")
    var fields = 0
    for (name, value) in report {
      #expect(members.contains("\n| `\(name)` | "), "\(name)")
      let described = section("### `\(name)`")
      for field in keys(value) {
        fields += 1
        #expect(described.contains("`\(field)`"), "\(name): \(field)")
      }
    }
    #expect(fields > 90)
  }

  @Test("names every member of gapscope.info/1")
  func info() throws {
    var sink = CollectingSink()
    try CaptureInfoReport.writeJSON(SampleReport.full, to: &sink)
    let info = try #require(
      try JSONSerialization.jsonObject(with: Data(sink.text.utf8)) as? [String: Any])
    #expect(info.count > 3)
    for name in info.keys {
      #expect(section("## gapscope.info/1").contains("`\(name)`"), "\(name)")
    }
  }

  @Test("names every column of CSV")
  func columns() throws {
    let described = section("## CSV") + section("### `associations`")
    let kinds = try [
      CSVReportTests.rows { try CSVReport.associations($0, to: &$1) },
      CSVReportTests.rows { try CSVReport.gaps($0, to: &$1) },
      CSVReportTests.rows { try CSVReport.buckets($0, to: &$1) },
    ]
    for rows in kinds {
      let columns = try #require(rows.first).keys
      #expect(columns.count > 10)
      for column in columns { #expect(described.contains("`\(column)`"), "\(column)") }
    }
  }
}
