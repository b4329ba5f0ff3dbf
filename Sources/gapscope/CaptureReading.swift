import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

/// The captures of a command from their opening to what is said of them: what `analyze` and `info`
/// have in common.
struct CaptureReading {
  private let arguments: [CaptureInputArgument]
  private let filter: String?
  private let source: CaptureSource
  private let order: CaptureOrder
  private var captures: CaptureSet
  /// How often a replay read the captures to their end.
  private var timesRead = 0
  /// Points that were known before the first frame.
  private let openingPointCount: Int
  /// Called behind statistics that were asked for.
  var tellMore: () -> Void = {}

  /// Throws where there is nothing to read.
  init(
    _ arguments: [CaptureInputArgument], filter: String? = nil,
    source: CaptureSource = .automatic, order: CaptureOrder = .byTime
  ) throws {
    self.arguments = arguments
    self.filter = filter
    self.source = source
    self.order = order
    captures = try Self.open(arguments, filter: filter, source: source, order: order)
    openingPointCount = captures.points.count
  }

  private static func open(
    _ arguments: [CaptureInputArgument], filter: String?, source: CaptureSource,
    order: CaptureOrder
  ) throws -> CaptureSet {
    let captures: CaptureSet
    do {
      captures = try CaptureSet(arguments, filter: filter, source: source, order: order)
    } catch {
      if case .badFilter = error.reason { throw ValidationError("\(error)") }
      throw Failure("\(error)")
    }
    if captures.failures.count == arguments.count {
      throw Failure(captures.failures.map(\.description).joined(separator: "\n"))
    }
    return captures
  }

  /// Reads to the end, or until a signal asks for it.
  ///
  /// - Parameter keep: called again and again, between frames, with what was seen so far.
  func analyze(
    with analyzer: PacketAnalyzer, threadCount: ThreadCount, showsProgress: Bool,
    keep: ((() -> RunDescription) -> Void)? = nil
  ) {
    captures.threadCount = threadCount
    let progress = Progress(isShown: showsProgress && Terminal.isError)
    readAll(progress, { analyzer.progress }) {
      let count = captures.analyzeNext(analyzer)
      progress.count(packets: count ?? 0)
      keep? { descriptionSoFar }
      return count != nil
    }
  }

  /// Replays the captures at a pace; reads them `times` times, or until a signal asks for the end.
  /// Says on standard error how fast it was, unless it is to be quiet.
  ///
  /// - Parameter keep: called again and again, between frames, with what was seen so far.
  mutating func replay(
    with target: some ReplayTarget, pace: Pace, times: Int?, isQuiet: Bool,
    keep: (() -> RunDescription) -> Void
  ) throws {
    var pacer = Pacer(pace)
    var batch = FrameBatch()
    let progress = Progress(isShown: !isQuiet && Terminal.isError)
    func lookAround() {
      keep { descriptionSoFar }
      answer(progress, { target.progressOfAnalysis })
    }
    while true {
      let before = pacer.packets
      readAll(progress, { target.progressOfAnalysis }) {
        guard let delivery = captures.next(into: &batch) else { return false }
        pacer.deliver(batch, whileWaiting: lookAround) { frames in
          target.analyze(
            batch, frames: frames, file: delivery.file, interfaces: delivery.interfaces)
          progress.count(packets: frames.count)
          lookAround()
        }
        return true
      }
      timesRead += 1
      if ReadingStop.isRequested || timesRead == times || pacer.packets == before { break }
      captures = try Self.open(arguments, filter: filter, source: source, order: order)
      target.beginAgain()
      pacer.beginAgain()
    }
    if !isQuiet {
      printNotice(
        replayLine(packets: pacer.packets, nanoseconds: pacer.elapsedNanoseconds))
    }
  }

  /// The same, to learn no more than what the readers know.
  func readAll(showsProgress: Bool) {
    var batch = FrameBatch()
    let progress = Progress(isShown: showsProgress && Terminal.isError)
    readAll(progress, { nil }) {
      guard captures.next(into: &batch) != nil else { return false }
      progress.count(packets: batch.count)
      return true
    }
  }

  /// - Parameter next: reads some frames; returns no at the end.
  private func readAll(
    _ progress: Progress, _ analysis: () -> AnalysisProgress?, _ next: () -> Bool
  ) {
    while !ReadingStop.isRequested, next() {
      progress.show(captures)
      answer(progress, analysis)
    }
    progress.clear()
  }

  /// Prints statistics where they were asked for.
  private func answer(_ progress: Progress, _ analysis: () -> AnalysisProgress?) {
    guard SignalRequest.statistics.take() else { return }
    progress.tellStatistics(analysis())
    tellMore()
  }

  /// What was read so far.
  var description: RunDescription {
    var run = captures.runDescription()
    run.notes += unreadable
    if timesRead > 1 {
      run.notes.append(
        "the captures were read \(timesRead) times: each time all associations began anew")
    }
    // What is followed has no other end.
    if ReadingStop.isRequested, source != .followed {
      run.notes.append("interrupted: the captures were not read to their end")
    }
    return run
  }

  /// For whoever has the report and not standard error.
  private var unreadable: [String] { captures.failures.map { "nothing could be read of \($0)" } }

  private var descriptionSoFar: RunDescription {
    var run = description
    run.notes.append("stored while the captures were being read: that went on, or was cut short")
    return run
  }

  /// What a transcript needs to know besides the arrivals; of a single capture.
  func origin(filter: String?) -> TranscriptOrigin {
    TranscriptOrigin(
      run: description, firstTime: captures.firstFrameTimes.first ?? nil,
      openingPointCount: openingPointCount, filter: filter)
  }

  /// Says on standard error what went wrong, and unless `isQuiet` what is worth knowing. Returns
  /// whether everything could be read.
  func tell(_ report: AnalysisReport, isQuiet: Bool) -> Bool {
    for failure in captures.failures { printNotice("Error: \(failure)") }
    let isWhole = tellHealth(of: report.captures, files: report.files)
    if !isQuiet {
      for note in report.notes where !unreadable.contains(note) { printNotice("Note: \(note)") }
    }
    return captures.failures.isEmpty && isWhole
  }
}

extension CaptureReading {
  /// The same, where there is no report to tell of.
  func tellFailures() -> Bool {
    var report = AnalysisReport()
    let run = description
    (report.files, report.captures) = (run.files, run.captures)
    return tell(report, isQuiet: true)
  }
}

/// Says on standard error which captures are damaged. Returns whether none is.
func tellHealth(of captures: [CaptureSummary], files: [String]) -> Bool {
  var damagedFiles: Set<Int> = []
  for capture in captures {
    // A file may hold several captures: one for each point.
    guard let damage = capture.damaged, damagedFiles.insert(capture.file).inserted else {
      continue
    }
    printNotice(
      """
      Error: \(files[capture.file]): damaged at octet \(damage.offset): \(damage.reason). What \
      comes before was read; \(damage.advice)
      """)
  }
  return damagedFiles.isEmpty
}
