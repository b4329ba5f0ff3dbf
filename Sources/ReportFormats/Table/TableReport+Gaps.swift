import PacketAnalysis

extension TableReport {
  /// The largest gaps, and the largest jumps that were no loss, each with what it takes to look at
  /// its frames.
  func writeGaps(to page: inout Page) {
    guard let limit = style.gapLimit else { return }
    write("Gaps", report.gaps, "lost", .bad, limit: limit, to: &page)
    if !report.skips.isEmpty {
      write("Skipped", report.skips, "skipped", .plain, limit: limit, to: &page)
    }
  }

  private func write(
    _ title: String, _ gaps: ReportRows<SequenceGap>, _ verdict: String, _ tone: Page.Tone,
    limit: Int,
    to page: inout Page
  ) {
    let largest = largest(gaps, limit)
    let (shown, all) = (grouped(UInt64(largest.count)), grouped(UInt64(gaps.count)))
    page.heading(shown == all ? "\(title) (\(all))" : "\(title) (the \(shown) largest of \(all))")
    let owners = Set(largest.map(\.association))
    let index = AssociationIndex(report.associations.filter { owners.contains($0.id) })
    for gap in largest {
      page.line()
      let count = page.painted(grouped(gap.missing), tone)
      page.line("  \(count) \(verdict): \(numbers(of: gap))")
      write(gap, of: index[gap.association], to: &page)
    }
  }

  private func largest(_ gaps: ReportRows<SequenceGap>, _ limit: Int) -> [SequenceGap] {
    var picked: [SequenceGap] = []
    for gap in gaps {
      if picked.count >= max(limit, 0) {
        guard let last = picked.last, last.missing < gap.missing else { continue }
        picked.removeLast()
      }
      picked.insert(gap, at: picked.partitioningIndex { $0.missing < gap.missing })
    }
    return picked
  }

  private func numbers(of gap: SequenceGap) -> String {
    var text = grouped(gap.firstMissing)
    if gap.missing > 1 { text += " to \(grouped(gap.lastMissing))" }
    switch gap.cause {
    case SequenceGap.captureLossCause: text += ", probably by the capture itself"
    case let cause?: text += ", \(printable(cause))"
    case nil: break
    }
    if gap.provisional { text += ", may still be healed" }
    return text
  }

  private func write(
    _ gap: SequenceGap, of association: AssociationSummary?, to page: inout Page
  ) {
    if let association {
      page.line("    \(fullName(of: association).text(width: page.width - 4))")
    }
    page.flow(place(of: gap), separator: ", ", indent: 4)
    guard let association else { return }
    for filter in DisplayFilter.filters(for: gap, of: association) {
      // To be copied, so never broken.
      page.line("    " + page.painted(filter.text, .dim))
    }
  }

  private func place(of gap: SequenceGap) -> [String] {
    let (before, after, areReversed) = gap.edgesInFileOrder
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
        : humane(nanoseconds: start.nanoseconds(since: end)) + ": the capture's times step back"
      items.append("\(span(from: start, to: end)) (\(duration))")
    }
    if areReversed { items.append("reordered") }
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
