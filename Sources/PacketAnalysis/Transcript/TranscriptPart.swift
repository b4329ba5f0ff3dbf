/// The exact, compact memory of what arrived in one capture file: one part of a transcript.
///
/// Parts of one capture, merged, give the report of the capture (`TranscriptMerge`). The octets that
/// a part is written as can be put one behind the other: a transcript is one part or several.
public struct TranscriptPart: Sendable {
  /// The same for all transcripts of the same capture, wherever it lies.
  public internal(set) var identity: UInt64 = 0
  public internal(set) var origin: TranscriptOrigin
  public internal(set) var options: AnalysisOptions

  var totals: FrameTotals
  /// See `AnalysisReport.analyzedTimes`.
  var analyzedTimes: ClosedRange<Timestamp>?
  /// With `firstFrame.file` 0, as everywhere in a part.
  var flows: [FlowSummary]
  var findings: [TranscriptFinding]
  /// `point` is an index into the points of the part.
  var associations: [AssociationKey]
  var shapes: [ObservedShape]
  var runs: RunColumns

  /// As given.
  public var file: String { origin.run.files.first ?? "" }
  /// The transcript that it was read from, for errors; `nil`: none.
  var transcript: String?
  var name: TranscriptPartName { TranscriptPartName(capture: file, transcript: transcript) }
  /// Frames, each counted once.
  public var packets: UInt64 { totals.packets }
}

/// What is known of a file besides its arrivals.
public struct TranscriptOrigin: Sendable, Equatable {
  /// Of this file alone.
  public var run: RunDescription
  /// Of the first frame of the file; `nil`: it has none.
  public var firstTime: Timestamp?
  /// So many of the points were known before the first frame.
  public var openingPointCount: Int
  /// The capture filter, in the words in which it was given.
  public var filter: String?

  public init(
    run: RunDescription, firstTime: Timestamp?, openingPointCount: Int, filter: String?
  ) {
    (self.run, self.firstTime) = (run, firstTime)
    (self.openingPointCount, self.filter) = (openingPointCount, filter)
  }
}

/// Frames that could not be read, for one reason.
struct TranscriptFinding: Sendable, Equatable {
  var error: DecodeError
  var count: UInt64
  var frame: UInt64
  var time: Timestamp?
}

extension TranscriptPart {
  init(_ engine: consuming AnalysisEngine<ArrivalRecorder>, origin: TranscriptOrigin) {
    engine.tracker.finish()
    let contexts = engine.contexts
    self.origin = origin
    options = engine.options
    totals = engine.totals
    analyzedTimes = engine.times
    flows = engine.flows.summaries
    findings = engine.findings.findings.map { error, finding in
      TranscriptFinding(
        error: error, count: finding.count, frame: finding.firstPlace.frame,
        time: finding.firstTime.known)
    }.sorted { a, b in
      (a.error.layer.rawValue, a.error.problem.rawValue)
        < (b.error.layer.rawValue, b.error.problem.rawValue)
    }
    let recorder = engine.tracker
    associations = (0..<recorder.associations.count).map {
      contexts.associationKey(recorder.associations[$0].key)
    }
    shapes = recorder.shapes
    runs = RunColumns(recorder.runs, associationCount: associations.count)
    identity = encodedIdentity()
  }
}

extension RunColumns {
  init(_ runs: borrowing RecordArray<ArrivalRun>, associationCount: Int) {
    let unit =
      Self.timeUnits.first { unit in
        (0..<runs.count).allSatisfy { runs[$0].hasTimes(in: unit) }
      } ?? 1
    var writer = RunWriter(associationCount: associationCount, timeUnit: unit)
    for index in 0..<runs.count { writer.append(runs[index]) }
    self = writer.finish()
  }
}

extension ArrivalRun {
  /// Whether all times of the run are multiples of `unit` nanoseconds.
  fileprivate func hasTimes(in unit: Int64) -> Bool {
    guard let time = time.known else { return true }
    return time.nanosecondsSinceEpoch % unit == 0
      && (tail.count == 0
        || tail.time.nanosecondsSinceEpoch % unit == 0
          && Int64(tail.minimumStep) % unit == 0 && Int64(tail.maximumStep) % unit == 0)
  }
}
