/// Feeds the runs of transcripts to the tracker that judges packets, in the order in which they
/// arrived.
struct TranscriptFold: ~Copyable {
  private var builder: ReportBuilder<NoSink>

  init(options: AnalysisOptions) {
    builder = ReportBuilder(tracker: SequenceTracker(options: options.tracking, sink: NoSink()))
  }

  /// Adds the part that is read next.
  ///
  /// - Parameters:
  ///   - file: its index in the report.
  ///   - points: for each of its points the index in the report.
  mutating func add(
    _ part: TranscriptPart, file: Int, points: [UInt16]
  ) throws(TranscriptError) {
    builder.totals.add(part.totals)
    builder.add(part.analyzedTimes)
    for var flow in part.flows {
      flow.key.point = points[Int(flow.key.point)]
      flow.firstFrame.file = file
      builder.flows.add(flow)
    }
    for finding in part.findings {
      builder.findings.add(
        finding.error, count: finding.count,
        place: FramePlace(file: file, frame: finding.frame), time: finding.time ?? .absent)
    }
    let inseparable: ArrivalRun?
    do throws(TranscriptDamage) {
      inseparable = try addRuns(part, file: file, points: points)
    } catch {
      throw .damaged(transcript: part.transcript ?? part.file, error)
    }
    if let run = inseparable {
      throw .inseparable(part.name, firstFrame: run.frame, lastFrame: run.tail.frame)
    }
  }

  consuming func finish(_ run: RunDescription) -> AnalysisReport {
    builder.finish(run)
  }

  /// Returns the first run that would have to be parted.
  private mutating func addRuns(
    _ part: TranscriptPart, file: Int, points: [UInt16]
  ) throws(TranscriptDamage) -> ArrivalRun? {
    let keys = part.associations.map { association in
      builder.contexts.key(association.identity, point: points[Int(association.point)])
    }
    let hashes = keys.map { builder.tracker.table.hasher.hash($0) }
    var reader = try RunReader(
      part.runs, associationCount: keys.count, shapeCount: part.shapes.count)
    while let run = try reader.next() {
      let association = Int(run.association)
      if run.isBadTag {
        builder.tracker.countBadTag(keys[association])
        continue
      }
      let shape = part.shapes[Int(run.shape)]
      let first = Observation(
        key: keys[association], hash: hashes[association], number: run.number,
        octets: run.octets, isNested: run.isNested, time: run.time,
        place: FramePlace(file: file, frame: run.frame), shape: shape.shape(of: run.number))
      builder.tracker.observe(first, shape.details)
      builder.tracker.catchUp()
      if run.tail.count > 0, !builder.tracker.observe(run.tail, file: file, behind: first) {
        return run
      }
    }
    return nil
  }
}
