import ArgumentParser
import CaptureInput
import LiveCapture
import PacketAnalysis
import ReportFormats

/// A live capture from its opening to what is said of it.
struct LiveReading {
  private let capture: LiveCapture

  /// Opens the interfaces, then gives up what only that needs.
  init(_ arguments: InterfaceArguments) throws {
    do {
      capture = try LiveCapture(arguments.interface, options: arguments.options)
      if let user = arguments.user { try Privileges.become(user: user) }
    } catch {
      if case .badFilter = error.reason { throw ValidationError("\(error)") }
      throw Failure("\(error)")
    }
  }

  /// Takes frames until a signal asks for the end, or it has come.
  ///
  /// - Parameter keep: called with what was seen so far, in intervals, where that is something new.
  func analyze(
    with analyzer: PacketAnalyzer, until end: CaptureEnd, isQuiet: Bool, keepEvery: Duration?,
    keep: (() -> RunDescription) -> Void
  ) {
    if !isQuiet {
      for (name, linkType) in zip(capture.names, capture.linkTypes) {
        printNotice("Listening on \(name): \(linkType.name)")
      }
    }
    var progress = LiveProgress(isShown: !isQuiet && Terminal.isError)
    let deadline = end.duration.map { ContinuousClock.now + .nanoseconds($0) }
    var left = end.count ?? .max
    var nextKeeping = keepEvery.map { ContinuousClock.now + $0 }
    var kept = capture.counts
    while left > 0, !ReadingStop.isRequested, deadline.map({ ContinuousClock.now < $0 }) ?? true {
      left -= capture.analyzeNext(analyzer, frameLimit: left)
      progress.update(capture, analyzer)
      if let keepEvery, let next = nextKeeping, ContinuousClock.now >= next {
        nextKeeping = ContinuousClock.now + keepEvery
        if capture.counts != kept {
          kept = capture.counts
          keep { descriptionSoFar }
        }
      }
    }
    capture.stop()
    // What came in before the end belongs to it, unless it takes too long.
    let limit = ContinuousClock.now + Self.longestEnd
    while left > 0, capture.isWaiting, ContinuousClock.now < limit {
      left -= capture.analyzeNext(analyzer, frameLimit: left)
    }
    progress.clear()
  }

  private static let longestEnd = Duration.seconds(1)

  var description: RunDescription { capture.description }

  private var descriptionSoFar: RunDescription {
    var run = capture.description
    run.notes.append("stored while the capture was running: it went on, or was cut short")
    return run
  }

  /// Says on standard error what is worth knowing, and last what became of the frames.
  func tell(_ report: AnalysisReport) {
    for note in report.notes { printNotice("Note: \(note)") }
    for counts in capture.counts {
      var line =
        "\(counts.name): \(counts.captured) packets captured, \(counts.received) received by filter, "
        + "\(counts.dropped) dropped by kernel"
      if counts.waiting > 0 { line += ", \(counts.waiting) left in the ring" }
      printNotice(line)
    }
  }
}
