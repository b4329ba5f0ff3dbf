internal import GRDB
internal import PacketAnalysis

/// What is known of a run that lasts, as it is in the database.
struct RunRecord {
  /// `run.run`, once it is there.
  var run: Int64?
  /// While it lasts, it is recognised by nothing else.
  let fingerprint = RunFingerprint.random()
  let began: Timestamp
  var storedUntil: Timestamp
  var states: Int64 = 0
  var rows = RunChanges.Rows()
  var history = HistoryState()

  init(began: Timestamp) { (self.began, storedUntil) = (began, began) }
}

/// One state of a run that lasts.
struct RunState {
  var report: AnalysisReport
  /// When it was taken.
  var time: Timestamp
  var isLast = false
  /// See `progress`.
  var lateStates: Int64 = 0
  var failedStates: Int64 = 0
  /// What came before the first frame.
  var restart: InterruptedRun?
}

/// Stores one state of a run that lasts, in one transaction: others see the run as it was before or as
/// it is now, and whatever ends the process leaves it as it was.
///
/// Only what changed is written, into the run and its history.
struct StateWriter {
  let pool: DatabasePool
  let options: AnalysisOptions

  /// Returns the record to go on with.
  func write(_ state: RunState, after record: RunRecord) throws -> RunRecord {
    let fingerprint =
      state.isLast ? RunFingerprint.of(state.report, options: options) : record.fingerprint
    return try pool.write { db in
      try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
      if state.isLast, try isKnown(fingerprint, besides: record, in: db) { return record }
      return try write(state, fingerprint, after: record, in: db)
    }
  }

  /// The same again changes nothing: a run that came to an end which the database has goes.
  private func isKnown(
    _ fingerprint: RunFingerprint, besides record: RunRecord, in db: Database
  ) throws -> Bool {
    guard let known = try AnalysisStore.run(withFingerprint: fingerprint, in: db),
      known.run != record.run
    else { return false }
    if !known.isComplete {
      try RunRemover.remove(known.run, in: db)
      return false
    }
    if let run = record.run { try RunRemover.remove(run, in: db) }
    return true
  }

  private func write(
    _ state: RunState, _ fingerprint: RunFingerprint, after record: RunRecord, in db: Database
  ) throws -> RunRecord {
    var writer = RunWriter(
      pool: pool, report: state.report, options: options, transaction: db)
    let run = try record.run ?? writer.begin(fingerprint: fingerprint)
    if record.run != nil, try !AnalysisStore.isComplete(run, in: db) {
      throw StoreError(path: pool.path, problem: .noSuchRun(run))
    }
    let changes = RunChanges(run: run, before: record.rows)
    writer.changes = changes
    try writer.update(changes, fingerprint: fingerprint)
    try writer.writeRows(of: run)
    if record.run == nil {
      try writer.complete(run)
      if let restart = state.restart { try addEvent(restart, to: run, at: record.began, in: db) }
    }

    var next = record
    next.run = run
    next.rows = changes.after
    next.history = HistoryState(state.report)
    // A clock that is set back gives no negative time.
    next.storedUntil = max(state.time, record.storedUntil)
    next.states += 1
    let middle = record.storedUntil.middle(to: next.storedUntil)
    try HistoryWriter(
      db: db, run: run, time: middle, idleNanoseconds: options.limits.idleNanoseconds
    ).add(next.history, since: record.history)
    try writeProgress(of: state, next, run, in: db)
    return next
  }

  private func writeProgress(
    of state: RunState, _ record: RunRecord, _ run: Int64, in db: Database
  ) throws {
    let process = StoringProcess.own
    try db.execute(
      sql: """
        INSERT INTO progress (run, ended, process_id, process_started, began, stored_until, states,
          late_states, failed_states)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET ended = excluded.ended, stored_until = excluded.stored_until,
          states = excluded.states, late_states = excluded.late_states,
          failed_states = excluded.failed_states
        """,
      arguments: [
        run, state.isLast, process.id, process.started, record.began.nanosecondsSinceEpoch,
        record.storedUntil.nanosecondsSinceEpoch, record.states, state.lateStates,
        state.failedStates,
      ])
  }

  private func addEvent(
    _ restart: InterruptedRun, to run: Int64, at time: Timestamp, in db: Database
  ) throws {
    try db.execute(
      sql: "INSERT INTO event (run, position, time, kind, detail) VALUES (?, 0, ?, 'restart', ?)",
      arguments: [
        run, time.nanosecondsSinceEpoch, "run \(restart.run) was cut short; this one goes on",
      ])
  }
}

extension Timestamp {
  fileprivate func middle(to end: Timestamp) -> Timestamp {
    let (start, end) = (nanosecondsSinceEpoch, end.nanosecondsSinceEpoch)
    return Timestamp(nanosecondsSinceEpoch: start + (end - start) / 2)
  }
}
