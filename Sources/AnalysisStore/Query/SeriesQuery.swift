internal import GRDB
public import PacketAnalysis

/// What happened in successive intervals, for a chart.
public struct Series: Sendable, Equatable {
  public enum Source: String, Sendable, CaseIterable {
    /// The differences between the states of a run that lasts.
    case history
    /// The buckets of an analysis.
    case bucket
  }

  public var run: Int64
  /// `nil`: the run was stored without either.
  public var source: Source?
  /// From a multiple of the step since 1970 to another, exclusive; `nil`: nothing was found, and no
  /// range was asked for.
  public var range: Range<Timestamp>?
  public var stepNanoseconds: Int64?
  /// How wide the stored rows are of which each point is a sum.
  public var widthNanoseconds: Int64?
  /// Rows of this width are not there for all that happened: frames to which nothing else happened
  /// may be missing, and what is too old.
  public var isPartial = false
  /// What the rows have.
  public var columns: [SeriesColumn] = []
  /// In order of time, only those in which something happened.
  public var points: [SeriesPoint] = []
}

/// What was counted; the raw value is its name in answers.
public enum SeriesColumn: String, Sendable, CaseIterable {
  case packets, octets, drops, lost, lostBlind, skipped, duplicates, reordered, suspects

  var name: String { self == .lostBlind ? "lost_blind" : rawValue }
}

public struct SeriesPoint: Sendable, Equatable {
  public var start: Timestamp
  /// In the order of `Series.columns`; may be negative where a loss was taken back.
  public var values: [Int64]
}

/// Which intervals are asked for.
public struct SeriesRequest: Sendable, Equatable {
  public static let pointLimits = 1...10_000

  /// `nil`: from the first that is known.
  public var from: Timestamp?
  /// `nil`: to the last that is known.
  public var to: Timestamp?
  /// `nil`: the smallest useful one for which the range has at most `points` intervals.
  public var stepNanoseconds: Int64?
  public var points: Int

  public init(
    from: Timestamp? = nil, to: Timestamp? = nil, stepNanoseconds: Int64? = nil, points: Int = 1_000
  ) {
    (self.from, self.to, self.stepNanoseconds) = (from, to, stepNanoseconds)
    self.points = min(max(points, Self.pointLimits.lowerBound), Self.pointLimits.upperBound)
  }
}

extension AnalysisReader {
  /// What happened to an association; `nil` where the run does not have it.
  public func series(
    ofAssociation id: UInt64, _ request: SeriesRequest, run choice: RunChoice
  ) async throws(StoreError) -> Series? {
    try await read(choice) { db, run in
      let position = try AssociationList(db: db, run: run).position(of: id)
      guard let position else { return nil }
      return try SeriesReader(db: db, run: run).series(request) { source in
        switch source {
        case .history: .associationHistory(run: run, id: Int64(bitPattern: id))
        case .bucket: .buckets(run: run, association: position)
        }
      }
    }
  }

  /// What happened at a point; `nil` where the run does not have it.
  public func series(
    ofPoint name: String, _ request: SeriesRequest, run choice: RunChoice
  ) async throws(StoreError) -> Series? {
    try await read(choice) { db, run in
      let position = try Int64.fetchOne(
        db, sql: "SELECT position FROM point WHERE run = ? AND name = ?", arguments: [run, name])
      guard let position else { return nil }
      return try SeriesReader(db: db, run: run).series(request) { source in
        switch source {
        case .history: .pointHistory(run: run, point: position)
        case .bucket: .buckets(run: run, point: position)
        }
      }
    }
  }
}

/// The rows of one association or point, in order of `start`.
struct SeriesRows {
  /// `FROM` to the last condition but those on `start`; its first argument is the width, if any.
  var source: String
  var arguments: StatementArguments
  var hasWidths = true
  var columns: [SeriesColumn]

  /// Without statistics SQLite prefers the key.
  static func associationHistory(run: Int64, id: Int64) -> SeriesRows {
    SeriesRows(
      source: "FROM history INDEXED BY history_by_id WHERE width_s = ? AND run = ? AND id = ?",
      arguments: [run, id], columns: SeriesColumn.allCases.filter { $0 != .drops })
  }

  static func pointHistory(run: Int64, point: Int64) -> SeriesRows {
    SeriesRows(
      source: "FROM point_history WHERE width_s = ? AND run = ? AND point = ?",
      arguments: [run, point], columns: SeriesColumn.allCases)
  }

  static func buckets(run: Int64, association: Int64) -> SeriesRows {
    SeriesRows(
      source: """
        FROM bucket INDEXED BY bucket_by_association
        WHERE run = ? AND association = ? AND start IS NOT NULL
        """,
      arguments: [run, association], hasWidths: false,
      columns: SeriesColumn.allCases.filter { $0 != .drops && $0 != .lostBlind })
  }

