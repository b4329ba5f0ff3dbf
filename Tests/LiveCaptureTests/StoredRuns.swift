import Foundation
import GRDB

/// A database that a process of its own writes, looked at from outside.
struct StoredRuns {
  let path: String

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    return try DatabaseQueue(path: path, configuration: configuration).read(body)
  }

  /// A number that a query gives; `nil` as long as the table is not there.
  func number(_ sql: String) -> Int64? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try? read { db in try Int64.fetchOne(db, sql: sql) }
  }

  /// Waits until a condition holds of a number. The limit is generous: the machine may be busy.
  @discardableResult
  func wait(for sql: String, _ holds: (Int64) -> Bool) -> Bool {
    let limit = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < limit {
      if let number = number(sql), holds(number) { return true }
      usleep(20_000)
    }
    return false
  }

  /// What is wrong with the database, in words.
  ///
  /// - Parameter inLoop: files are read again and again, and `capture` tells of the last time only.
  func mistakes(inLoop: Bool = false) throws -> [String] {
    try read { db in
      var mistakes = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      if try db.foreignKeyViolations().next() != nil { mistakes.append("a foreign key") }
      for (name, sql) in Self.rules where !inLoop || !Self.rulesOfCaptures.contains(name) {
        let wrong = try Row.fetchAll(db, sql: sql)
        if !wrong.isEmpty { mistakes.append("\(name): \(wrong)") }
      }
      return mistakes
    }
  }

  private static let rulesOfCaptures = ["packets of captures", "history of a point"]

  /// Each finds what must not be.
  private static let rules: [(String, String)] = {
    var rules = [
      ("a run that is not whole", "SELECT run FROM run WHERE complete = 0"),
      (
        "classes of frames",
        """
        SELECT run FROM run WHERE packets <> macsec + esp + ah + mka + eapol + ike + plain
          + fragments + other + malformed + truncated
        """
      ),
      (
        "packets of captures",
        """
        SELECT run FROM run WHERE NOT (SELECT sum(packets) FROM capture AS c WHERE c.run = run.run)
          BETWEEN packets AND packets + 255
        """
      ),
      (
        "packets of associations",
        """
        SELECT run FROM run WHERE macsec + esp + ah + nested <>
          (SELECT total(packets) FROM association AS a WHERE a.run = run.run)
        """
      ),
      (
        "gaps",
        """
        SELECT run, id FROM association AS a WHERE lost <> (SELECT total(missing) FROM gap AS g
          WHERE g.run = a.run AND g.association = a.position)
        """
      ),
      (
        "history of a point",
        """
        SELECT run FROM capture AS c WHERE packets <> (SELECT total(packets) FROM point_history AS h
          WHERE h.run = c.run AND h.point = c.point AND width_s = 60)
        """
      ),
    ]
    for column in ["packets", "octets", "lost", "duplicates", "reordered", "suspects"] {
      for width in [60, 3_600] {
        rules.append(
          (
            "history of \(column)",
            """
            SELECT run, id FROM association AS a WHERE \(column) <> (
              SELECT total(\(column)) FROM history AS h INDEXED BY history_by_id
              WHERE h.run = a.run AND h.id = a.id AND width_s = \(width))
            """
          ))
      }
    }
    return rules
  }()

  /// The tables of a report in which two runs differ, in two databases; but for what was read of a
  /// file, which is a little more than what a replay had taken.
  func differences(of run: Int64, from other: StoredRuns, run otherRun: Int64) throws -> [String] {
    try Self.tables.filter {
      try rows(of: run, in: $0) != other.rows(of: otherRun, in: $0)
    }
  }

  /// What was counted of a run, without times and places.
  func counts(of run: Int64) throws -> [String] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, packets, octets, lowest_number, highest_number, distinct_numbers, lost, skipped,
            duplicates, reordered, suspects, gaps FROM association WHERE run = ? ORDER BY position
          """, arguments: [run]
      ).map { $0.map { "\($0.0)=\($0.1)" }.joined(separator: " ") }
    }
  }

  /// Associations with numbers that a run before this one has too.
  func overlaps(of run: Int64) throws -> [String] {
    try read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT printf('%016x', a.id) FROM association AS a JOIN association AS b ON b.id = a.id
          WHERE a.run = ? AND b.run < a.run AND b.highest_number >= a.lowest_number
          """, arguments: [run])
    }
  }

  private static let tables = [
    "run", "point", "channel", "association", "further_mac", "gap", "skip", "suspect",
    "flow", "malformed",
  ]

  private func rows(of run: Int64, in table: String) throws -> [String] {
    var own: Set = ["run", "stored_at", "fingerprint"]
    if table == "run" { own.insert("last_time") }
    return try read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM \(table) WHERE run = ?", arguments: [run]).map {
        $0.filter { !own.contains($0.0) }.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
      }.sorted()
    }
  }
}
