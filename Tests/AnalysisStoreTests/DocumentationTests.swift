import Foundation
import GRDB
import Testing

@testable import AnalysisStore

@Suite("docs/database.md")
struct DocumentationTests {
  private static let text: String = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/database.md")
    return (try? String(contentsOf: url, encoding: .utf8)) ?? ""
  }()

  /// What stands between ```sql and ```.
  private static let queries: [String] = text.components(separatedBy: "```sql\n").dropFirst().map {
    $0.components(separatedBy: "```").first ?? ""
  }

  @Test("has at least five queries")
  func number() { #expect(Self.queries.count >= 5) }

  @Test("each of its queries gives rows", arguments: Self.queries)
  func query(sql: String) throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    try store.store(RandomReport.make(seed: 1, associations: 300))
    let rows = try store.pool.read { db in try Row.fetchAll(db, sql: sql) }
    #expect(!rows.isEmpty)
  }

  @Test("names every table, view and column")
  func columns() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("results.db"))
    let names = try store.pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT m.name AS 'table', c.name AS 'column'
          FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c
          WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'grdb_migrations'
          """
      ).map { ($0["table"] as String, $0["column"] as String) }
    }
    #expect(names.count > 100)
    for (table, column) in names {
      let section = Self.text.components(separatedBy: "\n### `\(table)`").dropFirst().first?
        .components(separatedBy: "\n### ").first
      #expect(section?.contains("`\(column)`") == true, "\(table).\(column)")
    }
  }
}