  /// Of its associations; frames of none belong to no point.
  static func buckets(run: Int64, point: Int64) -> SeriesRows {
    SeriesRows(
      source: """
        FROM (
          SELECT bucket.* FROM bucket INDEXED BY bucket_by_time
          CROSS JOIN association AS a ON a.run = bucket.run AND a.position = bucket.association
          CROSS JOIN channel AS c ON c.run = a.run AND c.position = a.channel
          WHERE bucket.run = ? AND c.point = ?
        )
        WHERE start IS NOT NULL
        """,
      arguments: [run, point], hasWidths: false,
      columns: SeriesColumn.allCases.filter { $0 != .drops && $0 != .lostBlind })
  }

  func statement(
    _ columns: String, widthSeconds: Int64, rest: String, _ further: StatementArguments = []
  ) -> (sql: String, arguments: StatementArguments) {
    let width: StatementArguments = hasWidths ? [widthSeconds] : []
    return ("SELECT \(columns) \(source) \(rest)", width + arguments + further)
  }

  /// The rows that begin in a range.
  func statement(
    _ columns: String, widthSeconds: Int64, in range: Range<Timestamp>
  ) -> (sql: String, arguments: StatementArguments) {
    statement(
      columns, widthSeconds: widthSeconds, rest: "AND start >= ? AND start < ? ORDER BY start",
      [range.lowerBound.nanosecondsSinceEpoch, range.upperBound.nanosecondsSinceEpoch])
  }
}

/// Reads series of a run, within one transaction.
struct SeriesReader {
  let db: Database
  let run: Int64

  func series(
    _ request: SeriesRequest, rows: (Series.Source) -> SeriesRows
  ) throws -> Series {
    var series = Series(run: run)
    guard let (source, widths) = try source() else { return series }
    let rows = rows(source)
    series.source = source
    series.columns = rows.columns
    var known = try bounds(rows, widths)
    if source == .history { known = try known.map(cut) }
    guard let from = request.from ?? known?.lowerBound, let to = request.to ?? known?.upperBound
    else { return series }
    let range = from..<max(from, to)
    let choice = try StepChoice(request, range: range, widths: widths) { width, wider, range in
      try isWhole(rows, width, wider, range)
    }
    series.range = range.widened(to: choice.step)
    series.stepNanoseconds = choice.step
    series.widthNanoseconds = choice.width
    series.isPartial = choice.isPartial
    series.points = try points(rows, choice, range.widened(to: choice.step))
    return series
  }

  /// History where the run lasts or lasted, otherwise buckets; with the widths of its rows.
  private func source() throws -> (Series.Source, widths: [Int64])? {
    let lasts = try Int64.fetchOne(
      db, sql: "SELECT run FROM progress WHERE run = ?", arguments: [run])
    if lasts != nil { return (.history, HistoryWriter.widths.map { $0 * 1_000_000_000 }) }
    let width = try Int64.fetchOne(
      db, sql: "SELECT bucket_ns FROM run WHERE run = ? AND bucket_ns IS NOT NULL",
      arguments: [run])
    if let width, width <= 0 { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
    return width.map { (.bucket, [$0]) }
  }

  /// From the first row to the last, by the narrowest ones that reach as far as the widest.
  private func bounds(_ rows: SeriesRows, _ widths: [Int64]) throws -> Range<Timestamp>? {
    var found: (first: Int64, last: Int64)?
    for width in widths.reversed() {
      let row = try ["", " DESC"].map { direction in
        let statement = rows.statement(
          "start", widthSeconds: width / 1_000_000_000, rest: "ORDER BY start\(direction) LIMIT 1")
        return try Int64.fetchOne(db, sql: statement.sql, arguments: statement.arguments)
      }
      guard let first = row[0], let last = row[1] else { continue }
      let end = last.addingReportingOverflow(width).partialValue
      // Rows of a second are not there for everything.
      if let known = found, width > 1_000_000_000 {
        let wider = width * 60
        found = (
          first < known.first &+ wider ? first : known.first,
          end > known.last &- wider ? end : known.last
        )
      } else if found == nil {
        found = (first, end)
      }
    }
    return found.map {
      Timestamp(
        nanosecondsSinceEpoch: $0.first)..<Timestamp(nanosecondsSinceEpoch: max($0.first, $0.last))
    }
  }

  /// Without the time before the run began and after its last state, where that is in the first and
  /// the last minute.
  private func cut(_ range: Range<Timestamp>) throws -> Range<Timestamp> {
    let row = try Row.fetchOne(
      db, sql: "SELECT began, stored_until FROM progress WHERE run = ?", arguments: [run])
    guard let began = row?.time("began"), let end = row?.time("stored_until") else { return range }
    let second: Int64 = 1_000_000_000
    let minute = 60 * second
    let first = began.floored(to: second)
    let last = end.raised(to: second)
    let lower = first.floored(to: minute) == range.lowerBound ? first : range.lowerBound
    let upper = last.raised(to: minute) == range.upperBound ? last : range.upperBound
    return lower < upper ? lower..<upper : range
  }

  /// Whether the rows of a width have all frames that the next wider ones have.
  private func isWhole(
    _ rows: SeriesRows, _ width: Int64, _ wider: Int64, _ range: Range<Timestamp>
  ) throws -> Bool {
    let range = range.widened(to: wider)
    let sums = try [width, wider].map { width in
      let statement = rows.statement(
        "total(packets)", widthSeconds: width / 1_000_000_000, in: range)
      return try Double.fetchOne(db, sql: statement.sql, arguments: statement.arguments)
    }
    return sums[0] == sums[1]
  }

  private func points(
    _ rows: SeriesRows, _ choice: StepChoice, _ range: Range<Timestamp>
  ) throws -> [SeriesPoint] {
    let statement = rows.statement(
      "start, " + rows.columns.map(\.name).joined(separator: ", "),
      widthSeconds: choice.width / 1_000_000_000, in: range)
    let cursor = try Row.fetchCursor(db, sql: statement.sql, arguments: statement.arguments)
    var points: [SeriesPoint] = []
    while let row = try cursor.next() {
      let start = Timestamp(nanosecondsSinceEpoch: row[0]).floored(to: choice.step)
      if points.last?.start != start {
        points.append(
          SeriesPoint(start: start, values: Array(repeating: 0, count: rows.columns.count)))
      }
      for index in rows.columns.indices {
        points[points.count - 1].values[index].addClamped(row[index + 1])
      }
    }
    return points
  }
}

/// How wide the points of a series are, and the rows of which they are sums.
struct StepChoice {
  var step: Int64
  var width: Int64
  var isPartial = false

