internal import Dispatch
import Glibc
public import PacketAnalysis
internal import Synchronization

/// A run that is stored again and again while it lasts, by a thread of its own. Whoever has its states
/// never waits for the database, and no state waits for another.
///
///     let run = RunInProgress(in: store, options: options)
///     while ... { run.isStoring ? run.noteLate() : run.store { snapshot.finish(description) } }
///     try run.finish(report)
///
/// Of each state only what changed since the one before is written. What happened in states that came
/// too late, or could not be stored, is in the next: nothing is lost or counted twice. What ends the
/// process leaves the state that was stored last, as a complete run.
public final class RunInProgress: Sendable {
  private struct Outcome {
    var error: StoreError?
    var isStored = false
    var storedUntil: Timestamp?
  }

  private let store: AnalysisStore
  private let options: AnalysisOptions
  private let keptHistory: Mutex<HistoryKeeping>
  private let restart: InterruptedRun?
  private let queue = DispatchQueue(label: "RunInProgress")
  /// Of whoever stores: held as long as that takes.
  private let record: Mutex<RunRecord>
  private let outcome = Mutex(Outcome())
  private let isBusy = Atomic<Bool>(false)
  /// A state that is given up for the last one has not failed.
  private let isEnding = Atomic<Bool>(false)
  private let late = Atomic<Int64>(0)
  private let failed = Atomic<Int64>(0)

  /// - Parameters:
  ///   - began: when the run began, by the clock of the machine.
  ///   - restart: a run that this one goes on after.
  public init(
    in store: AnalysisStore, options: AnalysisOptions, began: Timestamp = .now,
    after restart: InterruptedRun? = nil, keeping: HistoryKeeping = HistoryKeeping()
  ) {
    self.store = store
    self.options = options
    keptHistory = Mutex(keeping)
    self.restart = restart
    record = Mutex(RunRecord(began: began))
  }

  /// Whether a state is being stored; another is not taken before.
  public var isStoring: Bool { isBusy.load(ordering: .acquiring) }

  /// A state was due while the one before was still being stored.
  public func noteLate() { late.add(1, ordering: .relaxed) }

  /// How much history is kept from the next state on.
  public var keeping: HistoryKeeping {
    get { keptHistory.withLock { $0 } }
    set { keptHistory.withLock { $0 = newValue } }
  }

  /// States that were due and not taken, and states that could not be stored. What happened in them
  /// is in the next.
  public var lateStates: Int64 { late.load(ordering: .relaxed) }
  public var failedStates: Int64 { failed.load(ordering: .relaxed) }

  /// Stores a state, whose report is made by the thread too; does nothing while it stores another.
  ///
  /// - Parameter time: when the state was taken, by the clock of the machine.
  public func store(at time: Timestamp = .now, _ report: @escaping @Sendable () -> AnalysisReport) {
    guard !isBusy.exchange(true, ordering: .acquiringAndReleasing) else { return }
    queue.async {
      do throws(StoreError) {
        try self.keep(report(), at: time, isLast: false)
        self.outcome.withLock { $0 = Outcome(isStored: true, storedUntil: time) }
      } catch {
        if !self.isEnding.load(ordering: .relaxed) { self.failed.add(1, ordering: .relaxed) }
        self.outcome.withLock { ($0.error, $0.isStored) = (error, false) }
      }
      self.isBusy.store(false, ordering: .releasing)
    }
  }

  /// Why the last state could not be stored; told once.
  public func takeError() -> StoreError? { outcome.withLock { $0.error.take() } }

  /// Whether the last state is stored.
  public var isStored: Bool { outcome.withLock { $0.isStored } }

  /// When the state was taken that was stored last; `nil`: nothing of the run is stored.
  public var storedUntil: Timestamp? { outcome.withLock { $0.storedUntil } }

  /// Stores the last state, in the caller's thread. One that is being stored is given up for it.
  public func finish(_ report: AnalysisReport, at time: Timestamp = .now) throws(StoreError) {
    isEnding.store(true, ordering: .relaxed)
    store.interrupt { !isStoring }
    try keep(report, at: time, isLast: true)
  }

  private func keep(
    _ report: AnalysisReport, at time: Timestamp, isLast: Bool
  ) throws(StoreError) {
    var state = RunState(report: report, time: time, isLast: isLast)
    state.report.makeRows()
    (state.lateStates, state.failedStates) = (lateStates, failedStates)
    state.restart = restart
    try record.withLock { (record) throws(StoreError) in
      record = try store.store(state, options: options, after: record)
      // The state is stored; where this goes wrong it is done after the next.
      try? store.removeOldHistory(keeping)
    }
  }
}
