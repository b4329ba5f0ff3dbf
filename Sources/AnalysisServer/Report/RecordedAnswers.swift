internal import AnalysisStore
internal import PacketAnalysis
internal import ReportFormats

/// Answers of the API about one run by the questions that the page asks, which its `recorded.js` finds
/// again: `{"summary":…,"associations/ID/gaps":…}`. A list may be cut; it says how long it is.
struct RecordedAnswers: ~Copyable {
  /// Rows of lists, at most.
  enum Limit {
    static let associations = 1_000
    static let gaps = 200
    static let findings = 200
    static let blindIntervals = 1_000
    static let points = 100
    static let events = 100
    /// Points whose losses over time are drawn: as many as `runchart.js` has lanes for.
    static let charts = 8
    /// Points of a series.
    static let intervals = 400
  }

  private var out = OutputBuffer(capacity: 1 << 20)
  private var isEmpty = true

  /// The object; nothing can be added after.
  consuming func json() -> [UInt8] {
    out.append(isEmpty ? "{}" : "}")
    out.append(octet: 0x0A)
    return out.octets()
  }

  private mutating func record(_ question: String, _ write: (inout OutputBuffer) -> Void) {
    out.append(isEmpty ? "{" : ",\n")
    isEmpty = false
    out.append(jsonString: question)
    out.append(octet: 0x3A)
    write(&out)
  }

  private mutating func record<Row>(
    _ question: String, _ page: Page<Row>?, item: (Row, inout OutputBuffer) -> Void
  ) {
    guard let page else { return }
    record(question) { out in
      out.append(members: page, item: item)
      out.append(octet: 0x7D)
    }
  }

  /// The run as a whole.
  mutating func add(_ overview: RunOverview, from reader: AnalysisReader) async throws(StoreError) {
    let run = RunChoice.number(overview.run.run)
    record("summary") { $0.append(overview) }
    var losers = AssociationFilter()
    losers.minimumLost = 1
    let loser = try await reader.associations(
      losers, sortedBy: ListOrder(.lost, isDescending: true),
      page: PageRequest(limit: 1, countsAll: true), run: run)
    record("associations?minLost=1&limit=1&total=true", loser) { row, out in out.append(row) }
    let gaps = try await reader.gaps(
      GapFilter(), sortedBy: ListOrder(.time, isDescending: true), page: PageRequest(limit: 5),
      run: run)
    record("gaps", gaps) { row, out in out.append(row) }
    let events = try await reader.events(
      OccurrenceFilter(), sortedBy: ListOrder(.time, isDescending: true),
      page: PageRequest(limit: Limit.events, countsAll: true), run: run)
    record("events", events) { row, out in out.append(row) }
    let blind = try await reader.blindIntervals(
      OccurrenceFilter(), sortedBy: ListOrder(.start, isDescending: true),
      page: PageRequest(limit: Limit.blindIntervals, countsAll: true), run: run)
    record("blind", blind) { row, out in out.append(row) }
    let points = try await reader.points(
      page: PageRequest(limit: Limit.points, countsAll: true), run: run)
    record("points", points) { row, out in out.append(row) }
    for point in Self.charted(points.rows, of: overview) {
      let series = try await reader.series(
        ofPoint: point.name, SeriesRequest(points: Limit.intervals), run: run)
      if let series { record("points/\(point.name)/series") { $0.append(series) } }
    }
  }

  /// The points that lost most; of those that lost the same, the first.
  private static func charted(_ points: [PointRow], of overview: RunOverview) -> [PointRow] {
    var lost: [String: UInt64] = [:]
    for share in overview.shares { lost[share.point, default: 0].addClamped(share.lost) }
    let order = points.enumerated().sorted { one, other in
      let (first, second) = (lost[one.element.name] ?? 0, lost[other.element.name] ?? 0)
      return first == second ? one.offset < other.offset : first > second
    }
    return order.prefix(Limit.charts).map(\.element)
  }

  /// The table of associations: the worst, and what the rest has in sum.
  mutating func add(_ page: Page<AssociationRow>, of overview: RunOverview) {
    record("associations") { out in
      out.append(members: page) { row, out in out.append(row) }
      var (lost, packets) = (0 as UInt64, 0 as UInt64)
      for share in overview.shares {
        lost.addClamped(share.lost)
        packets.addClamped(share.packets)
      }
      for row in page.rows {
        lost -= min(lost, row.summary.lost)
        packets -= min(packets, row.summary.packets)
      }
      out.append(",\"rest\":{\"associations\":")
      out.append(UInt64(max((page.total ?? 0) - page.rows.count, 0)))
      out.field("lost", lost)
      out.field("packets", packets)
      out.append("}}")
    }
  }

  /// All that a picture of one association takes.
  mutating func add(
    _ row: AssociationRow, ofRun number: Int64, from reader: AnalysisReader
  ) async throws(StoreError) {
    let (id, run) = (row.summary.id, RunChoice.number(number))
    let path = "associations/\(OutputBuffer.identifier(id))"
    record(path) { $0.append(row, ofRun: number) }
    let some = PageRequest(limit: Limit.findings, countsAll: true)
    let epochs = try await reader.epochs(ofAssociation: id, page: some, run: run)
    record("\(path)/epochs", epochs) { row, out in out.append(row) }
    let skips = try await reader.skips(ofAssociation: id, page: some, run: run)
    record("\(path)/skips", skips) { row, out in out.append(row) }
    let series = try await reader.series(
      ofAssociation: id, SeriesRequest(points: Limit.intervals), run: run)
    if let series { record("\(path)/series") { $0.append(series) } }

    var filter = GapFilter()
    filter.association = id
    let largest = ListOrder(GapColumn.missing, isDescending: true)
    let gaps = try await reader.gaps(
      filter, sortedBy: largest, page: PageRequest(limit: Limit.gaps, countsAll: true), run: run)
    record("\(path)/gaps", gaps) { row, out in out.append(row) }
    // What the page asks of all gaps, of which the list may have a part.
    let one = PageRequest(limit: 1)
    let first = try await reader.gaps(
      filter, sortedBy: ListOrder(.beforeTime), page: one, run: run)
    record("\(path)/gaps?sort=beforeTime&limit=1", first) { row, out in out.append(row) }
    let last = try await reader.gaps(
      filter, sortedBy: ListOrder(.time, isDescending: true), page: one, run: run)
    record("\(path)/gaps?sort=-time&limit=1", last) { row, out in out.append(row) }
    filter.minimumMissing = 2
    let bursts = try await reader.gaps(
      filter, sortedBy: largest, page: PageRequest(limit: 1, countsAll: true), run: run)
    record("\(path)/gaps?sort=-missing&limit=1&minMissing=2&total=true", bursts) { row, out in
      out.append(row)
    }
  }
}

extension OutputBuffer {
  /// An identifier as it stands in paths.
  fileprivate static func identifier(_ id: UInt64) -> String {
    var out = OutputBuffer()
    out.append(hexadecimal: id, digits: 16)
    return String(decoding: out.octets(), as: UTF8.self)
  }
}
