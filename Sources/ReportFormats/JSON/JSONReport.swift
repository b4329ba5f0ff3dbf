public import PacketAnalysis

/// The report for programs: `gapscope.report/1`.
///
/// One object; names and order of its fields are fixed, fields may be added. An association, gap,
/// flow, … is one line, so that two reports can be compared line by line.
public struct JSONReport {
  let report: AnalysisReport
  let files: JSONNames
  let points: JSONNames

  private init(_ report: AnalysisReport) {
    self.report = report
    files = JSONNames(report.files)
    points = JSONNames(report.points)
  }

  public static let schema: StaticString = "gapscope.report/1"

  public static func write(
    _ report: AnalysisReport, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    var out = OutputBuffer(capacity: OutputBuffer.enough * 2)
    try JSONReport(report).write(through: &out, to: &sink)
    try out.drain(into: &sink)
  }

  /// Only what concerns the captures themselves.
  static func writeCaptures(
    _ report: AnalysisReport, schema: StaticString, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    let json = JSONReport(report)
    var out = OutputBuffer()
    out.append("{\"schema\":\"")
    out.append(schema)
    out.append("\"")
    try out.list("captures", report.captures, to: &sink) { json.append($0, to: &$1) }
    try out.list("blind", report.blindIntervals, to: &sink) { json.append($0, to: &$1) }
    try out.list("notes", report.notes, to: &sink) { $1.append(jsonString: $0) }
    out.append("\n}\n")
    try out.drain(into: &sink)
  }

  private func write(
    through out: inout OutputBuffer, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    out.append("{\"schema\":\"")
    out.append(Self.schema)
    out.append("\"")
    try out.list("captures", report.captures, to: &sink) { append($0, to: &$1) }
    append(report.totals, to: &out)
    try out.list("associations", report.associations, to: &sink) { append($0, to: &$1) }
    try out.list("gaps", report.gaps, to: &sink) { append(gap: $0, to: &$1) }
    try out.list("skips", report.skips, to: &sink) { append(skip: $0, to: &$1) }
    try out.list("suspectFrames", report.suspectFrames, to: &sink) { append($0, to: &$1) }
    try out.list("flows", report.flows, to: &sink) { append($0, to: &$1) }
    try out.list("malformed", report.malformed, to: &sink) { append($0, to: &$1) }
    try out.list("blind", report.blindIntervals, to: &sink) { append($0, to: &$1) }
    try out.list("captureLosses", report.captureLosses, to: &sink) { append($0, to: &$1) }
    if let width = report.bucketNanoseconds {
      out.append(",\n\"bucketNanoseconds\":")
      out.append(width)
      try out.list("buckets", report.buckets, to: &sink) { append($0, to: &$1) }
    }
    try out.list("notes", report.notes, to: &sink) { $1.append(jsonString: $0) }
    if report.reopenings > 0 {
      out.append(",\n\"reopenings\":")
      out.append(report.reopenings)
    }
    if let givenUp = report.givenUp { append(givenUp, to: &out) }
    out.append("\n}\n")
  }

  func append(_ totals: FrameTotals, to out: inout OutputBuffer) {
    out.append(",\n\"totals\":{")
    out.append(membersOf: totals)
    out.append(octet: 0x7D)
  }
}

extension OutputBuffer {
  /// A member of the report: `"name":[` one record a line `]`
  mutating func list<Record>(
    _ name: StaticString, _ records: some Collection<Record>,
    to sink: inout some ReportSink & ~Copyable,
    record: (Record, inout OutputBuffer) -> Void
  ) throws(OutputError) {
    append(",\n\"")
    append(name)
    append("\":[")
    var isFirst = true
    for element in records {
      if !isFirst { append(octet: 0x2C) }
      isFirst = false
      append(octet: 0x0A)
      record(element, &self)
      try drainIfEnough(into: &sink)
    }
    if !records.isEmpty { append(octet: 0x0A) }
    append(octet: 0x5D)
  }
}
