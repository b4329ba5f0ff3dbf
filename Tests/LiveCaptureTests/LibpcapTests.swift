import CaptureTestSupport
import Foundation
import Testing

/// Frames that come through libpcap are reported as those of a ring are.
@Suite(
  "Captures through libpcap", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct LibpcapTests {
  private let network: TestNetwork

  init() throws { network = try TestNetwork() }

  private func capture(_ options: String...) throws -> RunningCapture {
    try network.capture(
      arguments: ["-i", network.far, "--source", "libpcap", "--json"] + options)
  }

  @Test(
    "every field of the report is as the truth has it, and the file is the same",
    arguments: [
      ["--protocol", "mixed", "--vlan-share", "0.5", "--qinq-share", "0.4"],
      ["--scenario", "loss", "--scenario", "duplicate", "--scenario", "replay"],
    ])
  func truth(options: [String]) throws {
    try network.generate(
      "sent.pcap", "--packets", "12000", "--flows", "20", "--seed", "11", more: options)
    let written = network.file("written.pcapng")
    let capture = try capture("--count", "12000", "-w", written)
    #expect(try network.send("sent.pcap") == 12_000)
    let result = try capture.end()
    #expect(result.status == 0)
    #expect(
      result.error.hasSuffix(
        "far0: 12000 packets captured, 12000 received by filter, 0 dropped by kernel\n"))
    let data = try Data(contentsOf: URL(fileURLWithPath: network.file("sent.truth.json")))
    let truth = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let known = try ReportShape.text(truth)
    #expect(try ReportShape.text(result.json()) == known)
    let file = try network.gapscope("analyze", "--json", written)
    #expect(try ReportShape.text(file.json()) == known)
  }

  @Test("a signal ends it with all that came before")
  func ended() throws {
    try network.generate("sent.pcap", "--packets", "5000", "--flows", "3", "--scenario", "none")
    let capture = try capture("-s", "96")
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.error.contains("far0: 5000 packets captured, 5000 received"))
    #expect(try ReportShape.sum(result.json(), "lost") == 0)
  }

  @Test("a filter is the kernel's")
  func filter() throws {
    try network.generate(
      "sent.pcap", "--packets", "4000", "--flows", "8", "--protocol", "mixed", "--scenario", "none")
    let capture = try capture("-f", "esp")
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let report = try capture.end().json()
    let esp = try network.gapscope("analyze", "--json", "-f", "esp", network.file("sent.pcap"))
    func associations(_ report: [String: Any]) throws -> String {
      try ReportShape.text(["associations": ReportShape.list(report, "associations")])
    }
    #expect(try associations(report) == associations(esp.json()))
    let totals = try #require(report["totals"] as? [String: Any])
    #expect(totals["packets"] as? Int == totals["esp"] as? Int)
  }

  @Test("what finds no room is counted, and every loss is explained by it")
  func drops() throws {
    try network.generate("sent.pcap", "--packets", "30000", "--flows", "8", "--scenario", "none")
    let capture = try capture("--buffer-size", "1")
    capture.signal(SIGSTOP)
    try network.send("sent.pcap", count: 20_000)
    capture.signal(SIGCONT)
    usleep(500_000)
    try network.send("sent.pcap", from: 20_001)
    capture.signal(SIGINT)
    let report = try capture.end().json()
    let seen = try #require(ReportShape.list(report, "captures").first)
    let dropped = try #require(seen["capturedDrops"] as? Int)
    #expect(dropped > 1_000)
    #expect(seen["packets"] as? Int == 30_000 - dropped)
    #expect(ReportShape.sum(report, "lost") == dropped)
    #expect(ReportShape.sum(report, "lostBlind") == dropped)
  }

  @Test(
    "an interface that goes down, or is made anew, is taken up again", arguments: [false, true])
  func takenUp(isAnew: Bool) throws {
    try network.generate("sent.pcap", "--packets", "9000", "--flows", "3", "--scenario", "none")
    let capture = try capture()
    try network.send("sent.pcap", count: 3_000)
    usleep(500_000)
    if isAnew {
      try network.ip("link", "delete", network.far)
      usleep(500_000)
      try network.makeCable()
    } else {
      try network.ip("link", "set", network.far, "down")
      try network.send("sent.pcap", from: 3_001, count: 3_000)
      usleep(500_000)
      try network.ip("link", "set", network.far, "up")
    }
    usleep(500_000)
    try network.send("sent.pcap", from: 6_001)
    capture.signal(SIGINT)
    let result = try capture.end()
    let report = try result.json()
    #expect(result.error.contains("far0: 6000 packets captured, 6000 received"))
    #expect(ReportShape.sum(report, "lost") == 3_000)
    #expect(ReportShape.sum(report, "lostBlind") == 3_000)
  }

  /// What a kernel before Linux 4.20 lacks, and a ring of one direction needs.
  private let olderKernel = [Tool.built("OlderKernel"), "23"]

  @Test("a kernel that gives no ring was a way that no test took: libpcap has the frames then")
  func fallback() throws {
    try network.generate(
      "sent.pcap", "--packets", "6000", "--flows", "12", "--protocol", "mixed", "--seed", "11")
    let capture = try network.capture(
      "-i", network.far, "--direction", "in", "--json", prefix: olderKernel)
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.status == 0)
    #expect(result.error.contains("far0: the kernel gave no packet ring; its frames came through"))
    #expect(result.error.contains("far0: 6000 packets captured, 6000 received"))
    let data = try Data(contentsOf: URL(fileURLWithPath: network.file("sent.truth.json")))
    let truth = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(try ReportShape.text(result.json()) == ReportShape.text(truth))
  }

  @Test("where several rings are asked for and the kernel gives none, that is said")
  func noRings() throws {
    let result = try network.gapscope(
      "capture", "-i", network.far, "--rings", "2", prefix: [Tool.built("OlderKernel"), "18"])
    #expect(result.status == 1)
    #expect(
      result.error.contains("far0: cannot divide its frames among rings: Protocol not available"))
  }

  @Test("it has one ring")
  func rings() throws {
    let result = try network.gapscope(
      "capture", "-i", network.far, "--source", "libpcap", "--rings", "2")
    #expect(result.status == 64)
    #expect(result.error.contains("--source libpcap has one ring"))
  }
}
