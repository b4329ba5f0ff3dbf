import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

/// How SQLite finds the rows: what is asked often must not look at all of them, nor sort them.
@Suite("The plans of queries")
struct QueryPlanTests {
  private let directory: TemporaryDirectory
  private let store: AnalysisStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try AnalysisStore(path: directory.file("results.db"))
    try store.store(RandomReport.make(seed: 1))
  }

  private func plan(_ sql: String, _ arguments: StatementArguments) throws -> String {
    try store.pool.read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: arguments)
        .map { $0["detail"] as String }.joined(separator: "\n")
    }
  }

  private func plans(_ query: ListQuery, keys: Int) throws -> [String] {
    try query.order.parts.indices.flatMap { part in
      let after: (value: PageCursor.Value, key: [Int64]) =
        (.integer(5), Array(repeating: 5, count: keys))
      return try [nil, after].map { start in
        let statement = query.statement(part: part, after: start, limit: 100)
        return try plan(statement.sql, statement.arguments)
      }
    }
  }

  @Test("the worst associations come from their index, the others in the order of the table")
  func worst() throws {
    let query = AssociationList.query(
      AssociationFilter(), ListOrder(.lost, isDescending: true), run: 1)
    let plans = try plans(query, keys: 1)
    #expect(plans.count == 4)
    for plan in plans { #expect(!plan.contains("TEMP B-TREE"), "\(plan)") }
    for plan in plans[2...] { #expect(plan.contains("association_by_lost"), "\(plan)") }
    for plan in plans { #expect(plan.contains("SEARCH a USING"), "\(plan)") }
  }

  @Test("the gaps of a time come from their index, behind a cursor too")
  func gapsByTime() throws {
    let query = GapList.query(
      GapFilter(), at: nil, ListOrder(.time, isDescending: true), run: 1)
    for plan in try plans(query, keys: 2) {
      #expect(plan.contains("SEARCH g USING INDEX gap_by_time"), "\(plan)")
      #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
    }
    // A cursor narrows the search, and is not a condition on every row.
    #expect(try plans(query, keys: 2)[3].contains("(after_time,association,first_missing)<(?,?,?)"))
  }

  @Test("the gaps of an association come from the key")
  func gapsOfAssociation() throws {
    let query = GapList.query(GapFilter(), at: 3, ListOrder(.firstMissing), run: 1)
    for plan in try plans(query, keys: 2) {
      #expect(plan.contains("SEARCH g USING PRIMARY KEY (run=? AND association=?"), "\(plan)")
      #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
    }
  }

  @Test("sums look at each association once and at no gap")
  func sums() throws {
    let plan = try plan(OverviewReader.shareStatement, [1])
    #expect(plan.contains("SEARCH a USING PRIMARY KEY (run=?)"), "\(plan)")
    #expect(plan.contains("SEARCH c USING PRIMARY KEY (run=? AND position=?)"), "\(plan)")
    #expect(!plan.contains("gap"), "\(plan)")
  }

  @Test("the series of an association comes from its index, and of a point from the key")
  func series() throws {
    let time = Timestamp(nanosecondsSinceEpoch: 0)
    for (rows, index) in [
      (
        SeriesRows.associationHistory(run: 1, id: 5),
        "history_by_id (run=? AND id=? AND width_s=? AND start>? AND start<?)"
      ),
      (
        .pointHistory(run: 1, point: 0), "PRIMARY KEY (run=? AND width_s=? AND start>? AND start<?)"
      ),
      (
        .buckets(run: 1, association: 0),
        "bucket_by_association (run=? AND association=? AND start>? AND start<?)"
      ),
    ] {
      let statement = rows.statement("packets", widthSeconds: 60, in: time..<time)
      let plan = try plan(statement.sql, statement.arguments)
      #expect(plan.contains(index), "\(plan)")
      #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
      let first = rows.statement("start", widthSeconds: 60, rest: "ORDER BY start LIMIT 1")
      #expect(try !self.plan(first.sql, first.arguments).contains("TEMP B-TREE"))
    }
  }

  @Test("events come in order of time from their index")
  func events() throws {
    let query = OccurrenceList.events(
      OccurrenceFilter(), ListOrder(.time, isDescending: true), run: 1)
    for plan in try plans(query, keys: 1) {
      #expect(plan.contains("SEARCH e USING INDEX event_by_time"), "\(plan)")
      #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
    }
  }
}

@Suite("A question that takes too long")
struct TimeLimitTests {
  @Test("is given up, and the reader answers the next")
  func endless() async throws {
    let directory = try TemporaryDirectory()
    try AnalysisStore(path: directory.file("results.db")).store(RandomReport.make(seed: 1))
    let reader = AnalysisReader(
      path: directory.file("results.db"), timeLimit: .milliseconds(50))
    for _ in 0..<8 {
      await #expect {
        try await reader.read { db in
          try Int.fetchOne(
            db,
            sql: """
              WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
              SELECT count(*) FROM n
              """)
        }
      } throws: { ($0 as? StoreError)?.problem == .tooSlow }
    }
    let patient = AnalysisReader(path: directory.file("results.db"), timeLimit: .seconds(600))
    #expect(try await patient.runs(limit: 1).count == 1)
  }
}
