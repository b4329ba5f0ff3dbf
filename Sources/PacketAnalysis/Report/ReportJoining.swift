/// Joins the reports of analyzers that shared the frames of the same points among them by channel.
///
/// An association is in one of the reports, unless its frames were carried in different ways: then it
/// stands in the joined one once for each, as further epochs.
extension AnalysisReport {
  /// - Parameter run: what all of them were told.
  init(joining reports: [AnalysisReport], run: RunDescription) {
    self.init()
    files = run.files
    points = run.points
    captures = run.captures
    blindIntervals = run.blindIntervals
    notes = run.notes
    for report in reports {
      totals.add(report.totals)
      if let others = report.analyzedTimes { span(others) }
    }
    joinAssociations(of: reports)
    flows = Self.joined(reports.map(\.flows))
    malformed = Self.joined(reports.map(\.malformed))
    joinGivenUp(of: reports)
  }

  private mutating func span(_ others: ClosedRange<Timestamp>) {
    analyzedTimes = analyzedTimes?.spanning(others) ?? others
  }

  // MARK: Associations

  /// By first frame, of which different rings know only the time.
  private mutating func joinAssociations(of reports: [AnalysisReport]) {
    var reports = reports
    let splitCount = Self.tellApart(&reports)
    if splitCount > 0 {
      notes.append(
        "carried in different ways, as in a tunnel and without, and seen in several rings: "
          + "\(counted(splitCount, "association")). Each stands once for each ring, which misses the "
          + "frames of the others")
    }
    let rows = reports.flatMap { Array($0.associations) }
    associations = ReportRows(
      Self.sorted(rows) { ($0.firstTime ?? .absent, $0.firstFrame.frame) })
    var ranks: [UInt64: Int] = [:]
    for (rank, row) in associations.enumerated() { ranks[row.id] = rank }
    func byRank<Row>(_ rows: [Row], _ association: (Row) -> UInt64) -> [Row] {
      // Rows of no association come last; those of one are in their order.
      let keys = rows.map { ranks[association($0)] ?? .max }
      return rows.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }.map { rows[$0] }
    }
    gaps = ReportRows(byRank(reports.flatMap { Array($0.gaps) }, \.association))
    // Each of the reports knew of a part of the associations only.
    findCaptureLosses()
    skips = ReportRows(byRank(reports.flatMap { Array($0.skips) }, \.association))
    let suspects = Self.sorted(reports.flatMap(\.suspectFrames)) {
      ($0.frame.time ?? .absent, $0.frame.frame)
    }
    suspectFrames = Array(suspects.prefix(Self.suspectFrameLimit))
    bucketNanoseconds = reports.compactMap(\.bucketNanoseconds).max()
    if let width = bucketNanoseconds {
      buckets = byRank(reports.flatMap { $0.bucketsWidened(to: width) }, \.association)
    }
  }

  private static func sorted<Row>(
    _ rows: [Row], _ key: (Row) -> (Timestamp, UInt64)
  ) -> [Row] {
    let keys = rows.map(key)
    return rows.indices.sorted { keys[$0] < keys[$1] }.map { rows[$0] }
  }

  /// Makes epochs that several reports have different ones; returns of how many associations.
  private static func tellApart(_ reports: inout [AnalysisReport]) -> Int {
    var epochCounts: [AssociationKey: Int] = [:]
    var split: Set<AssociationKey> = []
    for index in reports.indices {
      var others: [AssociationKey: Int] = [:]
      var ids: [UInt64: UInt64] = [:]
      for row in reports[index].associations.indices {
        let key = reports[index].associations[row].key
        others[key, default: 0] += 1
        guard let before = epochCounts[key] else { continue }
        split.insert(key)
        let old = reports[index].associations[row].id
        let epoch = reports[index].associations[row].epoch + before
        let identifier = AssociationIdentifier(point: reports[index].points[Int(key.point)])
        reports[index].associations[row].epoch = epoch
        reports[index].associations[row].id = identifier.hash(key.identity, epoch: epoch)
        ids[old] = reports[index].associations[row].id
      }
      epochCounts.merge(others) { $0 + $1 }
      if !ids.isEmpty { reports[index].rename(ids) }
    }
    return split.count
  }

  private mutating func rename(_ ids: [UInt64: UInt64]) {
    func rename(_ id: inout UInt64) { if let new = ids[id] { id = new } }
    for index in gaps.indices { rename(&gaps[index].association) }
    for index in skips.indices { rename(&skips[index].association) }
    for index in suspectFrames.indices { rename(&suspectFrames[index].association) }
    for index in buckets.indices { rename(&buckets[index].association) }
  }

  // MARK: Buckets

  /// Widths are doubled where there are too many buckets, in each report on its own.
  private func bucketsWidened(to width: Int64) -> [TimeBucket] {
    guard let bucketNanoseconds, bucketNanoseconds < width else { return buckets }
    var wide: [TimeBucket] = []
    for bucket in buckets {
      let start = bucket.start?.floored(to: width)
      if let last = wide.last, last.association == bucket.association, last.start == start {
        wide[wide.count - 1].add(bucket)
      } else {
        wide.append(bucket)
        wide[wide.count - 1].start = start
      }
    }
    return wide
  }

  // MARK: Flows, findings, limits

  private static func joined(_ parts: [[FlowSummary]]) -> [FlowSummary] {
    var flows: [FlowKey: FlowSummary] = [:]
    for flow in parts.joined() {
      guard var known = flows[flow.key] else {
        flows[flow.key] = flow
        continue
      }
      known.packets += flow.packets
      known.octets += flow.octets
      if (flow.firstFrame.time ?? .absent) < (known.firstFrame.time ?? .absent) {
        known.firstFrame = flow.firstFrame
      }
      known.firstTime = [known.firstTime, flow.firstTime].compactMap { $0 }.min()
      known.lastTime = [known.lastTime, flow.lastTime].compactMap { $0 }.max()
      flows[flow.key] = known
    }
    return sorted(Array(flows.values)) { ($0.firstFrame.time ?? .absent, $0.firstFrame.frame) }
  }

  /// The commonest first.
  private static func joined(_ parts: [[MalformedSummary]]) -> [MalformedSummary] {
    var rows: [MalformedSummary] = []
    for finding in parts.joined() {
      guard
        let known = rows.firstIndex(where: {
          $0.layer == finding.layer && $0.reason == finding.reason
        })
      else {
        rows.append(finding)
        continue
      }
      rows[known].count += finding.count
      if (finding.firstFrame.time ?? .absent) < (rows[known].firstFrame.time ?? .absent) {
        rows[known].firstFrame = finding.firstFrame
      }
    }
    return rows.sorted { ($1.count, $0.layer, $0.reason) < ($0.count, $1.layer, $1.reason) }
  }

  private mutating func joinGivenUp(of reports: [AnalysisReport]) {
    reopenings = reports.reduce(0) { $0 + $1.reopenings }
    noteReopenings()
    let parts = reports.compactMap(\.givenUp)
    guard var all = parts.first else { return }
    for part in parts.dropFirst() { all.add(part) }
    givenUp = all
    notes += all.sentences
  }
}

extension TimeBucket {
  fileprivate mutating func add(_ other: TimeBucket) {
    packets += other.packets
    octets += other.octets
    lost += other.lost
    skipped += other.skipped
    duplicates += other.duplicates
    reordered += other.reordered
    suspects += other.suspects
  }
}

extension GivenUp {
  fileprivate mutating func add(_ other: GivenUp) {
    unfollowed.add(other.unfollowed)
    folded.add(other.folded)
    forgotten.add(other.forgotten)
    hastyFrames += other.hastyFrames
    silent.add(other.silent)
    judgedBySilence += other.judgedBySilence
    flows.add(other.flows)
    askedBucketNanoseconds = askedBucketNanoseconds ?? other.askedBucketNanoseconds
    unlistedCopies += other.unlistedCopies
  }
}
