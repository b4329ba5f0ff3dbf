internal import GRDB

/// Takes a run out, what refers to others before them.
///
/// The caller does it in one transaction. In several, a process that is still writing the run could
/// put rows where others are already gone, and complete what is no longer whole.
enum RunRemover {
  static let tables = [
    "point_history", "history", "progress", "event", "bucket", "suspect", "skip", "gap",
    "share", "further_mac", "association_approximation", "association", "channel", "flow",
    "malformed", "blind", "capture_loss", "capture", "note", "approximation", "file", "point",
    "option_esp_port", "option_ether_type", "run",
  ]

  static func remove(_ run: Int64, in db: Database) throws {
    for table in tables {
      try db.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [run])
    }
  }
}
