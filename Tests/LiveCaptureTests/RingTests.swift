import CaptureTestSupport
import Foundation
import Testing

/// Several rings share the channels of an interface, and what is reported is what one reports.
@Suite(
  "Captures with several rings", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct RingTests {
  private let network: TestNetwork

  init() throws { network = try TestNetwork() }

  private func truth() throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: network.file("sent.truth.json")))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// As the last lines have it.
  private func packetsByRing(_ result: ProcessOutcome) throws -> [Int] {
    let line = try #require(
      result.error.firstMatch(of: /packets of its rings: ([0-9 +]+)/), "\(result.error)")
    return line.output.1.split(separator: " + ").compactMap { Int($0) }
  }

  @Test(
    "the report is that of the truth, and each ring has a share",
    arguments: [
      ["--protocol", "mixed", "--vlan-share", "0.5", "--qinq-share", "0.3"],
      [
        "--protocol", "macsec", "--scenario", "loss", "--scenario", "reorder", "--scenario",
        "rekey",
      ],
      [
        "--protocol", "ipsec", "--ipv6-share", "0.5", "--nat-traversal-share", "0.5",
        "--vlan-share", "0.3", "--qinq-share", "0.2",
      ],
      [
        "--without-sci-share", "0.5", "--short-frame-share", "0.5", "--integrity-only-share", "0.5",
        "--scenario", "duplicate", "--scenario", "replay", "--scenario", "forged", "--scenario",
        "restart",
      ],
      ["--protocol", "generic", "--ipv6-share", "0.5", "--qinq-share", "0.3"],
    ])
  func truth(options: [String]) throws {
    try network.generate(
      "sent.pcap", "--packets", "20000", "--flows", "60", "--seed", "21", more: options)
    let capture = try network.capture(
      "-i", network.far, "--rings", "3", "--count", "20000", "--json")
    #expect(try network.send("sent.pcap") == 20_000)
    let result = try capture.end()
    #expect(result.status == 0)
    let (seen, known) = (try result.json(), try truth())
    let places: Set = ["frame"]
    #expect(
      try ReportShape.text(seen, without: places) == ReportShape.text(known, without: places))
    // Nor was an association seen in two of them.
    #expect(seen["notes"] as? [String] == [])
    let packets = try packetsByRing(result)
    #expect(packets.reduce(0, +) == 20_000)
    #expect(packets.count == 3)
    #expect(packets.allSatisfy { $0 > 1_000 })
  }

  @Test("all ANs of a channel fall on one ring")
  func channel() throws {
    // A sender of MACsec that changes its AN again and again.
    try network.generate(
      "sent.pcap", "--packets", "6000", "--flows", "1", "--scenario", "rekey:times=3",
      "--without-sci-share", "0")
    let capture = try network.capture(
      "-i", network.far, "--rings", "4", "--count", "6000", "--json")
    try network.send("sent.pcap")
    let result = try capture.end()
    let associations = ReportShape.list(try result.json(), "associations")
    #expect(Set(associations.compactMap { $0["an"] as? Int }).count == 4)
    #expect(try packetsByRing(result).sorted() == [0, 0, 0, 6_000])
  }

  @Test(
    "each frame is seen once in each direction",
    arguments: [
      ("in", "near0", 0), ("out", "near0", 2_000), ("both", "near0", 2_000),
      ("in", "far0", 2_000), ("out", "far0", 0),
    ])
  func direction(_ direction: String, _ interface: String, _ expected: Int) throws {
    try network.generate("sent.pcap", "--packets", "2000", "--flows", "20", "--protocol", "mixed")
    let capture = try network.capture(
      "-i", interface, "--rings", "2", "--direction", direction, "--json")
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let result = try capture.end()
    let report = try result.json()
    let captures = ReportShape.list(report, "captures")
    #expect(captures.map { $0["packets"] as? Int } == [expected])
    #expect(result.error.contains("\(expected) packets captured, \(expected) received by filter"))
    if expected > 0 { #expect(try packetsByRing(result).allSatisfy { $0 > 100 }) }
    #expect(
      try ReportShape.sum(report, "packets")
        == (expected == 0 ? 0 : ReportShape.sum(truth(), "packets")))
  }

  @Test("what is sent while it begins is seen once, and no gap comes of it")
  func beginning() throws {
    try network.generate("sent.pcap", "--packets", "60000", "--flows", "40", "--scenario", "none")
    let sending = try network.sending("sent.pcap", pauseMicroseconds: 2_000)
    let capture = try network.capture("-i", network.far, "--rings", "4", "--json")
    _ = try sending.end()
    capture.signal(SIGINT)
    let report = try capture.end().json()
    let captures = ReportShape.list(report, "captures")
    let packets = try #require(captures.first?["packets"] as? Int)
    #expect(packets > 0)
    #expect(ReportShape.sum(report, "packets") == packets)
    for count in ["lost", "duplicates", "reordered", "suspects"] {
      #expect(ReportShape.sum(report, count) == 0, "\(count)")
    }
    #expect(report["notes"] as? [String] == [])
  }

  @Test("channels stay on their rings when the interface goes down and up")
  func down() throws {
    try network.generate("sent.pcap", "--packets", "9000", "--flows", "30", "--scenario", "none")
    let capture = try network.capture("-i", network.far, "--rings", "3", "--json")
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
    #expect(ReportShape.list(report, "associations").count == 30)
    #expect(report["notes"] as? [String] == [])
    #expect(ReportShape.sum(report, "lost") == 3_000)
    #expect(ReportShape.sum(report, "lostBlind") == 3_000)
    #expect(
      ReportShape.list(report, "blind").map { $0["reason"] as? String } == ["interfaceDown"])
  }

  @Test("an interface that is made anew gets new rings, with the filter")
  func madeAnew() throws {
    try network.generate("sent.pcap", "--packets", "6000", "--flows", "20", "--scenario", "none")
    try network.generate("noise.pcap", "--packets", "100", "--flows", "5", "--protocol", "generic")
    let capture = try network.capture(
      "-i", network.far, "--rings", "2", "--json", "ether", "proto", "0x88e5")
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
    #expect(report["notes"] as? [String] == [])
  }

  @Test("what the kernel drops is explained, and the file says the same")
  func drops() throws {
    try network.generate("sent.pcap", "--packets", "60000", "--flows", "40", "--scenario", "none")
    let written = network.file("written.pcapng")
    let capture = try network.capture(
      "-i", network.far, "--rings", "2", "--buffer-size", "1", "--json", "-w", written)
    capture.signal(SIGSTOP)
    try network.send("sent.pcap", count: 50_000, pauseMicroseconds: 0)
    capture.signal(SIGCONT)
    usleep(500_000)
    try network.send("sent.pcap", from: 50_001)
    capture.signal(SIGINT)
    let live = try capture.end().json()
    let seen = try #require(ReportShape.list(live, "captures").first)
    let dropped = try #require(seen["capturedDrops"] as? Int)
    #expect(dropped > 1_000)
    #expect(seen["packets"] as? Int == 60_000 - dropped)
    let file = try network.gapscope("analyze", "--json", written)
    #expect(file.status == 0)
    for report in [live, try file.json()] {
      #expect(ReportShape.list(report, "captures").first?["capturedDrops"] as? Int == dropped)
      #expect(ReportShape.sum(report, "lost") == dropped)
      #expect(ReportShape.sum(report, "lostBlind") == dropped)
    }
  }

  @Test("a state that is stored while threads take frames is one moment of all rings")
  func stored() throws {
    try network.generate(
      "sent.pcap", "--packets", "60000", "--flows", "40", "--protocol", "mixed", "--seed", "4")
    let stored = StoredRuns(path: network.file("live.db"))
    let capture = try network.capture(
      "-i", network.far, "--rings", "3", "--database", stored.path, "--store-every", "20ms",
      "--json")
    let sending = try network.sending("sent.pcap", pauseMicroseconds: 1_000)
    #expect(stored.wait(for: "SELECT states FROM progress") { $0 > 1 })
    while sending.process.isRunning { #expect(try stored.mistakes(inLoop: false) == []) }
    #expect(stored.wait(for: "SELECT packets FROM run") { $0 == 60_000 })
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.status == 0)
    #expect(try stored.mistakes(inLoop: false) == [])
    let places: Set = ["frame"]
    #expect(
      try ReportShape.text(result.json(), without: places)
        == ReportShape.text(truth(), without: places))
  }
}
