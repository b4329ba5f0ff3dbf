import AnalysisStore
import PacketAnalysis

/// Storing must not keep the report from coming out: what goes wrong is said and remembered.
final class StoreAttempt {
  private var store: AnalysisStore?
  /// Of a run that is stored while it lasts.
  private var run: RunInProgress?
  private(set) var hasFailed = false

  /// Opens the database before the work, so that a wrong path is known at once; `nil`: there is
  /// nothing to store.
  init?(path: String?) {
    guard let path else { return nil }
    attempt { () throws(StoreError) in store = try AnalysisStore(path: path) }
  }

  /// Stores what is known so far, unless that of the last time is still being stored.
  func keep(
    _ analyzer: PacketAnalyzer, options: AnalysisOptions, description: () -> RunDescription
  ) {
    guard let store else { return }
    let run = self.run ?? RunInProgress(in: store, options: options)
    self.run = run
    // The last state decides whether storing has failed.
    if let error = run.takeError() { printNotice("Error: \(error); storing is tried again") }
    guard !run.isStoring else { return }
    let (snapshot, description) = (analyzer.snapshot(), description())
    run.store { snapshot.finish(description) }
  }

  func keep(_ report: AnalysisReport, options: AnalysisOptions) {
    guard let store else { return }
    attempt { () throws(StoreError) in
      if let run { try run.finish(report) } else { try store.store(report, options: options) }
      try store.close()
    }
  }

  private func attempt(_ work: () throws(StoreError) -> Void) {
    do {
      try work()
    } catch {
      hasFailed = true
      printNotice("Error: \(error)")
    }
  }
}
