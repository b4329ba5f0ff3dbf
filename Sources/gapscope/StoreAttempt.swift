import AnalysisStore
import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

/// Storing must not keep the report from coming out: what goes wrong is said and remembered.
final class StoreAttempt {
  private var keeping: HistoryKeeping
  private var store: AnalysisStore?
  /// Of a run that is stored while it lasts.
  private var run: RunInProgress?
  private var schedule: StoreSchedule?
  private let began = Timestamp.now
  /// Whether the run lasts: it has history, also where it was too short for a state before the last.
  private var isLasting = false
  /// The run before was cut short, and this one goes on after it.
  private var restart: InterruptedRun?
  /// The last state could not be stored, which was said.
  private var isFailing = false
  private(set) var hasFailed = false
  /// The run of the database that this one is; `nil` where it is a new one.
  private var knownRun: Int64?

  /// Of several connections, with their journals, and of the thread that stores.
  private static let descriptors = 16

  /// Opens the database before the work, so that a wrong path is known at once; `nil`: there is
  /// nothing to store.
  ///
  /// - Parameter arguments: of a run that may last.
  init?(path: String?, _ arguments: StoreArguments? = nil) {
    guard let path else { return nil }
    keeping = arguments?.keeping ?? HistoryKeeping()
    guard !path.isEmpty, FileState(path: path)?.isDevice != true else {
      hasFailed = true
      printNotice("Error: '\(path)' is no place for a database; name a file")
      return
    }
    attempt { () throws(Failure) in try requireDescriptors(Self.descriptors, for: path) }
    guard !hasFailed else { return }
    attempt { () throws(StoreError) in
      store = try AnalysisStore(path: path) { ReadingStop.isOverdue }
    }
    if store != nil { schedule = StoreSchedule(every: arguments?.interval) }
  }

  /// Throws where the database could not be opened, which was said: a run that may last for months is
  /// not begun without it.
  func requireOpened() throws(ExitCode) {
    if store == nil { throw ExitCode.failure }
  }

  /// Looks for a run of the same points that was cut short; where there is one, returns the time
  /// between it and this run, in which nothing was seen, for each point.
  func blindIntervals(sinceLastRunAt points: [String]) -> [BlindInterval] {
    guard let store else { return [] }
    attempt { () throws(StoreError) in restart = try store.interruptedRun(points: points) }
    guard let restart, restart.storedUntil < began else { return [] }
    return points.indices.map {
      BlindInterval(
        point: $0, start: restart.storedUntil, end: began, reason: .restart, drops: 0)
    }
  }

  /// How often, and how much history is kept, from now on.
  func change(to arguments: StoreArguments) {
    keeping = arguments.keeping
    run?.keeping = keeping
    schedule = StoreSchedule(every: arguments.interval)
  }

  /// Stores what is known so far, where that is due; a state that is due while the one before is still
  /// being stored is left out.
  func keepIfDue(
    _ analyzer: some AnalysisInProgress, options: AnalysisOptions, description: () -> RunDescription
  ) {
    isLasting = true
    guard schedule?.isDue() == true, let store else { return }
    let run = lastingRun(in: store, options)
    guard !run.isStoring else { return run.noteLate() }
    tellChange(of: run)
    let (snapshot, description) = analyzer.whileStill { (analyzer.snapshot(), description()) }
    run.store { snapshot.finish(description) }
  }

  private func lastingRun(in store: AnalysisStore, _ options: AnalysisOptions) -> RunInProgress {
    if let run { return run }
    let run = RunInProgress(
      in: store, options: options, began: began, after: restart, keeping: keeping)
    self.run = run
    return run
  }

  /// An error is said once, however long it lasts; the last state decides whether storing has failed.
  private func tellChange(of run: RunInProgress) {
    if let error = run.takeError() {
      if !isFailing { printNotice("Error: \(error); until then it is tried again and again") }
      isFailing = true
    } else if isFailing, run.isStored {
      printNotice("Note: what could not be stored is stored now")
      isFailing = false
    }
  }

  /// Stores the last state. Where a signal asked for the end and another process holds the database
  /// locked, that is tried for a moment only.
  func keep(_ report: AnalysisReport, options: AnalysisOptions) {
    guard let store else { return }
    var isStored = false
    defer { if !isStored { tellLoss() } }
    attempt { () throws(StoreError) in
      if isLasting {
        try lastingRun(in: store, options).finish(report)
      } else {
        let stored = try store.store(report, options: options)
        if stored.outcome == .unchanged { knownRun = stored.run }
      }
      isStored = true
      try store.close()
    }
  }

  /// Says what of a run the database does not have.
  private func tellLoss() {
    if let until = run?.storedUntil {
      printNotice("Error: what was seen after \(until.text) is not stored")
    } else {
      printNotice("Error: nothing of this run is stored")
    }
  }

  /// Prints how far storing is.
  func tellStatistics() {
    guard let store, let run else { return }
    let until = run.storedUntil.map { "stored until \($0.text)" } ?? "nothing stored yet"
    printNotice(
      "\(store.path): \(until), slow \(counted(run.lateStates, "time")), not written "
        + counted(run.failedStates, "time")
    )
  }

  /// Says what one would not expect: that nothing had to be written, that the database was too slow or
  /// could not be written.
  func tell() {
    if let store, let knownRun {
      printNotice("Note: \(store.path) has this analysis already, as run \(knownRun)")
    }
    guard let run, run.lateStates > 0 || run.failedStates > 0 else { return }
    printNotice(
      "Note: the database was slow \(counted(run.lateStates, "time")) and could not be written "
        + "\(counted(run.failedStates, "time")) when the run was to be stored: its history is coarser there"
    )
  }

  private func attempt<Problem: Error>(_ work: () throws(Problem) -> Void) {
    do {
      try work()
    } catch {
      hasFailed = true
      printNotice("Error: \(error)")
    }
  }
}
