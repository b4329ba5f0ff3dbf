import CaptureTestSupport
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
      try replay.process.waitForEnd()

      guard let newest = stored.number("SELECT max(run) FROM run"), newest > runs else { continue }
      #expect(try stored.mistakes() == [], "round \(round)")
      runs = newest
      let packets = try #require(stored.number("SELECT packets FROM run WHERE run = \(newest)"))
      // Named alike, as the name is part of the report.
      let folder = files.appendingPathComponent("part-\(round)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let part = folder.appendingPathComponent("sent.pcap")
      try Self.part(of: capture, packets: Int(packets)).write(to: part)
      let whole = StoredRuns(path: folder.appendingPathComponent("whole.db").path)
      try Tool.run(gapscope, "analyze", "-q", part.path, "--database", whole.path)
      #expect(try stored.differences(of: newest, from: whole, run: 1) == [], "round \(round)")
    }
    #expect(runs > 0)
    print("kill -9 of a replay: \(Self.rounds) rounds, \(runs) of them with a run")
  }

  /// Some frames of a capture file in the format pcap, as one.
  private static func part(of capture: Data, from start: Int = 24, packets: Int) -> Data {
    capture[..<24] + capture[start..<end(of: packets, from: start, in: capture)]
  }

  /// Where so many frames end.
  private static func end(of packets: Int, from start: Int, in capture: Data) -> Int {
    (0..<packets).reduce(start) { start, _ in
      let length = capture[(start + 8)..<(start + 12)].reversed().reduce(0) { $0 << 8 | Int($1) }
      return start + 16 + length
    }
  }

  @Test(
    "a capture that is killed amid traffic has a run for each time, with blind intervals between",
    .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
  func capture() throws {
    let network = try TestNetwork()
    // Numbers that rise over all rounds: what two runs had both counted would show.
    let slice = 3_000
    try network.generate(
      "sent.pcap", "--packets", "\(slice * Self.rounds)", "--flows", "20", "--protocol", "mixed",
      "--scenario", "none", "--seed", "3")
    let sent = try Data(contentsOf: URL(fileURLWithPath: network.file("sent.pcap")))
    let stored = StoredRuns(path: network.file("live.db"))
    var random = RandomMoments(seed: Self.seed)
    var runs: Int64 = 0
    var unstored: [Duration] = []
    var next = 24
    for round in 1...Self.rounds {
      let start = next
      next = Self.end(of: slice, from: start, in: sent)
      let before = stored.number("SELECT stored_until FROM progress ORDER BY run DESC LIMIT 1")
      let capture = try network.capture(
        "-i", network.far, "--database", stored.path, "--store-every", "50ms")
      // About a second of traffic.
      let sender = try network.sending(
        "sent.pcap", from: (round - 1) * slice + 1, count: slice, pauseMicroseconds: 10_000)
      if random.below(8) > 0 { stored.wait(for: "SELECT max(run) FROM run") { $0 > runs } }
      usleep(UInt32(random.below(900_000)))
      let killed = Int64(Date().timeIntervalSince1970 * 1e9)
      capture.signal(SIGKILL)
      try capture.process.waitForEnd()
      #expect(try sender.end().status == 0)

      guard let newest = stored.number("SELECT max(run) FROM run"), newest > runs else { continue }
      #expect(try stored.mistakes() == [], "round \(round)")
      #expect(newest == runs + 1)
      let packets = try #require(stored.number("SELECT packets FROM run WHERE run = \(newest)"))
      // What was stored is what came first, all of it, once.
      let part = network.file("part-\(round).pcap")
      try Self.part(of: sent, from: start, packets: Int(packets))
        .write(to: URL(fileURLWithPath: part))
      let whole = StoredRuns(path: network.file("part-\(round).db"))
      try network.gapscope(
        "analyze", "-q", "--point", "\(network.far)=\(part)", "--database", whole.path)
      #expect(try stored.counts(of: newest) == whole.counts(of: 1), "round \(round)")
      #expect(stored.number("SELECT total(lost) FROM association WHERE run = \(newest)") == 0)
      #expect(
        try stored.overlaps(of: newest) == [], "round \(round): counted in an earlier run too")
      runs = newest
      let until = "SELECT stored_until FROM progress WHERE run = \(newest)"
      unstored.append(.nanoseconds(killed - (try #require(stored.number(until)))))
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
    // A machine that stands still for a moment makes one of them long, not half of them.
    unstored.sort()
    let median = try #require(unstored.dropFirst(unstored.count / 2).first)
    #expect(median < .seconds(1), "not stored when it was killed, in the middle of all rounds")
    print(
      "kill -9 of a capture: \(Self.rounds) rounds, \(runs) of them with a run; the last state was "
        + "\(median) old in the middle, \(unstored.last ?? .zero) at most")

    // One that ends as it should is not gone on after.
    for _ in 0..<2 {
      let capture = try network.capture("-i", network.far, "--database", stored.path, "--json")
      try network.send("sent.pcap", count: slice, pauseMicroseconds: 20)
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
