import Foundation
import Testing

/// kill -9 at moments that nobody chose. `KILL_ROUNDS` says how many, `KILL_SEED` which.
@Suite("A process that is killed while it stores", .serialized)
struct KilledTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let rounds =
    environment["KILL_ROUNDS"].flatMap { Int($0) } ?? (environment["CI"] == "true" ? 20 : 5)
  private static let seed = environment["KILL_SEED"].flatMap { UInt64($0) } ?? 1

  @Test("a replay leaves the report of the frames that it had taken, and nothing else")
  func replay() throws {
    let files = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-killed-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: files) }
    func file(_ name: String) -> String { files.appendingPathComponent(name).path }

    let gapscope = Tool.built("gapscope")
    try Tool.run(
      gapscope, "generate", "-o", file("sent.pcap"), "--packets", "20000", "--flows", "40",
      "--protocol", "mixed", "--seed", "3")
    let capture = try Data(contentsOf: URL(fileURLWithPath: file("sent.pcap")))
    let stored = StoredRuns(path: file("live.db"))
    var random = RandomMoments(seed: Self.seed)
    var runs: Int64 = 0
    for round in 1...Self.rounds {
      let replay = try RunningCapture(
        [
          gapscope, "analyze", file("sent.pcap"), "--pps", "8000", "--database", stored.path,
          "--store-every", "50ms", "--json",
        ], in: files, untilListening: false)
      // Now and then before anything is stored, mostly some states later.
      if random.below(8) > 0 { stored.wait(for: "SELECT max(run) FROM run") { $0 > runs } }
      usleep(UInt32(random.below(400_000)))
      replay.signal(SIGKILL)
      replay.process.waitUntilExit()

      guard let newest = stored.number("SELECT max(run) FROM run"), newest > runs else { continue }
      #expect(try stored.mistakes() == [], "round \(round)")
      runs = newest
      let packets = try #require(stored.number("SELECT packets FROM run WHERE run = \(newest)"))
      // Named alike, as the name is part of the report.
      let folder = files.appendingPathComponent("part-\(round)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let part = folder.appendingPathComponent("sent.pcap")
      try Self.prefix(of: capture, packets: Int(packets)).write(to: part)
      let whole = StoredRuns(path: folder.appendingPathComponent("whole.db").path)
      try Tool.run(gapscope, "analyze", "-q", part.path, "--database", whole.path)
      #expect(try stored.differences(of: newest, from: whole, run: 1) == [], "round \(round)")
    }
    #expect(runs > 0)
  }

  /// A capture file in the format pcap, cut behind so many frames.
  private static func prefix(of capture: Data, packets: Int) -> Data {
    var end = 24
    for _ in 0..<packets {
      let length = capture[(end + 8)..<(end + 12)].reversed().reduce(0) { $0 << 8 | Int($1) }
      end += 16 + length
    }
    return capture[..<end]
  }

  @Test(
    "a capture that is killed and started again has runs of its own, and blind intervals between",
    .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
  func capture() throws {
    let network = try TestNetwork()
    try network.generate(
      "sent.pcap", "--packets", "3000", "--flows", "20", "--protocol", "mixed", "--seed", "3")
    let stored = StoredRuns(path: network.file("live.db"))
    var random = RandomMoments(seed: Self.seed)
    var (runs, sent): (Int64, Int64) = (0, 0)
    for round in 1...Self.rounds {
      let before = stored.number("SELECT stored_until FROM progress ORDER BY run DESC LIMIT 1")
      let capture = try network.capture(
        "-i", network.far, "--database", stored.path, "--store-every", "50ms")
      sent += Int64(try network.send("sent.pcap", pauseMicroseconds: 20))
      if random.below(8) > 0 { stored.wait(for: "SELECT max(run) FROM run") { $0 > runs } }
      usleep(UInt32(random.below(200_000)))
      capture.signal(SIGKILL)
      capture.process.waitUntilExit()

      guard let newest = stored.number("SELECT max(run) FROM run"), newest > runs else { continue }
      #expect(try stored.mistakes() == [], "round \(round)")
      #expect(newest == runs + 1)
      runs = newest
      // Of frames that came twice there would be more.
      let packets = try #require(stored.number("SELECT sum(packets) FROM run"))
      #expect(packets <= sent)
      let ended = stored.number("SELECT ended FROM progress WHERE run = \(newest)")
      #expect(ended == 0)
      guard let before else { continue }
      let restart = "FROM blind WHERE run = \(newest) AND reason = 'restart'"
      #expect(stored.number("SELECT count(*) \(restart)") == 1)
      #expect(stored.number("SELECT start_time \(restart)") == before)
      let began = stored.number("SELECT began FROM progress WHERE run = \(newest)")
      #expect(stored.number("SELECT end_time \(restart)") == began)
      let events = "SELECT count(*) FROM event WHERE kind = 'restart' AND run = \(newest)"
      #expect(stored.number(events) == 1)
    }
    #expect(runs > 0)

    // One that ends as it should is not gone on after.
    for _ in 0..<2 {
      let capture = try network.capture("-i", network.far, "--database", stored.path, "--json")
      sent += Int64(try network.send("sent.pcap", pauseMicroseconds: 20))
      capture.signal(SIGINT)
      #expect(try capture.end().status == 0)
      #expect(try stored.mistakes() == [])
    }
    let newest = "(SELECT max(run) FROM run)"
    #expect(stored.number("SELECT count(*) FROM blind WHERE run = \(newest) - 1") == 1)
    #expect(stored.number("SELECT count(*) FROM blind WHERE run = \(newest)") == 0)
    #expect(stored.number("SELECT ended FROM progress WHERE run = \(newest)") == 1)
  }
}

/// SplitMix64: the same moments for the same seed.
private struct RandomMoments {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func below(_ limit: UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return (word ^ word >> 31) % limit
  }
}
