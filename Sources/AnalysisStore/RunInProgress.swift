internal import Dispatch
import Glibc
public import PacketAnalysis
internal import Synchronization

/// A run that is stored again and again while it lasts, by a thread of its own. Whoever has its states
/// never waits for the database, and no state waits for another.
///
///     let run = RunInProgress(in: store, options: options)
///     while ... { if !run.isStoring { run.store { snapshot.finish(description) } } }
///     try run.finish(report)
///
/// What ends the process leaves the state that was stored last, as a complete run.
public final class RunInProgress: Sendable {
  private struct State {
    /// `run.run` in the database, once it is there.
    var run: Int64?
    var error: StoreError?
  }

  private let store: AnalysisStore
  private let options: AnalysisOptions
  private let queue = DispatchQueue(label: "RunInProgress")
  private let state = Mutex(State())
  private let isBusy = Atomic<Bool>(false)

  public init(in store: AnalysisStore, options: AnalysisOptions) {
    self.store = store
    self.options = options
  }

  /// Whether a state is being stored; another is not taken before.
  public var isStoring: Bool { isBusy.load(ordering: .acquiring) }

  /// Stores a state, whose report is made by the thread too; does nothing while it stores another.
  public func store(_ report: @escaping @Sendable () -> AnalysisReport) {
    guard !isBusy.exchange(true, ordering: .acquiringAndReleasing) else { return }
    queue.async {
      do throws(StoreError) {
        try self.keep(report())
        self.state.withLock { $0.error = nil }
      } catch {
        self.state.withLock { $0.error = error }
      }
      self.isBusy.store(false, ordering: .releasing)
    }
  }

  /// Why the last state could not be stored; told once.
  public func takeError() -> StoreError? { state.withLock { $0.error.take() } }

  /// Stores the last state, in the caller's thread. One that is being stored is given up for it.
  public func finish(_ report: AnalysisReport) throws(StoreError) {
    while isStoring {
      store.interrupt()
      usleep(1_000)
    }
    try keep(report)
  }

  private func keep(_ report: AnalysisReport) throws(StoreError) {
    if let run = state.withLock({ $0.run }) {
      try store.store(report, options: options, inPlaceOf: run)
    } else {
      let stored = try store.store(report, options: options)
      // Two captures of nothing are the same run: that of another is left alone.
      if stored.outcome != .unchanged { state.withLock { $0.run = stored.run } }
    }
  }
}
