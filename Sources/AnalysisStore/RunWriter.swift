internal import GRDB
internal import PacketAnalysis

/// Writes one run: `begin`, `writeRows`, `complete`, in transactions of at most `rowsPerTransaction`
/// rows of one table.
struct RunWriter {
  let pool: DatabasePool
  let report: AnalysisReport
  let options: AnalysisOptions
  /// Of which everything is to be a part; `nil`: of transactions of its own.
  var transaction: Database?
  /// Of a run that is there already; within `transaction`.
  var changes: RunChanges?

  /// Enough that the cost of a commit does not show, few enough that another writer waits for
  /// moments only and the write-ahead log stays small.
  static let rowsPerTransaction = 10_000

  func transact<Result>(_ work: (Database) throws -> Result) throws -> Result {
    if let transaction { try work(transaction) } else { try pool.write(work) }
  }

  /// Adds the row of the run, not yet complete, and returns its number.
  func begin(fingerprint: RunFingerprint) throws -> Int64 {
    try transact { db in
      var writer = try RowWriter(db, table: "run", columns: Self.runColumns)
      try writeRun(fingerprint, to: &writer)
      return db.lastInsertedRowID
    }
  }

  /// Brings the row of a run up to date.
  func update(_ changes: RunChanges, fingerprint: RunFingerprint) throws {
    try transact { db in
      try changes.update("run", columns: ["run"] + Self.runColumns, keyCount: 0, in: db) { row in
        row.write(changes.run)
        try writeRun(fingerprint, to: &row)
      }
    }
  }

  private func writeRun(_ fingerprint: RunFingerprint, to row: inout RowWriter) throws {
    row.write(fingerprint: fingerprint.value)
    row.write(report.totals)
    row.write(report.captures.compactMap(\.firstTime).min())
    row.write(report.captures.compactMap(\.lastTime).max())
    row.write(options, bucketNanoseconds: report.bucketNanoseconds)
    row.write(report.reopenings)
    try row.endRow()
  }

  /// Adds everything else, what is referred to before what refers to it.
  func writeRows(of run: Int64) throws {
    try writeLists(of: run)
    try writeCaptures(of: run)
    try writeApproximations(of: run)
    let positions = try writeAssociations(of: run)
    try writeFindings(of: run, positions: positions)
    try writeFlows(of: run)
  }

  /// From here on the run counts.
  func complete(_ run: Int64) throws {
    try transact { db in
      try db.execute(sql: "UPDATE run SET complete = 1 WHERE run = ?", arguments: [run])
      // Another process that stores the same run may have removed ours.
      if db.changesCount != 1 { throw StoreError(path: pool.path, problem: .storedMeanwhile) }
    }
  }

  /// Adds the rows of one table, or brings them up to date.
  ///
  /// - Parameter keyCount: so many columns after `run` name a row.
  func insert<Element>(
    _ elements: some Collection<Element>, into table: StaticString, columns: [String],
    keyCount: Int = 1, _ write: (inout RowWriter, Int, Element) throws -> Void
  ) throws {
    if let changes {
      return try transact { db in
        try changes.update(table, columns: columns, keyCount: keyCount, in: db) { row in
          for (index, element) in elements.enumerated() {
            try write(&row, index, element)
            try row.endRow()
          }
        }
      }
    }
    var rest = elements.enumerated().makeIterator()
    for _ in stride(from: 0, to: elements.count, by: Self.rowsPerTransaction) {
      try transact { db in
        var writer = try RowWriter(db, table: table, columns: columns)
        for _ in 0..<Self.rowsPerTransaction {
          guard let (index, element) = rest.next() else { break }
          try write(&writer, index, element)
          try writer.endRow()
        }
      }
    }
  }
}

extension RunWriter {
  private static let runColumns =
    ["fingerprint"] + FrameTotals.fields.map(\.name)
    + [
      "first_time", "last_time", "bucket_ns", "horizon", "tracking_window", "restart_numbers",
      "confirmations", "fastest_frames_per_second", "retire_ns", "from_time", "to_time",
      "reopenings",
    ]

