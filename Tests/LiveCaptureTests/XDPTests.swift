import CaptureTestSupport
import Foundation
import Testing

/// Frames that are taken by AF_XDP are reported as those of a ring are.
@Suite(
  "Captures by AF_XDP", .serialized,
  .enabled(if: XDPNetwork.obstacle == nil, Comment(rawValue: XDPNetwork.obstacle ?? "")))
struct XDPTests {
  private let network: TestNetwork

  init() throws { network = try XDPNetwork.make() }

  private func truth() throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: network.file("sent.truth.json")))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func capture(_ options: String...) throws -> RunningCapture {
    try network.capture(
      arguments: ["-i", network.far, "--source", "xdp", "--json"] + options)
  }

  /// Whether there is a program at the interface.
  private func hasProgram() throws -> Bool {
    try network.ip("link", "show", network.far).contains("xdp")
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
    #expect(try hasProgram())
    #expect(try network.send("sent.pcap") == 12_000)
    let result = try capture.end()
    #expect(result.status == 0)
    #expect(
      result.error.hasSuffix(
        "far0: 12000 packets captured, 12000 received by filter, 0 dropped by kernel\n"))
    let known = try ReportShape.text(truth())
    #expect(try ReportShape.text(result.json()) == known)
    let file = try network.gapscope("analyze", "--json", written)
    #expect(try ReportShape.text(file.json()) == known)
    #expect(try !hasProgram())
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
      try network.makeCable(mtuOctets: 3_000)
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

  @Test("when it is killed the interface is the machine's again")
  func killed() throws {
    let capture = try capture()
    #expect(try hasProgram())
    capture.signal(SIGKILL)
    _ = try capture.end()
    for _ in 0..<500 where try hasProgram() { usleep(10_000) }
    #expect(try !hasProgram())
  }

  @Test("what cannot be is said with what to do")
  func refused() throws {
    try network.ip("link", "set", network.far, "mtu", "9000")
    let long = try network.gapscope("capture", "-i", network.far, "--source", "xdp")
    #expect(long.status == 1)
    #expect(long.error.contains("sudo ip link set far0 mtu 3818"))
    try network.ip("link", "set", network.far, "mtu", "1500")
    let powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    let result = try network.gapscope(
      "capture", "-i", network.far, "--source", "xdp", prefix: powerless)
    #expect(result.status == 1)
    #expect(result.error.contains("CAP_NET_ADMIN"))
    for options in [["esp"], ["--direction", "out"], ["--rings", "2"]] {
      let wrong = try network.gapscope(
        arguments: ["capture", "-i", network.far, "--source", "xdp"] + options)
      #expect(wrong.status == 64)
    }
  }
}

/// Where AF_XDP can be tried.
private enum XDPNetwork {
  /// With a cable whose frames are not too long for it.
  static func make() throws -> TestNetwork {
    let network = try TestNetwork()
    for interface in [network.near, network.far] {
      try network.ip("link", "set", interface, "mtu", "3000")
    }
    return network
  }

  static let obstacle: String? = {
    if let obstacle = TestNetwork.obstacle { return obstacle }
    do {
      let network = try make()
      let trial = try network.gapscope(
        "capture", "-i", network.far, "--source", "xdp", "--duration", "10ms")
      return trial.status == 0 ? nil : "needs AF_XDP: \(trial.error)"
    } catch {
      return "\(error)"
    }
  }()
}
