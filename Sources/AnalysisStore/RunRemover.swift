internal import GRDB

/// Takes a run out, a transaction for each table; what refers to others goes before them.
///
/// The run stops counting with the first transaction. Cut short, it leaves a run that is not
/// complete, like an import that was cut short.
struct RunRemover {
  let pool: DatabasePool

  static let tables = [
    "event", "bucket", "suspect", "skip", "gap", "further_mac", "association", "channel", "flow",
    "malformed", "blind", "capture", "note", "file", "point", "option_esp_port",
    "option_ether_type", "run",
  ]

  func remove(_ run: Int64) throws {
    try pool.write { db in
      try db.execute(sql: "UPDATE run SET complete = 0 WHERE run = ?", arguments: [run])
    }
    for table in Self.tables {
      try pool.write { db in
        try db.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [run])
      }
    }
  }
}
