import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("Series")
struct SeriesQueryTests {
  private let directory: TemporaryDirectory
  private let store: AnalysisStore
  private let reader: AnalysisReader
  private let report = RandomReport.make(seed: 1)
  private var id: UInt64 { report.associations[0].id }
  private static let second: Int64 = 1_000_000_000
  /// A full day.
  private static let day: Int64 = 20_000 * 86_400 * second

  init() throws {
    directory = try TemporaryDirectory()
    store = try AnalysisStore(path: directory.file("live.db"))
    try store.store(report)
    reader = AnalysisReader(path: directory.file("live.db"), timeLimit: .seconds(600))
  }

  private func time(_ seconds: Int64) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: Self.day + seconds * Self.second)
  }

  /// Frames of an association at seconds of the day, of which some widths keep rows.
  private func fill(
    _ frames: [(second: Int64, packets: Int64, lost: Int64)], widths: [Int64] = [1, 60, 3_600],
    until: Int64
  ) throws {
    let id = Int64(bitPattern: id)
    try store.pool.write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO progress VALUES (1, 0, 1, 1, ?, ?, 1, 0, 0)",
        arguments: [Self.day, Self.day + until * Self.second])
      for (second, packets, lost) in frames {
        for width in widths {
          let start = Self.day + second / width * width * Self.second
          try db.execute(
            sql: """
              INSERT INTO history VALUES (1, ?, ?, ?, ?, 0, ?, 0, 0, 0, 0, 0)
              ON CONFLICT DO UPDATE SET
                packets = packets + excluded.packets, lost = lost + excluded.lost
              """, arguments: [width, start, id, packets, lost])
          try db.execute(
            sql: """
              INSERT INTO point_history VALUES (1, ?, ?, 0, ?, 0, 2, ?, 0, 0, 0, 0, 0)
              ON CONFLICT DO UPDATE SET packets = packets + excluded.packets,
                lost = lost + excluded.lost, drops = drops + 2
              """, arguments: [width, start, packets, lost])
        }
      }
    }
  }

  private func series(_ request: SeriesRequest = SeriesRequest()) async throws -> Series {
    try #require(try await reader.series(ofAssociation: id, request, run: .latest))
  }

  private func counts(_ series: Series, _ column: SeriesColumn) throws -> [[Int64]] {
    let index = try #require(series.columns.firstIndex(of: column))
    return series.points.map {
      [($0.start.nanosecondsSinceEpoch - Self.day) / Self.second, $0.values[index]]
    }
  }

  @Test("points are the sums of what happened in their intervals, losses that healed too")
  func sums() async throws {
    try fill([(1, 10, 0), (2, 10, 5), (3, 10, -2), (8, 7, 0), (61, 1, 1)], until: 62)
    let seconds = try await series()
    #expect(seconds.source == .history && seconds.stepNanoseconds == Self.second)
    #expect(seconds.range == time(0)..<time(62) && !seconds.isPartial)
    #expect(try counts(seconds, .lost) == [[1, 0], [2, 5], [3, -2], [8, 0], [61, 1]])
    let fives = try await series(SeriesRequest(stepNanoseconds: 5 * Self.second))
    #expect(try counts(fives, .packets) == [[0, 30], [5, 7], [60, 1]])
    #expect(try counts(fives, .lost) == [[0, 3], [5, 0], [60, 1]])
    let part = try await series(SeriesRequest(from: time(2), to: time(8)))
    #expect(try counts(part, .packets) == [[2, 10], [3, 10]])
    #expect(!seconds.columns.contains(.drops))
    let point = try #require(
      try await reader.series(ofPoint: report.points[0], SeriesRequest(), run: .latest))
    #expect(try counts(point, .drops) == [[1, 2], [2, 2], [3, 2], [8, 2], [61, 2]])
  }

  @Test("the step is the smallest familiar one with so many points")
  func step() {
    for points in 1...400 {
      let range = time(17)..<time(17 + Int64(points) * 997)
      func count(_ step: Int64) -> Int64 {
        let first = range.lowerBound.floored(to: step).nanosecondsSinceEpoch
        return (range.upperBound.raised(to: step).nanosecondsSinceEpoch - first) / step
      }
      let step = StepChoice.step(of: range, points: points, Self.second)
      #expect(count(step) <= points)
      let smaller = [300, 600, 900].map { $0 * Self.second }.last { $0 < step }
      if let smaller, points > 3 { #expect(count(smaller) > points) }
    }
  }

  @Test("where the rows of seconds lack frames or have gone, minutes are shown; or it is said")
  func missingSeconds() async throws {
    try fill([(1, 10, 1)], until: 300)
    try fill([(2, 5, 0), (200, 5, 0)], widths: [60, 3_600], until: 300)
    let chosen = try await series()
    #expect(chosen.stepNanoseconds == 60 * Self.second && !chosen.isPartial)
    #expect(try counts(chosen, .packets) == [[0, 15], [180, 5]])
    let asked = try await series(SeriesRequest(stepNanoseconds: Self.second))
    #expect(asked.isPartial)
    #expect(try counts(asked, .packets) == [[1, 10]])
    try await store.pool.write { db in
      try db.execute(sql: "DELETE FROM history WHERE width_s < 3600")
    }
    let hours = try await series()
    #expect(hours.widthNanoseconds == 3_600 * Self.second)
    #expect(try counts(hours, .packets) == [[0, 20]])
  }

  @Test("steps that rows cannot add up to, and ranges with too many, are refused")
  func useless() async throws {
    try fill([(1, 10, 1), (40_000, 5, 0)], until: 40_001)
    for (step, least) in [(Self.second / 2, 5), (Self.second, 5), (1_500_000_000, 5)] {
      await #expect {
        try await series(SeriesRequest(stepNanoseconds: step))
      } throws: { error in
        (error as? StoreError)?.problem
          == .uselessStep(
            leastNanoseconds: Int64(least) * Self.second, widthNanoseconds: Self.second)
      }
    }
    _ = try await series(SeriesRequest(stepNanoseconds: 5 * Self.second))
    // All of time.
    let all = try await series(
      SeriesRequest(
        from: Timestamp(nanosecondsSinceEpoch: .min), to: Timestamp(nanosecondsSinceEpoch: .max)))
    #expect(all.points.count == 1)
  }

  @Test("of a run of files they come from the buckets; counts that no number holds stay the most")
  func buckets() async throws {
    for association in report.associations {
      let series = try #require(
        try await reader.series(ofAssociation: association.id, SeriesRequest(), run: .latest))
      #expect(series.source == .bucket)
      let packets = try #require(series.columns.firstIndex(of: .packets))
      let truth = report.buckets.filter { $0.association == association.id && $0.start != nil }
      // The model adds up as the database holds them.
      let sum = truth.reduce(Int64(0)) {
        let (sum, overflow) = $0.addingReportingOverflow(Int64(clamping: $1.packets))
        return overflow ? .max : sum
      }
      let found = series.points.reduce(Int64(0)) {
        let (sum, overflow) = $0.addingReportingOverflow($1.values[packets])
        return overflow ? .max : sum
      }
      #expect(found == sum)
    }
    for (point, name) in report.points.enumerated() {
      let series = try #require(
        try await reader.series(ofPoint: name, SeriesRequest(), run: .latest))
      #expect(series.source == .bucket && !series.columns.contains(.drops))
      let own = Set(report.associations.filter { Int($0.key.point) == point }.map(\.id))
      let step = series.stepNanoseconds ?? 1
      let lost = try #require(series.columns.firstIndex(of: .lost))
      var truth: [Timestamp: Int64] = [:]
      for bucket in report.buckets where own.contains(bucket.association) {
        guard let start = bucket.start?.floored(to: step) else { continue }
        let (sum, overflow) = Int64(clamping: bucket.lost)
          .addingReportingOverflow(truth[start] ?? 0)
        truth[start] = overflow ? .max : sum
      }
      #expect(!truth.isEmpty)
      let found = series.points.map { ($0.start, $0.values[lost]) }
      #expect(Dictionary(uniqueKeysWithValues: found) == truth)
    }
    #expect(try await reader.series(ofPoint: "nowhere", SeriesRequest(), run: .latest) == nil)
    #expect(try await reader.series(ofAssociation: 1, SeriesRequest(), run: .latest) == nil)
  }

  @Test("the epochs, skips and suspects of an association are those of the report")
  func findings() async throws {
    for association in report.associations {
      let id = association.id
      let skips = try #require(
        try await reader.skips(
          ofAssociation: id, page: PageRequest(limit: 1_000), run: .latest))
      #expect(skips.rows.map(\.range) == report.skips.filter { $0.association == id })
      let suspects = try #require(
        try await reader.suspects(
          ofAssociation: id, page: PageRequest(limit: 1_000), run: .latest))
      #expect(suspects.rows.map(\.suspect) == report.suspectFrames.filter { $0.association == id })
      let epochs = try #require(
        try await reader.epochs(
          ofAssociation: id, page: PageRequest(limit: 1_000), run: .latest))
      #expect(epochs.rows.contains { $0.summary == association })
      #expect(epochs.rows.allSatisfy { $0.summary.channel == association.channel })
    }
  }
}

extension AssociationSummary {
  /// The key without the Association Number.
  fileprivate var channel: AssociationKey {
    var key = key
    if case .macsec(var identity) = key.identity {
      identity.an = 0
      key.identity = .macsec(identity)
    }
    return key
  }
}