  private func writeLists(of run: Int64) throws {
    try writeList(report.points, of: run, "point", "name") { $0.write(text: $1) }
    try writeList(report.files, of: run, "file", "name") { $0.write(text: $1) }
    try writeList(report.notes, of: run, "note", "text") { $0.write(text: $1) }
    try writeList(options.macsecEtherTypes, of: run, "option_ether_type", "ether_type") {
      $0.write($1)
    }
    try writeList(options.espPorts, of: run, "option_esp_port", "port") { $0.write($1) }
  }

  private func writeList<Element>(
    _ list: [Element], of run: Int64, _ table: StaticString, _ column: String,
    _ write: (inout RowWriter, Element) -> Void
  ) throws {
    try insert(list, into: table, columns: ["run", "position", column]) { row, position, element in
      row.write(run)
      row.write(position)
      write(&row, element)
    }
  }

  private func writeCaptures(of run: Int64) throws {
    let columns = [
      "run", "position", "file", "point", "format", "link_type", "packets", "octets",
      "first_time", "last_time", "damage_offset", "damage_reason", "captured_drops", "time_steps",
      "snap_length", "snapped_frames", "longest_frame_octets",
    ]
    try insert(report.captures, into: "capture", columns: columns) { row, position, capture in
      row.write(run)
      row.write(position)
      row.write(capture.file)
      row.write(capture.point)
      row.write(text: capture.format.rawValue)
      row.write(capture.linkType.rawValue)
      row.write(capture.packets)
      row.write(capture.octets)
      row.write(capture.firstTime)
      row.write(capture.lastTime)
      row.write(capture.damaged?.offset)
      row.write(text: capture.damaged?.reason)
      row.write(capture.capturedDrops)
      row.write(capture.timeSteps)
      row.write(capture.snapLength)
      row.write(capture.snappedFrames)
      row.write(capture.longestFrameOctets)
    }

    let blindColumns = ["run", "position", "point", "start_time", "end_time", "reason", "drops"]
    try insert(report.blindIntervals, into: "blind", columns: blindColumns) {
      row, position, blind in
      row.write(run)
      row.write(position)
      row.write(blind.point)
      row.write(blind.start)
      row.write(blind.end)
      row.write(text: blind.reason.rawValue)
      row.write(blind.drops)
    }

    let lossColumns = [
      "run", "position", "point", "start_time", "end_time", "associations", "active_associations",
      "senders", "gaps", "lost",
    ]
    try insert(report.captureLosses, into: "capture_loss", columns: lossColumns) {
      row, position, loss in
      row.write(run)
      row.write(position)
      row.write(loss.point)
      row.write(loss.start)
      row.write(loss.end)
      row.write(loss.associations)
      row.write(loss.activeAssociations)
      row.write(loss.senders)
      row.write(loss.gaps)
      row.write(loss.lost)
    }
  }

  private func writeApproximations(of run: Int64) throws {
    let figures = Approximation.Figure.allCases
    try insert(
      report.givenUp?.approximations ?? [], into: "approximation",
      columns: ["run", "position", "reason", "limit_value"] + figures.map(\.column)
    ) { row, position, approximation in
      row.write(run)
      row.write(position)
      row.write(text: approximation.reason.rawValue)
      row.write(approximation.limit)
      for figure in figures {
        row.write(approximation.counts.first { $0.figure == figure }?.value)
      }
    }
  }
}

extension RowWriter {
  fileprivate mutating func write(_ totals: FrameTotals) {
    for field in FrameTotals.fields { write(totals[keyPath: field.path]) }
  }

  fileprivate mutating func write(_ options: AnalysisOptions, bucketNanoseconds: Int64?) {
    write(bucketNanoseconds.map { UInt64(clamping: $0) })
    write(options.tracking.horizon)
    write(options.tracking.window)
    write(options.tracking.start)
    write(options.tracking.confirmations)
    write(options.tracking.fastestFramesPerSecond)
    write(options.tracking.retireNanoseconds)
    write(options.from)
    write(options.to)
  }

  mutating func write(_ frame: FrameReference) {
    write(frame.file)
    write(frame.frame)
    write(frame.time)
  }
}
