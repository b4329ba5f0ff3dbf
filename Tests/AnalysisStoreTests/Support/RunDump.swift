import GRDB

@testable import AnalysisStore

/// The rows of a run as text, without what two runs of the same analysis differ in.
enum RunDump {
  /// What only a run that lasts has.
  private static let own: Set<String> = ["history", "point_history", "progress", "event"]

  static func tables(of run: Int64, in store: AnalysisStore) throws -> [String: [String]] {
    try store.pool.read { db in
      var tables: [String: [String]] = [:]
      for table in RunRemover.tables where !own.contains(table) {
        let rows = try Row.fetchAll(
          db, sql: "SELECT * FROM \(table) WHERE run = ?", arguments: [run])
        tables[table] = rows.map { row in
          row.filter { $0.0 != "run" && $0.0 != "stored_at" }.map { "\($0.0)=\($0.1)" }
            .joined(separator: " ")
        }.sorted()
      }
      return tables
    }
  }

  /// Where history does not add up to the totals, in words.
  static func historyMistakes(of run: Int64, in store: AnalysisStore) throws -> [String] {
    let columns = [
      "packets", "octets", "lost", "lost_blind", "skipped", "duplicates", "reordered", "suspects",
    ]
    return try store.pool.read { db in
      var mistakes: [String] = []
      for width in [60, 3_600] {
        for column in columns {
          let wrong = try Int.fetchOne(
            db,
            sql: """
              SELECT count(*) FROM association AS a WHERE run = ? AND \(column) <> coalesce((
                SELECT sum(h.\(column)) FROM history AS h INDEXED BY history_by_id
                WHERE h.run = a.run AND h.id = a.id AND h.width_s = ?), 0)
              """, arguments: [run, width])
          if wrong != 0 { mistakes.append("\(column) of \(width) s: \(wrong ?? -1)") }
        }
      }
      for column in columns.dropFirst(2) {
        for width in [1, 60, 3_600] {
          let sums = try Int64.fetchAll(
            db,
            sql: """
              SELECT coalesce(sum(\(column)), 0) FROM association WHERE run = ?1
              UNION ALL
              SELECT coalesce(sum(\(column)), 0) FROM history WHERE run = ?1 AND width_s = ?2
              UNION ALL
              SELECT coalesce(sum(\(column)), 0) FROM point_history WHERE run = ?1 AND width_s = ?2
              """, arguments: [run, width])
          if Set(sums).count != 1 { mistakes.append("sums of \(column), \(width) s: \(sums)") }
        }
      }
      for column in ["packets", "octets"] {
        let sums = try Int64.fetchAll(
          db,
          sql: """
            SELECT coalesce(sum(\(column)), 0) FROM capture WHERE run = ?1
            UNION ALL
            SELECT coalesce(sum(\(column)), 0) FROM point_history WHERE run = ?1 AND width_s = 60
            """, arguments: [run])
        if Set(sums).count != 1 { mistakes.append("\(column) of the points: \(sums)") }
      }
      let lost = try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM history AS h WHERE run = ?
            AND NOT EXISTS (SELECT 1 FROM association AS a WHERE a.run = h.run AND a.id = h.id)
          """, arguments: [run])
      if lost != 0 { mistakes.append("history of no association: \(lost ?? -1)") }
      return mistakes
    }
  }
}
