extension FinishedAnalysis {
  /// By point and time; looks at each association and each gap, and makes no rows.
  func captureLosses() -> [CaptureLoss] {
    guard ranges.count >= CaptureLoss.leastSenders else { return [] }
    var quietTimes: QuietTimes?
    switch glanceAtGaps() {
    case .none: return []
    case .quiet(let times): quietTimes = times
    case .unknown: break
    }
    var search = CaptureLossSearch(
      pointCount: pointCount, rowCount: rows.count, quietTimes: quietTimes)
    for (index, row) in rows.enumerated() {
      expectRow(after: index)
      let (epoch, point) = (epoch(row), Int(point(at: index)))
      guard epoch.numbers.distinct > 0 else { continue }
      search.add(
        from: epoch.firstTime, to: epoch.lastTime, expected: epoch.expected, point: point,
        row: index)
      guard epoch.missingCount > 0 else { continue }
      ranges.forEachByLevel(in: epoch.missing) { range in
        guard !range.isSkipped else { return }
        search.addGap(
          from: range.beforeTime, to: range.afterTime, missing: range.last - range.first + 1,
          point: point, row: index)
      }
    }
    return search.find { index in
      contexts.associationKey(key(rows[index])).identity.sender
    }
  }
}

extension FinishedAnalysis {
  private func glanceAtGaps() -> CaptureLossGlance.Finding {
    guard pointCount == 1, ranges.count < CaptureLoss.mostGapsOfPoint else { return .unknown }
    var fastest = FastestSpacings()
    forEachBrokenEpoch { epoch in
      if let spacing = epoch.spacing { fastest.add(spacing) }
    }
    forEachUnbroken { start, slot in
      if let spacing = slot.spacing(since: start) { fastest.add(spacing) }
    }
    guard let shortest = fastest.shortestStretch else { return .none }
    return CaptureLossGlance(shortestStretch: shortest).look { ranges.forEach($0) }
  }
}

extension EpochState {
  /// Numbers that should have arrived; the epoch has one.
  fileprivate var expected: UInt64 { numbers.highest - numbers.lowest + 1 - skipped }

  fileprivate var spacing: Int64? {
    guard numbers.distinct > 0 else { return nil }
    return FastestSpacings.spacing(from: firstTime, to: lastTime, expected: expected)
  }
}

extension AssociationSlot {
  /// Of an unbroken association: its packets are its numbers.
  fileprivate func spacing(since start: AssociationStart) -> Int64? {
    FastestSpacings.spacing(
      from: start.time, to: Timestamp(nanosecondsSinceEpoch: lastTime),
      expected: UInt64(expected &- start.number))
  }
}

extension AnalysisReport {
  /// Finds them anew, of rows that are there, and marks the gaps that they explain.
  mutating func findCaptureLosses() {
    var search = CaptureLossSearch(pointCount: points.count, rowCount: associations.count)
    var rows: [UInt64: (index: Int, point: Int)] = [:]
    for (index, row) in associations.enumerated() {
      let point = Int(row.key.point)
      rows[row.id] = (index, point)
      guard let first = row.firstTime, let last = row.lastTime else { continue }
      search.add(from: first, to: last, expected: row.expected, point: point, row: index)
    }
    for gap in gaps {
      guard let row = rows[gap.association], let before = gap.before.time,
        let after = gap.after.time
      else { continue }
      search.addGap(
        from: before, to: after, missing: gap.missing, point: row.point, row: row.index)
    }
    captureLosses = search.find { associations[$0].key.identity.sender }
    let causes = CaptureLossIndex(captureLosses)
    for index in gaps.indices {
      let point = rows[gaps[index].association]?.point
      let isExplained = point.map { causes.explains(gaps[index], point: $0) } ?? false
      gaps[index].cause = isExplained ? SequenceGap.captureLossCause : nil
    }
  }
}
