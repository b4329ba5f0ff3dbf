/// Frames that could not be read, by layer and reason.
struct FindingTable {
  struct Finding {
    var count: UInt64 = 0
    /// Of the frame that was read first.
    let firstPlace: FramePlace
    let firstTime: Timestamp
  }

  private(set) var findings: [DecodeError: Finding] = [:]

  mutating func add(_ error: DecodeError, count: UInt64 = 1, place: FramePlace, time: Timestamp) {
    var finding = findings[error] ?? Finding(firstPlace: place, firstTime: time)
    finding.count += count
    findings[error] = finding
  }

  /// Adds the findings of a later part of the file, before which come `framesBefore` frames.
  mutating func append(_ part: FindingTable, framesBefore: UInt64) {
    for (error, finding) in part.findings {
      add(
        error, count: finding.count, place: finding.firstPlace.moved(by: framesBefore),
        time: finding.firstTime)
    }
  }

  /// The commonest first.
  var summaries: [MalformedSummary] {
    findings.sorted { a, b in
      (b.value.count, a.key.layer.rawValue, a.key.problem.rawValue)
        < (a.value.count, b.key.layer.rawValue, b.key.problem.rawValue)
    }.map { error, finding in
      MalformedSummary(
        layer: error.layer.name, reason: error.problem.reason, count: finding.count,
        firstFrame: finding.firstPlace.reference(at: finding.firstTime))
    }
  }
}
