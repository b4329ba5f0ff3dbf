internal import GRDB

/// Tells whether something changed: the same version, the same answers.
final class DatabaseVersion: Sendable {
  /// `data_version` is to be compared with what the same connection said before.
  private let queue: DatabaseQueue
  private let opening = UInt32.random(in: 0...UInt32.max)

  init(path: String, configuration: Configuration) throws {
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Also which runs go on: that a process is gone is not in the database.
  var text: String {
    get async throws {
      try await queue.read { [opening] db in
        let version = try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
        let rows = try Row.fetchAll(
          db, sql: "SELECT run, process_id, process_started FROM progress WHERE ended = 0")
        let running = rows.filter {
          StoringProcess(id: $0["process_id"], started: $0["process_started"]).isRunning
        }.map { "\($0["run"] as Int64)" }
        return ([String(opening, radix: 36), "\(version)"] + running).joined(separator: "-")
      }
    }
  }
}

extension AnalysisReader {
  /// The same as long as every answer is the same; letters, digits and `-`.
  public func version() async throws(StoreError) -> String {
    do {
      return try await database().version.text
    } catch {
      throw StoreError(error, path: path)
    }
  }
}
