import CaptureTestSupport
import Foundation
import GRDB
import Testing

/// What signals ask of a run that lasts.
@Suite("Signals", .serialized)
struct SignalTests {
  private let files: URL
  private let gapscope = Tool.built("gapscope")

  init() throws {
    files = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-signals-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    try Tool.run(
      gapscope, "generate", "-o", file("sent.pcap"), "--packets", "4000", "--flows", "20",
      "--protocol", "mixed", "--seed", "3")
  }

  private func file(_ name: String) -> String { files.appendingPathComponent(name).path }

  private func replay(_ arguments: String...) throws -> RunningCapture {
    try RunningCapture(
      [gapscope, "analyze", file("sent.pcap"), "--pps", "4000", "--loop", "--json"] + arguments,
      in: files, untilListening: false)
  }

  private func wait(_ holds: () throws -> Bool) rethrows -> Bool {
    let limit = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < limit {
      if try holds() { return true }
      usleep(20_000)
    }
    return false
  }

  @Test(
    "while another process holds the lock the end does not wait for it, and what is not stored is said",
    arguments: [SIGINT, SIGTERM])
  func lockedAtTheEnd(signal: Int32) throws {
    defer { try? FileManager.default.removeItem(at: files) }
    let stored = StoredRuns(path: file("live.db"))
    let replay = try replay("--database", stored.path, "--store-every", "50ms")
    #expect(stored.wait(for: "SELECT states FROM progress") { $0 > 1 })
    var waiting = Configuration()
    waiting.busyMode = .timeout(10)
    let other = try DatabaseQueue(path: stored.path, configuration: waiting)
    let result = try other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      // A state waits for the lock by now, or soon does.
      usleep(100_000)
      let begin = ContinuousClock.now
      replay.signal(signal)
      let result = try replay.end()
      // It takes two seconds; each of two states that waited as long as they may would take ten.
      #expect(ContinuousClock.now - begin < .seconds(9))
      try db.execute(sql: "ROLLBACK")
      return result
    }
    #expect(result.status == 1)
    #expect(result.error.contains("live.db: locked by another process"))
    #expect(result.error.contains("Error: what was seen after 20"))
    let totals = try #require(try result.json()["totals"] as? [String: Int])
    #expect(try #require(totals["packets"]) > 0)
    #expect(stored.number("SELECT ended FROM progress") == 0)
    #expect(try stored.mistakes(inLoop: true) == [])
  }

  @Test("a second signal ends at once, with nothing said of what was seen")
  func second() throws {
    defer { try? FileManager.default.removeItem(at: files) }
    let stored = StoredRuns(path: file("live.db"))
    let replay = try replay("--database", stored.path, "--store-every", "50ms")
    #expect(stored.wait(for: "SELECT states FROM progress") { $0 > 1 })
    let other = try DatabaseQueue(path: stored.path)
    let result = try other.writeWithoutTransaction { db in
      while (try? db.execute(sql: "BEGIN IMMEDIATE")) == nil { usleep(1_000) }
      // After one of them it would wait for the lock.
      replay.signal(SIGINT)
      replay.signal(SIGTERM)
      let result = try replay.end()
      try db.execute(sql: "ROLLBACK")
      return result
    }
    #expect(result.status == 130)
    #expect(result.output.isEmpty)
  }

  @Test("SIGUSR1 prints statistics, and the replay goes on")
  func statistics() throws {
    defer { try? FileManager.default.removeItem(at: files) }
    let replay = try replay("--quiet", "--database", file("live.db"), "--store-every", "50ms")
    let stored = StoredRuns(path: file("live.db"))
    #expect(stored.wait(for: "SELECT packets FROM run") { $0 > 0 })
    for count in 1...2 {
      replay.signal(SIGUSR1)
      #expect(wait { replay.messages.components(separatedBy: "Statistics: ").count == count + 1 })
    }
    // What is in the database may be there before the process itself knows.
    #expect(
      wait {
        replay.signal(SIGUSR1)
        return replay.messages.contains("live.db: stored until 20")
      })
    replay.signal(SIGINT)
    let result = try replay.end()
    #expect(result.status == 0)
    #expect(result.error.contains("associations, "))
  }

  @Test(
    "SIGUSR1 prints what became of the frames of a capture",
    .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
  func statisticsOfCapture() throws {
    let network = try TestNetwork()
    try network.generate("sent.pcap", "--packets", "100", "--flows", "2", "--seed", "3")
    let capture = try network.capture("-i", network.far, "--database", network.file("live.db"))
    let sent = try network.send("sent.pcap")
    let line = "\(network.far): \(sent) packets captured, \(sent) received by filter, 0 dropped"
    #expect(
      wait {
        capture.signal(SIGUSR1)
        return capture.messages.contains(line)
      })
    #expect(capture.messages.contains("Statistics: \(sent) packets in "))
    // Once captures did not say it, and only replays did.
    #expect(
      wait {
        capture.signal(SIGUSR1)
        return capture.messages.contains("live.db: stored until 20")
      })
    capture.signal(SIGINT)
    #expect(try capture.end().status == 0)
  }

  @Test("a capture that is followed is stored while it grows; killed, it leaves what was in it")
  func followed() throws {
    defer { try? FileManager.default.removeItem(at: files) }
    let whole = try Data(contentsOf: files.appendingPathComponent("sent.pcap"))
    // Cut between two frames.
    var end = 24
    while end < whole.count / 2 {
      end += 16 + whole[(end + 8)..<(end + 12)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let growing = files.appendingPathComponent("growing.pcap")
    try whole[..<end].write(to: growing)
    let stored = StoredRuns(path: file("live.db"))
    func follow() throws -> RunningCapture {
      try RunningCapture(
        [
          gapscope, "analyze", "--follow", growing.path, "--database", stored.path,
          "--store-every", "50ms", "--json",
        ], in: files, untilListening: false)
    }
    func analyzed(into name: String) throws -> StoredRuns {
      let analyzed = StoredRuns(path: file(name))
      try Tool.run(gapscope, "analyze", "-q", growing.path, "--database", analyzed.path)
      return analyzed
    }
    let half = try analyzed(into: "half.db")
    let packets = try #require(half.number("SELECT packets FROM run"))
    let killed = try follow()
    #expect(stored.wait(for: "SELECT packets FROM run") { $0 == packets })
    killed.signal(SIGKILL)
    try killed.process.waitForEnd()
    #expect(try stored.mistakes() == [])
    #expect(try stored.differences(of: 1, from: half, run: 1) == [])
    #expect(stored.number("SELECT ended FROM progress WHERE run = 1") == 0)

    // Begun anew it has all of it, once.
    let again = try follow()
    #expect(stored.wait(for: "SELECT packets FROM run WHERE run = 2") { $0 == packets })
    let handle = try FileHandle(forWritingTo: growing)
    try handle.seekToEnd()
    try handle.write(contentsOf: whole[end...])
    try handle.close()
    let all = try analyzed(into: "all.db")
    let total = try #require(all.number("SELECT packets FROM run"))
    #expect(stored.wait(for: "SELECT packets FROM run WHERE run = 2") { $0 == total })
    again.signal(SIGINT)
    #expect(try again.end().status == 0)
    #expect(try stored.mistakes() == [])
    #expect(try stored.differences(of: 2, from: all, run: 1) == [])
    let minutes = "SELECT sum(packets) FROM point_history WHERE run = 2 AND width_s = 60"
    #expect(stored.number(minutes) == total)
  }
}
