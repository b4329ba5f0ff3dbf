public import PacketAnalysis

/// The report for spreadsheets (RFC 4180): a header line, CRLF, quotes only where they are needed.
///
/// The columns are named as the fields of the JSON report; lists are separated by spaces, and what
/// an association does not have is empty.
public struct CSVReport {
  /// One row for each association, with every field of the JSON report.
  public static func associations(
    _ report: AnalysisReport, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    try rows(
      """
      protocol,point,sci,sciSource,an,vlans,encrypted,changed,sourceAddresses,badTags,source,\
      destination,spi,encapsulation,sourcePort,destinationPort,id,epoch,packets,octets,firstTime,\
      lastTime,lowestNumber,highestNumber,expected,distinct,lost,lostBlind,skipped,duplicates,\
      reordered,suspects,gaps,destinationAddresses,interArrivalMin,interArrivalMean,interArrivalMax,\
      approximate
      """, report.associations, to: &sink
    ) { association, out in
      out.cells(association, in: report)
    }
  }

  /// One row for each gap, with its association and a display filter for Wireshark; a second one
  /// where the gap ends in another file.
  public static func gaps(
    _ report: AnalysisReport, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    let index = AssociationIndex(report.associations)
    try rows(
      """
      association,protocol,point,sci,an,source,destination,spi,epoch,firstMissing,lastMissing,\
      missing,cause,provisional,beforeFrame,beforeTime,beforeFile,afterFrame,afterTime,afterFile,\
      displayFilter,afterDisplayFilter
      """, report.gaps, to: &sink
    ) { gap, out in
      let association = index[gap.association]
      out.cell(identifier: gap.association)
      out.cells(identityOf: association, in: report)
      out.cell(gap.firstMissing)
      out.cell(gap.lastMissing)
      out.cell(gap.missing)
      out.cell(text: gap.cause ?? "")
      out.cell(gap.provisional)
      for frame in [gap.before, gap.after] {
        out.cell(frame.frame)
        out.cell(frame.time)
        out.cell(text: name(frame.file, in: report.files))
      }
      let filters = association.map { DisplayFilter.filters(for: gap, of: $0) } ?? []
      out.cell(text: filters.first?.text ?? "")
      out.cell(text: filters.dropFirst().first?.text ?? "")
    }
  }

  /// One row for each association and interval of time. Frames of no association have no
  /// identity.
  public static func buckets(
    _ report: AnalysisReport, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    let index = AssociationIndex(report.associations)
    try rows(
      """
      association,protocol,point,sci,an,source,destination,spi,epoch,start,packets,octets,lost,\
      skipped,duplicates,reordered,suspects
      """, report.buckets, to: &sink
    ) { bucket, out in
      if bucket.association == 0 {
        out.cell(text: "")
      } else {
        out.cell(identifier: bucket.association)
      }
      out.cells(identityOf: index[bucket.association], in: report)
      out.cell(bucket.start)
      out.cell(bucket.packets)
      out.cell(bucket.octets)
      out.cell(bucket.lost)
      out.cell(bucket.skipped)
      out.cell(bucket.duplicates)
      out.cell(bucket.reordered)
      out.cell(bucket.suspects)
    }
  }

  private static func rows<Record>(
    _ columns: StaticString, _ records: some Collection<Record>,
    to sink: inout some ReportSink & ~Copyable,
    cells: (Record, inout OutputBuffer) -> Void
  ) throws(OutputError) {
    var out = OutputBuffer(capacity: OutputBuffer.enough * 2)
    out.append(columns)
    out.append("\r\n")
    for record in records {
      cells(record, &out)
      out.endRow()
      try out.drainIfEnough(into: &sink)
    }
    try out.drain(into: &sink)
  }
}

/// Empty for an index without a name.
func name(_ index: Int, in names: [String]) -> String {
  names.indices.contains(index) ? names[index] : ""
}

/// Finds associations by their id.
struct AssociationIndex {
  private let associations: [AssociationSummary]
  private let places: [UInt64: Int]

  init(_ associations: some Collection<AssociationSummary>) {
    let associations = Array(associations)
    self.associations = associations
    places = Dictionary(
      associations.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  subscript(id: UInt64) -> AssociationSummary? { places[id].map { associations[$0] } }
}
