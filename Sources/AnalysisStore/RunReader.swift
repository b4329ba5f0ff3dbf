internal import GRDB
internal import PacketAnalysis

/// Reads a run back, within one transaction of the reader.
struct RunReader {
  let db: Database
  let run: Int64

  func report() throws -> AnalysisReport {
    var report = AnalysisReport()
    report.points = try strings("point", "name")
    report.files = try strings("file", "name")
    report.notes = try notes()
    report.captures = try captures()
    let row = try Row.fetchOne(db, sql: "SELECT * FROM run WHERE run = ?", arguments: [run])
    if let row {
      report.totals = Self.totals(row)
      report.bucketNanoseconds = row["bucket_ns"]
      report.reopenings = row.count("reopenings")
    }
    report.blindIntervals = try blindIntervals()
    report.captureLosses = try captureLosses()
    report.associations = ReportRows(try associations())
    let identifiers = AssociationIdentifiers(inOrder: report.associations.map(\.id))
    report.gaps = ReportRows(try gaps(of: identifiers))
    report.skips = ReportRows(try skips(of: identifiers))
    report.suspectFrames = try suspects(of: identifiers)
    report.buckets = try buckets(of: identifiers)
    report.flows = try flows()
    report.malformed = try malformed()
    return report
  }

  /// The complete runs.
  static func summaries(in db: Database) throws -> [RunSummary] {
    let rows = try Row.fetchAll(db, sql: "SELECT * FROM run WHERE complete = 1 ORDER BY run")
    return try rows.map { try summary($0, in: db) }
  }

  /// The complete runs, the latest first, at most so many.
  static func summaries(in db: Database, latest limit: Int) throws -> [RunSummary] {
    let rows = try Row.fetchAll(
      db, sql: "SELECT * FROM run WHERE complete = 1 ORDER BY run DESC LIMIT ?",
      arguments: [limit])
    return try rows.map { try summary($0, in: db) }
  }

  static func summary(_ row: Row, in db: Database) throws -> RunSummary {
    RunSummary(
      run: row["run"], storedAtSeconds: row["stored_at"], packets: row.count("packets"),
      octets: row.count("octets"), firstTime: row.time("first_time"),
      lastTime: row.time("last_time"),
      options: try RunReader(db: db, run: row["run"]).options(row))
  }

  /// The rows of a table of this run.
  func rows<Element>(
    _ table: String, orderedBy order: String, _ make: (Row) throws -> Element
  ) throws -> [Element] {
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT * FROM \(table) WHERE run = ? ORDER BY \(order)", arguments: [run])
    var elements: [Element] = []
    while let row = try cursor.next() { elements.append(try make(row)) }
    return elements
  }

  private func strings(_ table: String, _ column: String) throws -> [String] {
    try rows(table, orderedBy: "position") { $0[column] }
  }

  private func options(_ row: Row) throws -> AnalysisOptions {
    var options = AnalysisOptions()
    options.tracking.horizon = row.count("horizon")
    options.tracking.window = row.count("tracking_window")
    options.tracking.start = row.count("restart_numbers")
    options.tracking.confirmations = row.integer("confirmations")
    options.tracking.fastestFramesPerSecond = row.count("fastest_frames_per_second")
    options.tracking.retireNanoseconds = row["retire_ns"]
    options.bucketNanoseconds = row["bucket_ns"]
    options.macsecEtherTypes = try rows("option_ether_type", orderedBy: "position") {
      $0.integer("ether_type")
    }
    options.espPorts = try rows("option_esp_port", orderedBy: "position") { $0.integer("port") }
    options.from = row.time("from_time")
    options.to = row.time("to_time")
    return options
  }

  static func totals(_ row: Row) -> FrameTotals {
    var totals = FrameTotals()
    for field in FrameTotals.fields { totals[keyPath: field.path] = row.count(field.name) }
    return totals
  }

  private func captures() throws -> [CaptureSummary] {
    try rows("capture", orderedBy: "position", Self.capture)
  }

  static func capture(_ row: Row) -> CaptureSummary {
    var capture = CaptureSummary(
      file: row.integer("file"), format: CaptureSummary.Format(rawValue: row["format"]) ?? .pcap,
      point: row.integer("point"))
    capture.packets = row.count("packets")
    capture.octets = row.count("octets")
    capture.firstTime = row.time("first_time")
    capture.lastTime = row.time("last_time")
    if let offset = row.optionalCount("damage_offset") {
      capture.damaged = .init(offset: offset, reason: row["damage_reason"] ?? "")
    }
    capture.capturedDrops = row.optionalCount("captured_drops")
    capture.timeSteps = row.count("time_steps")
    capture.snapLength = row.integer("snap_length")
    capture.snappedFrames = row.count("snapped_frames")
    capture.longestFrameOctets = row.integer("longest_frame_octets")
    capture.linkType = LinkType(rawValue: row.integer("link_type"))
    return capture
  }

  private func blindIntervals() throws -> [BlindInterval] {
    try rows("blind", orderedBy: "position", Self.blindInterval)
  }

  func captureLosses() throws -> [CaptureLoss] {
    try rows("capture_loss", orderedBy: "position") { row in
      var loss = CaptureLoss(
        point: row.integer("point"), start: row.time("start_time") ?? .absent,
        end: row.time("end_time") ?? .absent)
      loss.associations = row.integer("associations")
      loss.activeAssociations = row.integer("active_associations")
      loss.senders = row.integer("senders")
      loss.gaps = row.count("gaps")
      loss.lost = row.count("lost")
      return loss
    }
  }

  /// Why the counts of the run are not exact; empty where they are.
  func approximations() throws -> [Approximation] {
    try rows("approximation", orderedBy: "position") { row in
      guard let reason = Approximation.Reason(rawValue: row["reason"]) else {
        throw DanglingReference()
      }
      return Approximation(
        reason: reason, limit: row.optionalCount("limit_value"),
        counts: Approximation.Figure.allCases.compactMap { figure in
          row.optionalCount(figure.column).map { .init(figure, $0) }
        })
    }
  }

  func notes() throws -> [String] { try strings("note", "text") }

  static func blindInterval(_ row: Row) -> BlindInterval {
    BlindInterval(
      point: row.integer("point"), start: row.time("start_time"), end: row.time("end_time"),
      reason: BlindInterval.Reason(rawValue: row["reason"]) ?? .interfaceStatistics,
      drops: row.count("drops"))
  }
}

/// The identifiers of a run's associations by position.
struct AssociationIdentifiers {
  let inOrder: [UInt64]

  /// The identifier of the association that a column names; `nil` where it names none.
  func named(by column: String, of row: Row) throws -> UInt64? {
    guard let position: Int = row.optionalInteger(column) else { return nil }
    guard inOrder.indices.contains(position) else { throw DanglingReference() }
    return inOrder[position]
  }

  func required(by column: String, of row: Row) throws -> UInt64 {
    guard let identifier = try named(by: column, of: row) else { throw DanglingReference() }
    return identifier
  }
}

/// A row names another that is not there: someone edited the database with the constraints off.
struct DanglingReference: Error {}
