import Glibc
internal import GRDB
public import PacketAnalysis

/// A run that was stored while it lasted, and whose process ended without saying so: killed, or with
/// the machine.
public struct InterruptedRun: Sendable, Equatable {
  public var run: Int64
  /// Nothing is known of what came later.
  public var storedUntil: Timestamp
}

extension AnalysisStore {
  /// The newest run that was stored while it lasted at the same points, if it was cut short.
  public func interruptedRun(points: [String]) throws(StoreError) -> InterruptedRun? {
    try StoreError.catching(path: path) {
      try pool.read { db in
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM progress ORDER BY run DESC")
        while let row = try rows.next() {
          let run: Int64 = row["run"]
          let names = try String.fetchAll(
            db, sql: "SELECT name FROM point WHERE run = ? ORDER BY position", arguments: [run])
          guard names == points else { continue }
          let process = StoringProcess(id: row["process_id"], started: row["process_started"])
          let wasCut = row["ended"] == 0 && !process.isRunning
          return wasCut
            ? InterruptedRun(
              run: run, storedUntil: Timestamp(nanosecondsSinceEpoch: row["stored_until"])) : nil
        }
        return nil
      }
    }
  }
}

/// A process by what no other of the machine has in common with it.
struct StoringProcess: Equatable {
  var id: Int64
  /// In clock ticks since the machine began; 0: not known.
  var started: Int64

  static let own = StoringProcess(
    id: Int64(getpid()), started: started(Int64(getpid())) ?? 0)

  var isRunning: Bool { Self.started(id) == started }

  /// The 22nd field of proc(5) stat; the second, a name, is in parentheses and may hold anything.
  private static func started(_ id: Int64) -> Int64? {
    guard let file = fopen("/proc/\(id)/stat", "r") else { return nil }
    defer { fclose(file) }
    var octets = [UInt8](repeating: 0, count: 1_024)
    let count = fread(&octets, 1, octets.count, file)
    guard let name = octets[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = octets[(name + 1)..<count].split(separator: UInt8(ascii: " "))
    guard fields.count > 19 else { return nil }
    return Int64(String(decoding: fields[19], as: UTF8.self))
  }
}
