import PacketAnalysis

extension TableReport {
  func writeGaps(to page: inout Page) {
    guard let limit = style.gapLimit else { return }
    guard !report.gaps.isEmpty else {
      page.heading("Gaps")
      return page.line("  none")
    }
    let largest = largestGaps(limit)
    page.heading(
      largest.count == report.gaps.count
        ? "Gaps (\(grouped(UInt64(report.gaps.count))), the largest first)"
        : "Gaps (the \(grouped(UInt64(largest.count))) largest of \(grouped(UInt64(report.gaps.count))))"
    )
    let index = AssociationIndex(report.associations)
    for gap in largest {
      page.line()
      write(report.gaps[gap], of: index[report.gaps[gap].association], to: &page)
    }
  }

  private func largestGaps(_ limit: Int) -> [Int] {
    var picked: [Int] = []
    for index in report.gaps.indices {
      let missing = report.gaps[index].missing
      if picked.count >= max(limit, 0) {
        guard let last = picked.last, report.gaps[last].missing < missing else { continue }
        picked.removeLast()
      }
      picked.insert(
        index, at: picked.partitioningIndex { report.gaps[$0].missing < missing })
    }
    return picked
  }

  private func write(
    _ gap: SequenceGap, of association: AssociationSummary?, to page: inout Page
  ) {
    let numbers =
      gap.missing == 1
      ? grouped(gap.firstMissing)
      : "\(grouped(gap.firstMissing)) to \(grouped(gap.lastMissing))"
    var facts = "lost: \(numbers)"
    if let cause = gap.cause { facts += ", \(printable(cause))" }
    if gap.provisional { facts += ", may still be healed" }
    let head = "  \(page.painted(grouped(gap.missing), .bad)) \(facts)"
    page.line(head)
    if let association {
      let epoch = association.epoch > 0 ? ", epoch \(association.epoch)" : ""
      let name = AssociationName(association).text(width: page.width - 4 - epoch.count)
      page.line("    \(name)\(epoch)")
    }
    page.flow(place(of: gap), separator: ", ", indent: 4)
    guard let association else { return }
    let filters = DisplayFilter.filters(for: gap, of: association)
    for filter in filters {
      // To be copied, so never broken.
      page.line("    " + page.painted(filter.text, .dim))
    }
  }

  private func place(of gap: SequenceGap) -> [String] {
    let (before, after) = (gap.before, gap.after)
    var items =
      before.file == after.file
      ? ["frames \(before.frame) to \(after.frame) of \(file(after.file))"]
      : [
        "frame \(before.frame) of \(file(before.file))",
        "to frame \(after.frame) of \(file(after.file))",
      ]
    if let start = before.time?.known, let end = after.time?.known {
      let duration =
        end >= start
        ? humane(nanoseconds: end.nanoseconds(since: start))
        : humane(nanoseconds: start.nanoseconds(since: end)) + " backwards"
      items.append("\(span(from: start, to: end)) (\(duration))")
    }
    return items
  }

  func file(_ index: Int) -> String { printable(name(index, in: report.files)) }
}

/// `2026-03-01 08:00:12.000000 to 08:00:13.250000 UTC`: the date once where it is the same, and no
/// fractions where there are none.
func span(from start: Timestamp, to end: Timestamp) -> String {
  var (start, end) = (dateAndClock(start), dateAndClock(end))
  let zeros = ".000000"
  if start.clock.hasSuffix(zeros) && end.clock.hasSuffix(zeros) {
    start.clock.removeLast(zeros.count)
    end.clock.removeLast(zeros.count)
  }
  let last = start.date == end.date ? end.clock : "\(end.date) \(end.clock)"
  return "\(start.date) \(start.clock) to \(last) UTC"
}

/// Microseconds, or nanoseconds where there are any.
func dateAndClock(_ time: Timestamp) -> (date: Substring, clock: Substring) {
  let text = time.text
  let clock = text.dropFirst(11).dropLast(text.hasSuffix("000Z") ? 4 : 1)
  return (text.prefix(10), clock)
}
