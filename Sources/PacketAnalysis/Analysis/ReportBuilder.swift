/// Everything that an analysis has gathered, from which its report is made.
struct ReportBuilder<Sink: ArrivalSink>: ~Copyable {
  var tracker: SequenceTracker<Sink>
  var contexts = ContextTable()
  var flows: FlowTable
  var findings = FindingTable()
  var totals = FrameTotals()
  /// See `AnalysisReport.analyzedTimes`.
  private(set) var times: ClosedRange<Timestamp>?
  /// See `AnalysisEngine.leftOut`.
  private var leftOut = GivenUp.Frames()
  private var limits = AnalysisLimits.unlimited

  init(tracker: consuming SequenceTracker<Sink>) {
    self.tracker = tracker
    flows = FlowTable()
  }

  /// Of what the engine knows, which goes on.
  init(copying engine: borrowing AnalysisEngine<SequenceTracker<Sink>>) {
    (contexts, findings) = (engine.contexts, engine.findings)
    (totals, times) = (engine.totals, engine.times)
    (leftOut, limits) = (engine.leftOut, engine.limits)
    flows = FlowTable(copying: engine.flows)
    tracker = SequenceTracker(copying: engine.tracker)
  }

  init(_ engine: consuming AnalysisEngine<SequenceTracker<Sink>>) {
    (contexts, findings) = (engine.contexts, engine.findings)
    (totals, times) = (engine.totals, engine.times)
    (leftOut, limits) = (engine.leftOut, engine.limits)
    flows = engine.flows
    tracker = engine.tracker
  }

  /// Adds the times of the frames of another part.
  mutating func add(_ others: ClosedRange<Timestamp>?) {
    guard let others else { return }
    times = times?.spanning(others) ?? others
  }

  /// Decides what is still open and reports: the run is over.
  consuming func finish(
    _ run: RunDescription, bucketsAskedFor askedNanoseconds: Int64? = nil,
    buckets: (Sink) -> BucketSink? = { _ in nil }
  ) -> AnalysisReport {
    let areSingle = tracker.finish()
    var report = AnalysisReport()
    report.files = run.files
    report.points = run.points
    report.captures = run.captures
    report.blindIntervals = run.blindIntervals
    report.notes = run.notes
    report.totals = totals
    report.analyzedTimes = times
    report.flows = flows.summaries
    addZeroNumbers(to: &report)

    let suspects = tracker.counting.suspects
    let sink = buckets(tracker.counting.sink)
    report.bucketNanoseconds = sink?.widthNanoseconds
    let buckets = sink?.sums ?? [:]
    let epochCount = Int(tracker.epochCount)
    addGivenUp(to: &report, askedNanoseconds)
    let finished = FinishedAnalysis(
      table: tracker.table, starts: tracker.starts, pauses: tracker.pauses,
      records: tracker.records, finished: tracker.finished, ranges: tracker.counting.ranges,
      moreAddresses: tracker.moreAddresses, contexts: contexts,
      epochsGivenUp: tracker.epochsGivenUp, foldedCounts: tracker.foldedCounts,
      epochsBefore: tracker.epochsBefore, areSingle: areSingle, run: run)
    report.associations = ReportRows(
      count: finished.rows.count, forEachCounts: { finished.forEachCounts($0) },
      row: { finished.association(at: $0) })
    report.captureLosses = finished.captureLosses()
    let causes = CaptureLossIndex(report.captureLosses)
    let ranges = finished.countRanges()
    report.gaps = ReportRows(count: ranges.gaps) { finished.gap(at: $0, causes) }
    if ranges.skips > 0 { report.skips = ReportRows(finished.skips) }

    if !suspects.first.isEmpty || !buckets.isEmpty {
      // By ordinal of the epoch; 0: it turned out to be none, or was counted together with others.
      var ids = [UInt64](repeating: 0, count: epochCount)
      let order = finished.rows.map { finished.ordinal($0) }
      for (row, ordinal) in zip(finished.rows, order) { ids[Int(ordinal)] = finished.id(row) }
      report.suspectFrames = suspects.first.compactMap { suspect in
        let id = ids[Int(suspects.owner(of: suspect.epoch))]
        guard id != 0 else { return nil }
        return SuspectFrame(
          association: id, number: suspect.number, frame: suspect.place.reference(at: suspect.time))
      }
      report.buckets = Self.timeBuckets(buckets, order: order, ids: ids)
    }
    return report
  }

  private func addGivenUp(to report: inout AnalysisReport, _ askedNanoseconds: Int64?) {
    var givenUp = tracker.givenUp
    givenUp.limits = limits
    report.reopenings = givenUp.reopenings
    report.noteReopenings()
    givenUp.unfollowed.add(leftOut)
    givenUp.flows = flows.leftOut
    givenUp.unlistedCopies = tracker.counting.suspects.unlistedCopies
    if let askedNanoseconds, report.bucketNanoseconds != askedNanoseconds {
      givenUp.askedBucketNanoseconds = askedNanoseconds
    }
    guard !givenUp.isEmpty else { return }
    report.givenUp = givenUp
    report.notes += givenUp.sentences
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

  private static func timeBuckets(
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
