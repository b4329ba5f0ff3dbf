extension AnalysisEngine {
  /// The report of a finished run.
  func report(
    _ run: RunDescription, bucketNanoseconds: Int64?, buckets: [BucketSink.Key: BucketSink.Sums]
  ) -> AnalysisReport {
    var report = AnalysisReport()
    report.files = run.files
    report.points = run.points
    report.captures = run.captures
    report.blindIntervals = run.blindIntervals
    report.notes = run.notes
    report.totals = totals
    report.flows = flows.summaries
    report.bucketNanoseconds = bucketNanoseconds
    addZeroNumbers(to: &report)

    let blindness = Blindness(run.blindIntervals)
    // By ordinal of the epoch; 0: it turned out to be none.
    var ids = [UInt64](repeating: 0, count: Int(tracker.epochCount))
    let identifiers = run.points.map { AssociationIdentifier(point: $0) }
    let rows = sortedEpochs()
    report.associations.reserveCapacity(rows.count)
    for row in rows {
      var summary = summarize(row, identifiers)
      ids[Int(row.ordinal)] = summary.id
      summary.lostBlind = addGaps(of: row, id: summary.id, blindness, to: &report)
      report.associations.append(summary)
    }
    report.suspectFrames = tracker.counting.suspects.first.map { suspect in
      SuspectFrame(
        association: ids[Int(tracker.counting.suspects.owner(of: suspect.epoch))],
        number: suspect.number,
        frame: suspect.place.reference(at: suspect.time))
    }
    report.buckets = timeBuckets(buckets, order: rows.map(\.ordinal), ids: ids)
    return report
  }

  // MARK: Rows

  /// One epoch of one association, by where it is kept.
  private struct Row {
    var record: Int
    /// Index in `tracker.finished`; `nil`: the newest epoch of the record.
    var finished: Int?
    var firstPlace: FramePlace
    var ordinal: UInt32
    /// Counts from 0 in order of first frame within the association.
    var number = 0

    /// The headers of one frame are in the order of their records: outermost first.
    func precedes(_ other: Row) -> Bool {
      if firstPlace != other.firstPlace { return firstPlace.precedes(other.firstPlace) }
      return (record, ordinal) < (other.record, other.ordinal)
    }
  }

  private func epoch(_ row: Row) -> EpochState {
    row.finished.map { tracker.finished[$0].epoch } ?? tracker.records[row.record].newest
  }

  /// Every epoch that has a frame, by first frame.
  private func sortedEpochs() -> [Row] {
    var rows: [Row] = []
    rows.reserveCapacity(tracker.finished.count + tracker.records.count)
    for index in tracker.finished.indices {
      let epoch = tracker.finished[index].epoch
      rows.append(
        Row(
          record: tracker.finished[index].record, finished: index, firstPlace: epoch.firstPlace,
          ordinal: epoch.ordinal))
    }
    for index in 0..<tracker.records.count where tracker.records[index].newest.packets > 0 {
      rows.append(
        Row(
          record: index, firstPlace: tracker.records[index].newest.firstPlace,
          ordinal: tracker.records[index].newest.ordinal))
    }
    // Mostly they are in order already: records are made in order of first frames.
    if !zip(rows, rows.dropFirst()).allSatisfy({ $0.precedes($1) }) {
      rows.sort { $0.precedes($1) }
    }
    // Few associations have more than one epoch.
    if !tracker.finished.isEmpty {
      var counts: [Int: Int] = [:]
      // Of an association they begin one after the other, in whatever order its files were named.
      for position in rows.indices.sorted(by: { rows[$0].ordinal < rows[$1].ordinal }) {
        rows[position].number = counts[rows[position].record, default: 0]
        counts[rows[position].record, default: 0] += 1
      }
    }
    return rows
  }

  private func summarize(
    _ row: Row, _ identifiers: [AssociationIdentifier]
  ) -> AssociationSummary {
    let record = tracker.records[row.record]
    let epoch = epoch(row)
    var summary = AssociationSummary(key: contexts.associationKey(record.key))
    summary.id = identifiers[Int(record.key.point)].hash(summary.key.identity, epoch: row.number)
    summary.epoch = row.number
    summary.sciSource = record.sciSource
    summary.vlans = record.vlans
    summary.encrypted = record.sawEncrypted
    summary.changed = record.sawChanged
    summary.badTags = epoch.badTags
    let more = tracker.moreAddresses.isEmpty ? nil : tracker.moreAddresses[UInt32(row.record)]
    summary.sourceAddresses = addresses(record.sourceAddress, more?.sources)
    summary.destinationAddresses = addresses(record.destinationAddress, more?.destinations)
    summary.packets = epoch.packets
    summary.octets = epoch.octets
    summary.firstTime = epoch.firstTime.known
    summary.lastTime = epoch.lastTime.known
    summary.firstFrame = epoch.firstPlace.reference(at: epoch.firstTime)
    if epoch.numbers.distinct > 0 {
      summary.lowestNumber = epoch.wire(epoch.numbers.lowest)
      summary.highestNumber = epoch.wire(epoch.numbers.highest)
    }
    summary.distinct = epoch.numbers.distinct
    summary.skipped = epoch.skipped
    summary.duplicates = epoch.duplicates
    summary.reordered = epoch.reordered
    summary.suspects = epoch.suspects
    summary.interArrival = epoch.arrivals.interArrival
    if epoch.missingCount > 0 {
      tracker.counting.ranges.forEach(in: epoch.missing) { summary.gaps += $0.isSkipped ? 0 : 1 }
    }
    return summary
  }

  private func addresses(_ first: UInt64, _ more: [MACAddress]?) -> MACAddressList {
    var addresses = MACAddressList()
    if first != AddressSets.none { addresses.append(MACAddress(rawValue: first)) }
    guard let more else { return addresses }
    return MACAddressList((more + addresses).sorted())
  }

  /// Adds the gaps and skips of an epoch; returns what was lost in gaps that touch a blind interval.
  private func addGaps(
    of row: Row, id: UInt64, _ blindness: Blindness, to report: inout AnalysisReport
  ) -> UInt64 {
    let epoch = epoch(row)
    guard epoch.missingCount > 0 else { return 0 }
    let point = Int(tracker.records[row.record].key.point)
    var lostBlind: UInt64 = 0
    tracker.counting.ranges.forEach(in: epoch.missing) { range in
      let gap = SequenceGap(
        association: id, firstMissing: epoch.wire(range.first),
        lastMissing: epoch.wire(range.last),
        before: range.beforePlace.reference(at: range.beforeTime),
        after: range.afterPlace.reference(at: range.afterTime))
      if range.isSkipped {
        report.skips.append(gap)
        return
      }
      report.gaps.append(gap)
      if blindness.touches(gap, point: point) { lostBlind += gap.missing }
    }
    return lostBlind
  }

  /// MACsec frames with an illegal PN 0, which only the numbers around them could tell (rule 8).
  private func addZeroNumbers(to report: inout AnalysisReport) {
    var findings = findings
    let zeros = tracker.zeros
    if let first = zeros.first {
      findings.add(
        DecodeError(.packetNumberZero, in: .secTAG), count: zeros.outermost + zeros.nested,
        place: first.place, time: first.time)
      report.totals.macsec -= zeros.outermost
      report.totals.malformed += zeros.outermost
      report.totals.nested -= zeros.nested
    }
    report.malformed = findings.summaries
  }

  private func timeBuckets(
    _ buckets: [BucketSink.Key: BucketSink.Sums], order: [UInt32], ids: [UInt64]
  ) -> [TimeBucket] {
    guard !buckets.isEmpty else { return [] }
    let ranks = Dictionary(uniqueKeysWithValues: zip(order, 0...))
    return buckets.compactMap { key, sums -> (rank: Int, start: Int64, bucket: TimeBucket)? in
      guard let rank = ranks[key.epoch] else { return nil }
      let id = ids[Int(key.epoch)]
      var bucket = TimeBucket(
        association: id, start: Timestamp(nanosecondsSinceEpoch: key.start).known)
      bucket.packets = sums.packets
      bucket.octets = sums.octets
      bucket.lost = sums.lost
      bucket.skipped = sums.skipped
      bucket.duplicates = sums.duplicates
      bucket.reordered = sums.reordered
      bucket.suspects = sums.suspects
      return (rank, key.start, bucket)
    }.sorted { ($0.rank, $0.start) < ($1.rank, $1.start) }.map(\.bucket)
  }
}

extension EpochState {
  /// A number as it is reported: the lowest of its epoch has high half 0.
  func wire(_ number: UInt64) -> UInt64 {
    number - numbers.lowest & ~0xFFFF_FFFF
  }
}

/// The blind intervals of a run, by point.
struct Blindness {
  private var intervals: [Int: [BlindInterval]]

  init(_ intervals: [BlindInterval]) {
    self.intervals = Dictionary(grouping: intervals, by: \.point)
  }

  /// Whether the capture was blind at some time between the frames on both sides of the gap. A gap
  /// without times touches any interval: nothing says that it does not.
  func touches(_ gap: SequenceGap, point: Int) -> Bool {
    guard let intervals = intervals[point] else { return false }
    let start = min(gap.before.time ?? .absent, gap.after.time ?? .absent)
    let end =
      gap.before.time.flatMap { before in gap.after.time.map { max(before, $0) } }
      ?? Timestamp(nanosecondsSinceEpoch: .max)
    return intervals.contains { interval in
      (interval.start ?? .absent) <= end
        && start <= (interval.end ?? Timestamp(nanosecondsSinceEpoch: .max))
    }
  }
}
