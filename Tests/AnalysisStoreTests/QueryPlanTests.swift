import Foundation
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

  /// All that is asked of the database meanwhile, with its plan.
  private func asked(
    _ work: (Database) throws -> Void
  ) throws -> [(sql: String, plan: String)] {
    final class Log: @unchecked Sendable { var statements: Set<String> = [] }
    let log = Log()
    return try store.pool.read { db in
      db.trace { log.statements.insert($0.expandedDescription) }
      try work(db)
      db.trace(options: [])
      return try log.statements.sorted().filter { $0.hasPrefix("SELECT") }.map { sql in
        let rows = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)")
        return (sql, rows.map { $0["detail"] as String }.joined(separator: "\n"))
      }
    }
  }

  /// Whether all rows of a run are looked at in one of the tables that have many; rows that come in
  /// their order come to an end with the page.
  private static func looksAtAll(_ sql: String, _ plan: String) -> Bool {
    let large = "(a|g|t|c|association|gap|bucket|history|channel)"
    let all = #"SCAN \#(large)\b|SEARCH \#(large) USING [^(]*\(run=\?\)"#
    guard plan.range(of: all, options: .regularExpression) != nil else { return false }
    return !sql.contains("LIMIT") || plan.contains("TEMP B-TREE")
  }

  @Test("what is asked each second or first looks at no table as a whole, and sorts nothing")
  func usual() throws {
    let id = try store.pool.read { db in
      try Int64.fetchOne(db, sql: "SELECT id FROM association WHERE run = 1 AND lost > 0 LIMIT 1")
    }
    let association = UInt64(bitPattern: try #require(id))
    let page = PageRequest(limit: 100)
    let losers = ListOrder(AssociationColumn.lost, isDescending: true)
    let questions: [(name: String, ask: (Database) throws -> Void)] = [
      ("summary", { _ = try OverviewReader(db: $0, run: 1).overview(worst: 10) }),
      ("metrics", { _ = try MetricsReader(db: $0, run: 1).metrics(associations: 200) }),
      (
        "stream",
        { db in
          let news = try NewsReader(db: db, run: 1).news(since: nil)
          _ = try NewsReader(db: db, run: 1).news(since: news.mark)
        }
      ),
      (
        "associations",
        { db in
          let list = AssociationList(db: db, run: 1)
          let first = try list.page(AssociationFilter(), losers, page)
          _ = try list.page(
            AssociationFilter(), losers, PageRequest(limit: 100, after: first.next))
          _ = try list.page(AssociationFilter(), ListOrder(.position), page)
        }
      ),
      (
        "association",
        { db in
          let list = AssociationList(db: db, run: 1)
          _ = try list.row(at: #require(try list.position(of: association)))
        }
      ),
      (
        "epochs",
        { db in
          let channel = try Int64.fetchOne(
            db, sql: "SELECT channel FROM association WHERE run = 1 AND id = ?", arguments: [id])
          _ = try AssociationList(db: db, run: 1).epochs(
            ofChannel: #require(channel), of: association, page)
        }
      ),
      (
        "gaps",
        { db in
          _ = try GapList(db: db, run: 1).page(
            GapFilter(), ListOrder(.time, isDescending: true), page)
        }
      ),
      (
        "gaps of one",
        { db in
          var filter = GapFilter()
          filter.association = association
          _ = try GapList(db: db, run: 1).page(filter, ListOrder(.firstMissing), page)
        }
      ),
      ("skips of one", { _ = try FindingList(db: $0, run: 1).skips(of: association, page) }),
      (
        "events",
        { db in
          _ = try OccurrenceList(db: db, run: 1).events(
            OccurrenceFilter(), ListOrder(.time, isDescending: true), page)
        }
      ),
      (
        "series of one",
        { db in
          let position = try AssociationList(db: db, run: 1).position(of: association) ?? 0
          _ = try SeriesReader(db: db, run: 1).series(SeriesRequest()) {
            $0 == .history
              ? .associationHistory(run: 1, id: Int64(bitPattern: association))
              : .buckets(run: 1, association: position)
          }
        }
      ),
      (
        "series of a point",
        { db in
          _ = try SeriesReader(db: db, run: 1).series(
            SeriesRequest(
              from: Timestamp(nanosecondsSinceEpoch: 0), to: Timestamp(nanosecondsSinceEpoch: 1))
          ) { $0 == .history ? .pointHistory(run: 1, point: 0) : .buckets(run: 1, point: 0) }
        }
      ),
    ]
    for (name, ask) in questions {
      let asked = try asked(ask)
      #expect(!asked.isEmpty, "\(name)")
      for (sql, plan) in asked { #expect(!Self.looksAtAll(sql, plan), "\(name): \(sql)\n\(plan)") }
    }
  }

  @Test("the sums over all associations are there, and looked up")
  func sums() throws {
    let plan = try plan(OverviewReader.shareStatement, [1])
    #expect(plan == "SEARCH share USING PRIMARY KEY (run=?)")
    // The test above can fail.
    let sum = "SELECT sum(packets) FROM association AS a WHERE a.run = ?"
    #expect(try Self.looksAtAll(sum, self.plan(sum, [1])))
    let sorted = "SELECT * FROM gap AS g WHERE g.run = ? ORDER BY g.last_missing LIMIT 5"
    #expect(try Self.looksAtAll(sorted, self.plan(sorted, [1])))
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

  @Test("the busiest flows, which is how flows are listed, took a look at all and a sort")
  func flows() throws {
    let query = FlowList.query(
      FlowFilter(), ListOrder(.packets, isDescending: true), run: 1)
    for plan in try plans(query, keys: 1) {
      #expect(plan.contains("SEARCH f USING INDEX flow_by_packets (run=?"), "\(plan)")
      #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
    }
    #expect(try plans(query, keys: 1)[1].contains("(packets,position)<(?,?)"))
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
