import PacketAnalysis

extension TableReport {
  /// A row of blocks for each association that lost something: height is loss, on a scale of
  /// powers; a dot is traffic without loss.
  func writeBuckets(to page: inout Page) {
    guard style.showBuckets, let bucketNanoseconds = report.bucketNanoseconds, bucketNanoseconds > 0
    else { return }
    page.heading("Loss over time")
    let spans = bucketRanges
    let limit = style.showAll ? nil : style.rowLimit
    let losing = report.associations.indices.filter { report.associations[$0].lost > 0 }
    let rows = style.sort.order(report.associations, among: losing, limit: limit)
      .map { report.associations[$0] }.filter { spans[$0.id] != nil }
    let width = humane(nanoseconds: UInt64(bucketNanoseconds))
    guard
      !rows.isEmpty,
      let axis = TimeAxis(
        rows.flatMap { row in spans[row.id].map { Array(report.buckets[$0]) } ?? [] },
        bucketNanoseconds: UInt64(bucketNanoseconds))
    else { return page.line("  nothing lost in any interval of \(width)") }

    let names = rows.map { fullName(of: $0) }
    let labelWidth = min(names.reduce(0) { max($0, $1.width) }, page.width - 26)
    let columns = axis.columns(atMost: page.width - labelWidth - 4)
    page.paragraph(
      "\(humane(nanoseconds: axis.nanoseconds(columns))) a column, \(axis.text)", indent: 2,
      tone: .dim)
    let profiles = rows.map { row in
      axis.profile(spans[row.id].map { report.buckets[$0] } ?? [], columns: columns)
    }
    let most = profiles.joined().reduce(1) { max($0, $1.lost) }
    for (name, profile) in zip(names, profiles) {
      let line = profile.map { $0.glyph(most: most) }.joined()
      page.line(
        "  \(name.text(width: labelWidth).padded(labelWidth))  "
          + page.painted(line.trimmingTrailingSpaces, .bad))
    }
    page.line("  " + page.painted("█ \(counted(most, "packet")) lost   · nothing lost", .dim))
  }

  /// The buckets of an association follow each other.
  private var bucketRanges: [UInt64: Range<Int>] {
    var ranges: [UInt64: Range<Int>] = [:]
    for (index, bucket) in report.buckets.enumerated() where bucket.start?.known != nil {
      let start = ranges[bucket.association]?.lowerBound ?? index
      ranges[bucket.association] = start..<(index + 1)
    }
    return ranges
  }
}

/// The time of all buckets, divided into columns.
private struct TimeAxis {
  let start: Timestamp
  let end: Timestamp
  let bucketNanoseconds: UInt64
  /// Buckets from the first to the last, with those between in which nothing came.
  let steps: UInt64

  struct Column {
    var packets: UInt64 = 0
    var lost: UInt64 = 0

    func glyph(most: UInt64) -> String {
      if lost == 0 { return packets == 0 ? " " : "·" }
      let blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
      let level = most > 1 ? 7 * exponent(lost) / max(1, exponent(most)) : 7
      return blocks[min(7, level)]
    }

    private func exponent(_ value: UInt64) -> Int { 63 - value.leadingZeroBitCount }
  }

  init?(_ buckets: [TimeBucket], bucketNanoseconds: UInt64) {
    let times = buckets.compactMap { $0.start?.known }
    guard let start = times.min(), let end = times.max() else { return nil }
    (self.start, self.end, self.bucketNanoseconds) = (start, end, bucketNanoseconds)
    steps = end.nanoseconds(since: start) / bucketNanoseconds + 1
  }

  var text: String {
    let (last, overflow) = end.nanosecondsSinceEpoch.addingReportingOverflow(
      Int64(clamping: bucketNanoseconds))
    return span(from: start, to: overflow ? end : Timestamp(nanosecondsSinceEpoch: last))
  }

  func columns(atMost limit: Int) -> Int {
    let limit = UInt64(max(limit, 1))
    if steps <= limit { return Int(steps) }
    let perColumn = (steps - 1) / limit + 1
    return Int((steps - 1) / perColumn + 1)
  }

  private func stepsPerColumn(_ columns: Int) -> UInt64 {
    (steps - 1) / UInt64(max(columns, 1)) + 1
  }

  func nanoseconds(_ columns: Int) -> UInt64 {
    let (product, overflow) = stepsPerColumn(columns).multipliedReportingOverflow(
      by: bucketNanoseconds)
    return overflow ? .max : product
  }

  func profile(_ buckets: some Sequence<TimeBucket>, columns: Int) -> [Column] {
    var profile = Array(repeating: Column(), count: columns)
    for bucket in buckets {
      guard let time = bucket.start?.known else { continue }
      let step = time.nanoseconds(since: start) / bucketNanoseconds
      let column = Int(clamping: step / stepsPerColumn(columns))
      guard column < columns else { continue }
      profile[column].packets.addClamped(bucket.packets)
      profile[column].lost.addClamped(bucket.lost)
    }
    return profile
  }
}