  /// - Parameter isWhole: whether the rows of a width have what the rows of the next have.
  init(
    _ request: SeriesRequest, range: Range<Timestamp>, widths: [Int64],
    isWhole: (_ width: Int64, _ wider: Int64, Range<Timestamp>) throws -> Bool
  ) throws {
    func hasRows(_ width: Int64) throws -> Bool {
      guard let index = widths.firstIndex(of: width), index + 1 < widths.count else { return true }
      let wider = widths[index + 1]
      return try isWhole(width, wider, range) && hasRows(wider)
    }
    if let step = request.stepNanoseconds {
      let least = Self.step(of: range, points: SeriesRequest.pointLimits.upperBound, widths[0])
      guard let width = widths.last(where: { step.isMultiple(of: $0) }), step >= least else {
        throw UselessStep(leastNanoseconds: least, widthNanoseconds: widths[0])
      }
      (self.step, self.width) = (step, width)
      isPartial = try !hasRows(width)
      return
    }
    // Wider ones where the narrow rows have gone, or never were.
    for base in widths {
      step = Self.step(of: range, points: request.points, base)
      width = widths.last { [step] in step.isMultiple(of: $0) } ?? base
      if try hasRows(width) { return }
    }
    (step, width) = (widths[widths.count - 1], widths[widths.count - 1])
  }

  init(step: Int64, width: Int64) { (self.step, self.width) = (step, width) }

  /// The smallest step of those that people know, a multiple of `width`, with which the range has no
  /// more points.
  static func step(of range: Range<Timestamp>, points: Int, _ width: Int64) -> Int64 {
    func isEnough(_ step: Int64) -> Bool {
      let range = range.widened(to: step)
      let length =
        Int128(range.upperBound.nanosecondsSinceEpoch)
        - Int128(range.lowerBound.nanosecondsSinceEpoch)
      return length <= Int128(step) * Int128(points)
    }
    let familiar = familiarSteps.first { $0.isMultiple(of: width) && isEnough($0) }
    if let familiar { return familiar }
    var step = width
    while !isEnough(step), step < .max / 2 { step *= 2 }
    return step
  }

  private static let familiarSteps: [Int64] = {
    let second: Int64 = 1_000_000_000
    let day = 86_400 * second
    var steps: [Int64] = []
    for power in [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] as [Int64] {
      steps += [power, 2 * power, 5 * power]
    }
    steps += [1, 2, 5, 10, 15, 30].map { $0 * second }
    steps += [1, 2, 5, 10, 15, 30].map { $0 * 60 * second }
    steps += [1, 2, 3, 6, 12].map { $0 * 3_600 * second }
    return steps + [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000].map { $0 * day }
  }()
}

/// The rows do not add up to such steps, or the range has too many of them.
struct UselessStep: Error {
  var leastNanoseconds: Int64
  var widthNanoseconds: Int64
}

extension Timestamp {
  func raised(to step: Int64) -> Timestamp {
    let floor = floored(to: step)
    guard floor < self else { return floor }
    let raised = Int128(floor.nanosecondsSinceEpoch) + Int128(step)
    return Timestamp(nanosecondsSinceEpoch: Int64(clamping: raised))
  }
}

extension Range<Timestamp> {
  fileprivate func widened(to step: Int64) -> Range<Timestamp> {
    lowerBound.floored(to: step)..<upperBound.raised(to: step)
  }
}
