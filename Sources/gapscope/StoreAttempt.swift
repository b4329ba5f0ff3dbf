import AnalysisStore
import PacketAnalysis

/// Storing must not keep the report from coming out: what goes wrong is said and remembered.
final class StoreAttempt {
  private var store: AnalysisStore?
  private(set) var hasFailed = false

  /// Opens the database before the work, so that a wrong path is known at once; `nil`: there is
  /// nothing to store.
  init?(path: String?) {
    guard let path else { return nil }
    attempt { () throws(StoreError) in store = try AnalysisStore(path: path) }
  }

  func keep(_ report: AnalysisReport, options: AnalysisOptions) {
    guard let store else { return }
    attempt { () throws(StoreError) in
      try store.store(report, options: options)
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
