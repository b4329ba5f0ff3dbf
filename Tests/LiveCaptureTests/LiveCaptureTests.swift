import AnalysisStore
import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

/// Through the command, on a cable of its own: what is sent is known.
@Suite(
  "Live capture", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct LiveCaptureTests {
  private let network: TestNetwork

  init() throws { network = try TestNetwork() }

  private func truth(of capture: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: network.file(capture)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  // MARK: Frames

  @Test(
    "every field of the report is as the truth has it, but for times",
    arguments: [
      ["--protocol", "mixed", "--flows", "20"],
      ["--protocol", "mixed", "--flows", "30", "--vlan-share", "0.5", "--qinq-share", "0.4"],
      ["--protocol", "macsec", "--scenario", "duplicate", "--scenario", "replay", "--flows", "5"],
      ["--flows", "10", "--without-sci-share", "0.5", "--short-frame-share", "0.5"],
    ])
  func truth(options: [String]) throws {
    try network.generate("sent.pcap", "--packets", "12000", "--seed", "11", more: options)
    let capture = try network.capture("-i", network.far, "--count", "12000", "--json")
    #expect(try network.send("sent.pcap") == 12_000)
    let result = try capture.end()
    #expect(result.status == 0)
    #expect(result.error.contains("far0: 12000 packets captured"))
    #expect(result.error.contains(" 0 dropped by kernel"))
    let (seen, known) = (try result.json(), try truth(of: "sent.truth.json"))
    #expect(try ReportShape.text(seen) == ReportShape.text(known))
    #expect(ReportShape.sum(seen, "lostBlind") == 0)
  }

  @Test("VLAN tags that the kernel takes off are in the report")
  func tags() throws {
    try network.generate(
      "sent.pcap", "--packets", "2000", "--flows", "12", "--scenario", "none", "--vlan-share",
      "0.4", "--qinq-share", "0.6")
    let capture = try network.capture("-i", network.far, "--count", "2000", "--json")
    try network.send("sent.pcap")
    let associations = ReportShape.list(try capture.end().json(), "associations")
    let depths = Set(associations.map { ($0["vlans"] as? [Int])?.count })
    #expect(depths == [1, 2])
  }

  @Test("each interface is a point, and its frames count from 1")
  func points() throws {
    try network.generate("sent.pcap", "--packets", "1000", "--flows", "4", "--scenario", "none")
    let capture = try network.capture(
      "-i", network.near, "-i", network.far, "--count", "2000", "--json")
    try network.send("sent.pcap")
    let report = try capture.end().json()
    let captures = ReportShape.list(report, "captures")
    #expect(captures.map { $0["point"] as? String } == ["near0", "far0"])
    #expect(captures.map { $0["packets"] as? Int } == [1_000, 1_000])
    #expect(ReportShape.sum(report, "duplicates") == 0)
    #expect(ReportShape.list(report, "associations").count == 8)
  }

  @Test(
    "frames that this machine sends are those of direction out",
    arguments: [
      ("in", "near0", 0), ("out", "near0", 500), ("both", "near0", 500),
      ("in", "far0", 500), ("out", "far0", 0),
    ])
  func direction(_ direction: String, _ interface: String, _ expected: Int) throws {
    try network.generate("sent.pcap", "--packets", "500", "--flows", "2", "--scenario", "none")
    let capture = try network.capture("-i", interface, "--direction", direction, "--json")
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let captures = ReportShape.list(try capture.end().json(), "captures")
    #expect(captures.map { $0["packets"] as? Int } == [expected])
  }

  @Test("a snap length cuts frames and changes no count")
  func snapLength() throws {
    try network.generate(
      "sent.pcap", "--packets", "3000", "--flows", "9", "--vlan-share", "0.5", "--seed", "5")
    let capture = try network.capture(
      "-i", network.far, "--count", "3000", "--snaplen", "96", "--json")
    try network.send("sent.pcap")
    let report = try capture.end().json()
    #expect(try ReportShape.text(report) == ReportShape.text(truth(of: "sent.truth.json")))
    let first = try #require(ReportShape.list(report, "captures").first)
    #expect(first["snapLength"] as? Int == 96)
    #expect(try #require(first["snappedFrames"] as? Int) > 1_000)
  }

  // MARK: Filters

  @Test(
    "a filter lets through what it lets through of the file",
    arguments: [
      (0.0, "ether proto 0x88e5"), (0.0, "esp or udp port 4500"), (0.0, "not ether proto 0x88e5"),
      (0.0, "less 200"), (0.6, "vlan"), (0.6, "vlan and vlan"), (0.6, "not vlan"),
      (0.6, "vlan and ether proto 0x88e5"),
    ])
  func filter(_ vlanShare: Double, _ filter: String) throws {
    try network.generate(
      "sent.pcap", "--packets", "4000", "--protocol", "mixed", "--flows", "20", "--vlan-share",
      "\(vlanShare)", "--qinq-share", "\(vlanShare / 2)")
    let capture = try network.capture("-i", network.far, "--json", filter)
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let live = try capture.end().json()
    let file = try network.gapscope(
      "analyze", "--json", "--filter", filter, network.file("sent.pcap"))
    let totals = try #require(live["totals"] as? [String: Int])
    #expect(try totals == (file.json()["totals"] as? [String: Int]))
    #expect(try #require(totals["packets"]) > 100)
    #expect(try #require(totals["packets"]) < 4_000)
  }

  @Test("a filter that libpcap does not understand is a mistake in the command line")
  func badFilter() throws {
    let result = try network.gapscope("capture", "-i", network.far, "ether", "protto", "7")
    #expect(result.status == 64)
    #expect(result.error.contains("the filter 'ether protto 7' is not understood"))
  }

  @Test("a filter with a thousand hosts kept libpcap busy for minutes, deaf to signals")
  func longFilter() throws {
    let hosts = (0..<1_200).map { "host 10.\($0 / 250).\($0 % 250).1" }
    let result = try network.gapscope(
      "capture", "-i", network.far, "--duration", "100ms", hosts.joined(separator: " or "))
    #expect(result.status == 64)
    #expect(result.error.contains("the filter is too long for the kernel"))
    let fewer = try network.gapscope(
      "capture", "-i", network.far, "--duration", "100ms",
      hosts.prefix(200).joined(separator: " or "))
    #expect(fewer.status == 0)
  }

  // MARK: What this machine did not see

  @Test("what the kernel drops is explained: every lost packet is one that it counted")
  func drops() throws {
    try network.generate("sent.pcap", "--packets", "60000", "--flows", "8", "--scenario", "none")
    let capture = try network.capture("-i", network.far, "--buffer-size", "1", "--json")
    // While it is stopped nothing empties the ring.
    capture.signal(SIGSTOP)
    try network.send("sent.pcap", count: 30_000, pauseMicroseconds: 0)
    capture.signal(SIGCONT)
    usleep(500_000)
    try network.send("sent.pcap", from: 30_001)
    capture.signal(SIGINT)
    let result = try capture.end()
    let report = try result.json()
    let seen = try #require(ReportShape.list(report, "captures").first)
    let dropped = try #require(seen["capturedDrops"] as? Int)
    #expect(dropped > 1_000)
    #expect(seen["packets"] as? Int == 60_000 - dropped)
    #expect(ReportShape.sum(report, "lost") == dropped)
    #expect(ReportShape.sum(report, "lostBlind") == dropped)
    let blind = ReportShape.list(report, "blind")
    #expect(Set(blind.map { $0["reason"] as? String }) == ["ringFull"])
    #expect(blind.reduce(0) { $0 + ($1["drops"] as? Int ?? 0) } == dropped)
    #expect(
      result.error.hasSuffix(
        "far0: \(60_000 - dropped) packets captured, 60000 received by filter, \(dropped) dropped "
          + "by kernel\n"))
  }

  @Test("the loss of the link is not blind, where the machine dropped at another time")
  func dropsAndLoss() throws {
    // Of a link that loses, of which a part comes while the machine drops.
    try network.generate("sent.pcap", "--packets", "40000", "--flows", "4", "--seed", "3")
    let known = try truth(of: "sent.truth.json")
    let capture = try network.capture("-i", network.far, "--buffer-size", "1", "--json")
    try network.send("sent.pcap", count: 10_000)
    usleep(300_000)
    capture.signal(SIGSTOP)
    try network.send("sent.pcap", from: 10_001, count: 20_000, pauseMicroseconds: 0)
    capture.signal(SIGCONT)
    usleep(500_000)
    try network.send("sent.pcap", from: 30_001)
    capture.signal(SIGINT)
    let report = try capture.end().json()
    let seen = try #require(ReportShape.list(report, "captures").first)
    let dropped = try #require(seen["capturedDrops"] as? Int)
    #expect(dropped > 1_000)
    let (lost, blind) = (ReportShape.sum(report, "lost"), ReportShape.sum(report, "lostBlind"))
    // What was lost before and after is the link's.
    #expect(lost - blind > 0)
    #expect(lost - blind <= ReportShape.sum(known, "lost"))
    #expect(blind <= dropped + ReportShape.sum(known, "lost"))
  }

  @Test("an interface that goes down is waited for, and that time is blind")
  func down() throws {
    try network.generate("sent.pcap", "--packets", "9000", "--flows", "3", "--scenario", "none")
    let capture = try network.capture("-i", network.far, "--json", "ether", "proto", "0x88e5")
    try network.send("sent.pcap", count: 3_000)
    usleep(300_000)
    try network.ip("link", "set", network.far, "down")
    try network.send("sent.pcap", from: 3_001, count: 3_000)
    try network.ip("link", "set", network.far, "up")
    usleep(300_000)
    try network.send("sent.pcap", from: 6_001)
    capture.signal(SIGINT)
    let result = try capture.end()
    let report = try result.json()
    #expect(result.error.contains("far0: 6000 packets captured, 6000 received"))
    #expect(ReportShape.sum(report, "lost") == 3_000)
    #expect(ReportShape.sum(report, "lostBlind") == 3_000)
    #expect(
      ReportShape.list(report, "blind").map { $0["reason"] as? String } == ["interfaceDown"])
  }

  @Test("an interface that is removed and made anew is taken up again, with its filter")
  func madeAnew() throws {
    try network.generate(
      "sent.pcap", "--packets", "6000", "--flows", "3", "--scenario", "none")
    try network.generate("noise.pcap", "--packets", "100", "--flows", "5", "--protocol", "generic")
    let capture = try network.capture("-i", network.far, "--json", "ether", "proto", "0x88e5")
    try network.send("sent.pcap", count: 2_000)
    usleep(300_000)
    try network.ip("link", "delete", network.far)
    usleep(300_000)
    try network.makeCable()
    usleep(500_000)
    try network.send("noise.pcap")
    try network.send("sent.pcap", from: 4_001)
    capture.signal(SIGINT)
    let result = try capture.end()
    let report = try result.json()
    #expect(result.error.contains("far0: 4000 packets captured, 4000 received"))
    #expect(ReportShape.sum(report, "lost") == 2_000)
    #expect(ReportShape.sum(report, "lostBlind") == 2_000)
  }

  // MARK: Its end

  @Test("a signal ends it with what it saw stored and reported", arguments: [SIGINT, SIGTERM])
  func signals(_ signal: Int32) throws {
    try network.generate("sent.pcap", "--packets", "5000", "--flows", "10", "--seed", "9")
    let database = network.file("live.db")
    let capture = try network.capture("-i", network.far, "--database", database, "--json")
    try network.send("sent.pcap")
    capture.signal(signal)
    let result = try capture.end()
    #expect(result.status == 0)
    let known = try truth(of: "sent.truth.json")
    #expect(try ReportShape.text(result.json()) == ReportShape.text(known))
    let store = try AnalysisStore(path: database)
    #expect(try store.runs().map(\.packets) == [5_000])
    let run = try #require(try store.runs().first?.run)
    let stored = try store.readReport(run: run)
    #expect(stored.captures.map(\.format) == [.live])
    #expect(stored.associations.reduce(0) { $0 + Int($1.lost) } == ReportShape.sum(known, "lost"))
  }

  @Test("while it runs the database has what is known, and has it still when it is killed")
  func killed() throws {
    try network.generate("sent.pcap", "--packets", "4000", "--flows", "10", "--seed", "9")
    let database = network.file("live.db")
    let capture = try network.capture(
      "-i", network.far, "--database", database, "--store-every", "100ms")
    try network.send("sent.pcap", count: 2_000)
    let store = try AnalysisStore(path: database)
    func wait(for packets: UInt64) throws -> Int64 {
      for _ in 0..<3_000 {
        if let run = try store.runs().last, run.packets == packets { return run.run }
        usleep(10_000)
      }
      return try #require(nil, "never stored")
    }
    let run = try wait(for: 2_000)
    try network.send("sent.pcap", from: 2_001)
    #expect(try wait(for: 4_000) == run)
    capture.signal(SIGKILL)
    #expect(try capture.end().status == -1)
    #expect(try store.runs().map(\.run) == [run])
    let stored = try store.readReport(run: run)
    let known = try truth(of: "sent.truth.json")
    #expect(stored.associations.reduce(0) { $0 + Int($1.lost) } == ReportShape.sum(known, "lost"))
    #expect(stored.notes.contains { $0.contains("while the capture was running") })
  }

  @Test("--store-every never stores at the end only")
  func storedAtEnd() throws {
    try network.generate("sent.pcap", "--packets", "1000", "--flows", "10", "--scenario", "none")
    let database = network.file("live.db")
    let capture = try network.capture(
      "-i", network.far, "--database", database, "--store-every", "never")
    try network.send("sent.pcap")
    usleep(1_500_000)
    let store = try AnalysisStore(path: database)
    #expect(try store.runs().isEmpty)
    capture.signal(SIGINT)
    #expect(try capture.end().status == 0)
    let runs = try store.runs()
    #expect(runs.map(\.packets) == [1_000])
    #expect(try store.readReport(run: try #require(runs.first).run).notes.isEmpty)
  }

  @Test("a capture went on for months, and stored nothing, where its database could not be opened")
  func noDatabase() throws {
    let kept = network.file("kept.pcapng")
    try Data("what there was".utf8).write(to: URL(fileURLWithPath: kept))
    let result = try network.gapscope(
      "capture", "-i", network.far, "--database", network.file("missing/live.db"), "-w", kept,
      "--duration", "60s")
    #expect(result.status == 1)
    #expect(result.error.hasSuffix("its directory does not exist; create it first\n"))
    #expect(result.output.isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == Data("what there was".utf8))
    try network.generate("sent.pcap", "--packets", "100", "--flows", "2", "--seed", "3")
    for options in [["--pps", "1"], ["--follow"]] {
      let replay = try network.gapscope(
        arguments: [
          "analyze", network.file("sent.pcap"), "--database", network.file("missing/live.db"),
        ] + options)
      #expect(replay.status == 1)
      #expect(replay.output.isEmpty)
    }
  }

  @Test("--duration ends it, without a frame too")
  func duration() throws {
    let result = try network.gapscope("capture", "-i", network.far, "--duration", "200ms")
    #expect(result.status == 0)
    #expect(
      result.error.hasSuffix(
        "far0: 0 packets captured, 0 received by filter, 0 dropped by kernel\n"))
  }

  @Test("--fail-if judges it like a file")
  func threshold() throws {
    try network.generate("sent.pcap", "--packets", "5000", "--flows", "4", "--seed", "9")
    let capture = try network.capture("-i", network.far, "--fail-if", "lost>0")
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    #expect(try capture.end().status == 3)
  }

  // MARK: Permission

  @Test("without permission it says which capability is missing, and how to give it")
  func permission() throws {
    let powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    let result = try network.gapscope("capture", "-i", network.far, prefix: powerless)
    #expect(result.status == 1)
    #expect(result.error.contains("CAP_NET_RAW"))
    #expect(result.error.contains("setcap cap_net_raw+ep"))
    let list = try network.gapscope("interfaces", prefix: powerless)
    #expect(list.status == 0)
    #expect(list.text.contains("None can be captured: needs CAP_NET_RAW"))
  }

  @Test("-Z gives up what only opening needs, and goes on")
  func user() throws {
    try network.generate("sent.pcap", "--packets", "1000", "--flows", "2", "--scenario", "none")
    let capture = try network.capture("-i", network.far, "-Z", "nobody", "--json")
    let status = try String(
      contentsOfFile: "/proc/\(capture.process.identifier)/status", encoding: .utf8)
    let nobody = try Tool.run("id", "-u", "nobody").filter(\.isNumber)
    let users = Array(repeating: nobody[...], count: 4)
    let fields = status.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
    #expect((fields.first { $0.first == "Uid:" }?.dropFirst()).map(Array.init) == users)
    #expect(fields.first { $0.first == "CapPrm:" }?.last?.allSatisfy { $0 == "0" } == true)
    #expect(fields.first { $0.first == "Groups:" }?.contains("0") == false)
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.status == 0)
    #expect(result.error.contains("far0: 1000 packets captured"))
  }

  @Test("where another user cannot be become, nothing said what to do")
  func userRefused() throws {
    let result = try network.gapscope(
      "capture", "-i", network.far, "-Z", "nobody",
      prefix: ["setpriv", "--bounding-set=-setuid,-setgid"])
    #expect(result.status == 1)
    #expect(result.error.contains("Operation not permitted; run it with sudo, or leave out -Z"))
  }

  // MARK: Interfaces

  @Test("interfaces are listed with their state and what keeps them from being captured")
  func interfaces() throws {
    try network.ip("address", "add", "192.0.2.1/24", "dev", network.far)
    try network.ip("link", "set", network.near, "down")
    let list = ReportShape.list(try network.gapscope("interfaces", "--json").json(), "interfaces")
    let far = try #require(list.first { $0["name"] as? String == "far0" })
    #expect(far["state"] as? String == "noCarrier")
    #expect(far["linkType"] as? String == "Ethernet")
    #expect(far["mtu"] as? Int == 9_000)
    #expect(far["addresses"] as? [String] == ["192.0.2.1"])
    #expect(far["obstacle"] is NSNull)
    let near = try #require(list.first { $0["name"] as? String == "near0" })
    #expect(near["state"] as? String == "down")
    #expect((near["obstacle"] as? String)?.contains("ip link set near0 up") == true)
  }

  @Test(
    "what cannot be captured is a clear error",
    arguments: [
      (["-i", "none0"], 1 as Int32, "there is no such interface"),
      (["-i", "any"], 1, "name each with -i"),
      (["-i", "lo"], 1, "sudo ip link set lo up"),
      (["-i", "far0", "-i", "far0"], 64, "named twice"),
      (["-i", "far0", "-Z", "no-such-user"], 1, "there is no such user"),
    ])
  func errors(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let result = try network.gapscope(arguments: ["capture"] + arguments)
    #expect(result.status == status)
    #expect(result.error.contains(message))
  }
}
