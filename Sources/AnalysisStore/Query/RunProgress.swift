internal import GRDB
public import PacketAnalysis

/// How a run is stored that lasts: a live capture, a replay.
public struct RunProgress: Sendable, Equatable {
  public enum State: String, Sendable, CaseIterable {
    /// Its process stores it.
    case running
    /// Its last state is stored.
    case ended
    /// Its process is gone and did not say so.
    case interrupted
  }

  public var state: State
  public var began: Timestamp
  public var storedUntil: Timestamp
  public var states: UInt64
  /// Store intervals that passed without a state.
  public var lateStates: UInt64
  /// States that could not be stored.
  public var failedStates: UInt64

  /// `nil`: files were analyzed, which does not last.
  init?(of run: Int64, in db: Database) throws {
    let row = try Row.fetchOne(db, sql: "SELECT * FROM progress WHERE run = ?", arguments: [run])
    guard let row else { return nil }
    let process = StoringProcess(id: row["process_id"], started: row["process_started"])
    state = row["ended"] != 0 ? .ended : process.isRunning ? .running : .interrupted
    began = Timestamp(nanosecondsSinceEpoch: row["began"])
    storedUntil = Timestamp(nanosecondsSinceEpoch: row["stored_until"])
    (states, lateStates) = (row.count("states"), row.count("late_states"))
    failedStates = row.count("failed_states")
  }
}
