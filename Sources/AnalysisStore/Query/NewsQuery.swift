internal import GRDB
internal import PacketAnalysis

/// What came into a run since it was looked at last.
public struct RunNews: Sendable {
  public var overview: RunOverview
  /// Gaps that were not there, in order of time; where there are many, the last of them.
  public var gaps: [GapRow]
  /// How many more there are.
  public var furtherGaps: Int
  /// In the order in which they came.
  public var events: [EventRow]
  /// With which to look again.
  public var mark: NewsMark
}

/// How far a run was looked at.
public struct NewsMark: Sendable, Equatable {
  struct GapKey: Hashable { var association: UInt64, firstMissing: Int64 }

  var run: Int64
  /// Of the latest gap; `nil`: there was none.
  var gapTime: Int64?
  /// Those within `NewsReader.windowNanoseconds` before it.
  var gaps: Set<GapKey>
  var eventPosition: Int64
}

extension AnalysisReader {
  /// - Parameter mark: `nil`, or that of another run: nothing is new yet.
  public func news(since mark: NewsMark?, run choice: RunChoice) async throws(StoreError) -> RunNews
  {
    try await read(choice) { db, run in
      try NewsReader(db: db, run: run).news(since: mark?.run == run ? mark : nil)
    }
  }
}

/// Looks for what is new, within one transaction.
struct NewsReader {
  let db: Database
  let run: Int64

  static let gapLimit = 100
  /// What of one point is stored may be behind what is stored of another.
  static let windowNanoseconds: Int64 = 5_000_000_000
  /// No more are told apart.
  private static let windowGaps = 10_000

  func news(since mark: NewsMark?) throws -> RunNews {
    let found = try gaps(since: mark)
    let new = mark == nil ? [] : found.new
    let list = GapList(db: db, run: run)
    let files = new.isEmpty ? [:] : try RunList(db: db, run: run).files()
    return RunNews(
      overview: try OverviewReader(db: db, run: run).overview(worst: 0),
      gaps: try new.prefix(Self.gapLimit).reversed().compactMap {
        try list.row(association: $0.position, firstMissing: $0.key.firstMissing, files: files)
      },
      furtherGaps: max(0, new.count - Self.gapLimit),
      events: mark == nil ? [] : try events(after: mark?.eventPosition ?? -1),
      mark: NewsMark(
        run: run, gapTime: found.time, gaps: found.window, eventPosition: try lastEvent()))
  }

  private typealias FoundGap = (position: Int64, key: NewsMark.GapKey)

  static let gapStatement = """
    SELECT g.association, g.first_missing, g.after_time, a.id
    FROM gap AS g INDEXED BY gap_by_time
    CROSS JOIN association AS a ON a.run = g.run AND a.position = g.association
    WHERE g.run = ? AND g.after_time >= ?
    ORDER BY g.after_time DESC, g.association DESC, g.first_missing DESC
    LIMIT \(windowGaps)
    """

  /// The latest first.
  private func gaps(
    since mark: NewsMark?
  ) throws -> (new: [FoundGap], time: Int64?, window: Set<NewsMark.GapKey>) {
    let latest = try Int64.fetchOne(
      db,
      sql: """
        SELECT after_time FROM gap INDEXED BY gap_by_time
        WHERE run = ? AND after_time IS NOT NULL ORDER BY after_time DESC LIMIT 1
        """, arguments: [run])
    guard let latest else { return ([], mark?.gapTime, []) }
    // What was the latest may have healed.
    let start = min(latest, mark?.gapTime ?? latest).subtractingClamping(Self.windowNanoseconds)
    let windowStart = latest.subtractingClamping(Self.windowNanoseconds)
    let rows = try Row.fetchCursor(db, sql: Self.gapStatement, arguments: [run, start])
    var new: [FoundGap] = []
    var window: Set<NewsMark.GapKey> = []
    while let row = try rows.next() {
      let key = NewsMark.GapKey(
        association: UInt64(bitPattern: row["id"]), firstMissing: row["first_missing"])
      if row["after_time"] as Int64 >= windowStart { window.insert(key) }
      if mark?.gaps.contains(key) != true { new.append((row["association"], key)) }
    }
    // Where the window moved back, those behind it were known.
    if let time = mark?.gapTime, latest < time { new = [] }
    return (new, latest, window)
  }

  private func events(after position: Int64) throws -> [EventRow] {
    let list = OccurrenceList(db: db, run: run)
    return try list.events(after: position, limit: Self.gapLimit)
  }

  private func lastEvent() throws -> Int64 {
    try Int64.fetchOne(
      db, sql: "SELECT position FROM event WHERE run = ? ORDER BY position DESC LIMIT 1",
      arguments: [run]) ?? -1
  }
}

extension Int64 {
  fileprivate func subtractingClamping(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? .min : difference
  }
}
