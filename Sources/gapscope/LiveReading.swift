import ArgumentParser
import CaptureInput
import LiveCapture
import PacketAnalysis
import ReportFormats

/// A live capture from its opening to what is said of it.
struct LiveReading {
  private let capture: LiveCapture
  private let filter: String?
  private var recording: CaptureRecording?
  private var recordingPath = ""
  /// In which nothing was seen before it began.
  var blindBefore: [BlindInterval] = []
  /// Called behind statistics that were asked for.
  var tellMore: () -> Void = {}

  var names: [String] { capture.names }

  /// Opens the interfaces, then gives up what only that needs.
  init(_ arguments: InterfaceArguments) throws {
    filter = arguments.options.filter
    do {
      capture = try LiveCapture(arguments.interface, options: arguments.options)
      if let user = arguments.user { try Privileges.become(user: user) }
    } catch {
      switch error.reason {
      case .badFilter, .longFilter: throw ValidationError("\(error)")
      default: throw Failure("\(error)")
      }
    }
  }

  /// Opens the file that is to have the frames too, if there is one.
  mutating func record(_ arguments: RecordingArguments) throws {
    guard let options = arguments.options else { return }
    try requireDescriptors(Self.recordingDescriptors, for: "--write")
    recordingPath = options.path
    do {
      recording = try capture.record(options, filter: filter)
    } catch {
      throw Failure("\(error)")
    }
  }

  /// Starts what takes frames beside the caller.
  func begin(_ analysis: RingAnalysis, until end: CaptureEnd) throws {
    do {
      try capture.begin(analysis, frameLimit: end.count ?? .max)
    } catch {
      throw Failure("\(error)")
    }
  }

  /// Takes frames until a signal asks for the end, or it has come.
  ///
  /// - Parameter keep: called again and again, between frames, with what was seen so far.
  func analyze(
    with analyzer: RingAnalysis, until end: CaptureEnd, isQuiet: Bool,
    showsTop: Bool = false, keep: (() -> RunDescription) -> Void
  ) throws {
    let begin = ContinuousClock.now
    if !isQuiet {
      for (name, linkType) in zip(capture.names, capture.linkTypes) {
        printNotice("Listening on \(name): \(linkType.name)")
      }
    }
    let view = showsTop ? try LiveView() : nil
    defer { view?.end() }
    var progress = LiveProgress(isShown: !isQuiet && Terminal.isError && view == nil)
    let deadline = end.duration.map { ContinuousClock.now + .nanoseconds($0) }
    var left = end.count ?? .max
    while left > 0, !ReadingStop.isRequested, deadline.map({ ContinuousClock.now < $0 }) ?? true {
      left -= capture.analyzeNext(analyzer, frameLimit: left)
      progress.update(capture, analyzer)
      view?.update(capture, analyzer) { description }
      keep { descriptionSoFar }
      tellNewsOfRecording()
      if SignalRequest.statistics.take() {
        progress.clear()
        tellStatistics(analyzer, elapsed: .now - begin)
        tellMore()
      }
    }
    view?.end()
    capture.stop()
    // What came in before the end belongs to it, unless it takes too long.
    let limit = ContinuousClock.now + Self.longestEnd
    while left > 0, capture.isWaiting, ContinuousClock.now < limit {
      left -= capture.analyzeNext(analyzer, frameLimit: left)
    }
    capture.close()
    progress.clear()
  }

  func replaceFilter(by arguments: InterfaceArguments) throws(Failure) {
    do {
      try capture.replaceFilter(by: arguments.options.filter)
    } catch {
      throw Failure("\(error)")
    }
  }

  /// An error is said once, however long it lasts.
  private func tellNewsOfRecording() {
    switch recording?.takeNews() {
    case .failed(let error):
      printNotice("Error: \(error); until then it is tried again, and what is missing is counted")
    case .incomplete(let error): printNotice("Error: \(error); some of its packets may be missing")
    case .resumed: printNotice("Note: \(recordingPath) can be written again")
    case nil: break
    }
  }

  /// Ends the files that have the frames.
  func finishRecording(isQuiet: Bool) {
    guard let recording else { return }
    recording.finish()
    tellNewsOfRecording()
    let counts = recording.counts
    if counts.lostFrames > 0 {
      printNotice(
        "Error: \(recordingPath): \(counts.lostFrames) packets could not be written")
    }
    if !isQuiet { printNotice("\(recordingPath): \(counts.writtenFrames) packets written") }
  }

  /// Whether frames were analyzed, but could not be written.
  var hasLostRecordedFrames: Bool { (recording?.counts.lostFrames ?? 0) > 0 }

  private static let longestEnd = Duration.seconds(1)
  /// The file, and what the thread that writes takes.
  private static let recordingDescriptors = 8

  var description: RunDescription {
    var run = capture.description
    run.blindIntervals += blindBefore
    return run
  }

  private var descriptionSoFar: RunDescription {
    var run = description
    run.notes.append("stored while the capture was running: it went on, or was cut short")
    return run
  }

  /// Says on standard error what is worth knowing, and last what became of the frames.
  func tell(_ report: AnalysisReport) {
    for note in report.notes { printNotice("Note: \(note)") }
    tellRings()
    tellCounts()
  }

  private func tellStatistics(_ analyzer: RingAnalysis, elapsed: Duration) {
    let line = StatisticsLine(
      packets: capture.counts.reduce(0) { $0 &+ $1.captured }, elapsed: elapsed,
      analysis: analyzer.progress)
    printNotice(line.text)
    tellCounts()
  }

  private func tellCounts() {
    for counts in capture.counts {
      var line =
        "\(counts.name): \(counts.captured) packets captured, \(counts.received) received by filter, "
        + "\(counts.dropped) dropped by kernel"
      if counts.waiting > 0 { line += ", \(counts.waiting) left in the ring" }
      printNotice(line)
    }
  }

  /// How the frames fell on several rings.
  private func tellRings() {
    for counts in capture.counts where counts.capturedByRing.count > 1 {
      let packets = counts.capturedByRing.map { "\($0)" }.joined(separator: " + ")
      printNotice("Note: \(counts.name): packets of its rings: \(packets)")
    }
  }
}
