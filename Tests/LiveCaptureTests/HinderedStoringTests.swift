import CaptureTestSupport
import Foundation
import GRDB
import Testing

/// A database that cannot be written as fast as it should be, or not at all.
@Suite("Storing that is hindered", .serialized)
struct HinderedStoringTests {
  private let files: URL

  init() throws {
    files = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-hindered-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    try Tool.run(
      Tool.built("gapscope"), "generate", "-o", file("sent.pcap"), "--packets", "4000", "--flows",
      "20", "--protocol", "mixed", "--seed", "3")
  }

  private func file(_ name: String) -> String { files.appendingPathComponent(name).path }

  /// A replay without an end.
  private func replay(into database: String) throws -> RunningCapture {
    try RunningCapture(
      [
        Tool.built("gapscope"), "analyze", file("sent.pcap"), "--pps", "4000", "--loop",
        "--database", database, "--store-every", "50ms", "--json",
      ], in: files, untilListening: false)
  }

  @Test("while another process holds the lock, states merge; nothing is lost or counted twice")
  func stalled() throws {
    defer { try? FileManager.default.removeItem(at: files) }
    let stored = StoredRuns(path: file("live.db"))
    let replay = try replay(into: stored.path)
    #expect(stored.wait(for: "SELECT states FROM progress") { $0 > 1 })
    let before = try #require(stored.number("SELECT packets FROM run"))
    let late = "SELECT late_states FROM progress"
    var waiting = Configuration()
    waiting.busyMode = .timeout(10)
    let other = try DatabaseQueue(path: stored.path, configuration: waiting)
    // Until the process has run at all meanwhile: the machine may be busy.
    let limit = ContinuousClock.now + .seconds(60)
    repeat {
      try other.writeWithoutTransaction { db in
        try db.execute(sql: "BEGIN IMMEDIATE")
        usleep(700_000)
        try db.execute(sql: "ROLLBACK")
      }
      let states = stored.number("SELECT states FROM progress") ?? 0
      #expect(stored.wait(for: "SELECT states FROM progress") { $0 > states })
    } while stored.number(late) == 0 && ContinuousClock.now < limit
    #expect(try #require(stored.number(late)) > 0)
    #expect(stored.wait(for: "SELECT packets FROM run") { $0 > before })
    #expect(try stored.mistakes(inLoop: true) == [])
    replay.signal(SIGINT)
    let result = try replay.end()
    #expect(result.status == 0)
    #expect(result.error.contains("Note: the database was slow"))
    #expect(try stored.mistakes(inLoop: true) == [])
    let totals = try #require(try result.json()["totals"] as? [String: Int])
    #expect(totals["packets"].map { Int64($0) } == stored.number("SELECT packets FROM run"))
    #expect(stored.number("SELECT ended FROM progress") == 1)
  }

  @Test("a database that was removed took everything, without a word, to where nobody finds it")
  func removed() throws {
    defer { try? FileManager.default.removeItem(at: files) }
    let stored = StoredRuns(path: file("live.db"))
    let replay = try replay(into: stored.path)
    func wait(for text: String) -> Bool {
      let limit = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < limit, !replay.messages.contains(text) { usleep(20_000) }
      return replay.messages.contains(text)
    }
    #expect(stored.wait(for: "SELECT states FROM progress") { $0 > 1 })
    let manager = FileManager.default
    // Put back, it has all of it.
    try manager.moveItem(atPath: stored.path, toPath: file("elsewhere.db"))
    #expect(wait(for: "live.db: was removed, or is another file now; put it back where it was"))
    try manager.moveItem(atPath: file("elsewhere.db"), toPath: stored.path)
    #expect(wait(for: "Note: what could not be stored is stored now"))
    #expect(try stored.mistakes(inLoop: true) == [])

    try manager.removeItem(atPath: stored.path)
    try Data().write(to: URL(fileURLWithPath: stored.path))
    replay.signal(SIGINT)
    let result = try replay.end()
    #expect(result.status == 1)
    #expect(result.error.contains("Error: what was seen after 20"))
    #expect(try #require(try result.json()["totals"] as? [String: Int])["packets"] ?? 0 > 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: stored.path)).isEmpty)
  }

  @Test(
    "a disk that is full is told once; storing goes on when there is space, and the report comes",
    .enabled(if: SmallDisk.obstacle == nil, Comment(rawValue: SmallDisk.obstacle ?? "")))
  func full() throws {
    defer { try? FileManager.default.removeItem(at: files) }
    let disk = try SmallDisk(mebibytes: 8)
    let stored = StoredRuns(path: disk.path + "/live.db")
    let replay = try replay(into: stored.path)
    func errors() -> Int { replay.messages.components(separatedBy: "the disk is full").count - 1 }
    func wait(_ holds: () -> Bool) -> Bool {
      let limit = ContinuousClock.now + .seconds(60)
      while !holds() {
        if ContinuousClock.now > limit || !replay.process.isRunning { return false }
        usleep(20_000)
      }
      return true
    }
    #expect(stored.wait(for: "SELECT states FROM progress") { $0 > 1 })
    #expect(
      wait {
        disk.fill(); return errors() > 0
      })
    let packets = try #require(stored.number("SELECT packets FROM run"))
    disk.free()
    #expect(stored.wait(for: "SELECT failed_states FROM progress") { $0 > 0 })
    #expect(wait { replay.messages.contains("Note: what could not be stored is stored now") })
    #expect(stored.wait(for: "SELECT packets FROM run") { $0 > packets })
    #expect(errors() == 1)
    #expect(try stored.mistakes(inLoop: true) == [])

    // Nothing is free when it ends either.
    #expect(
      wait {
        disk.fill(); return errors() > 1
      })
    replay.signal(SIGINT)
    let result = try replay.end()
    #expect(result.status == 1)
    let totals = try #require(try result.json()["totals"] as? [String: Int])
    #expect(try #require(totals["packets"]) > packets)
    disk.free()
    #expect(try stored.mistakes(inLoop: true) == [])
    #expect(stored.number("SELECT ended FROM progress") == 0)
  }
}
