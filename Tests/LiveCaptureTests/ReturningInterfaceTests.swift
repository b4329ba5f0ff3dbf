import CaptureTestSupport
import Foundation
import Testing

/// An interface that goes away, comes back or is renamed while it is captured.
@Suite(
  "Interfaces that come back", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct ReturningInterfaceTests {
  private let network: TestNetwork

  init() throws {
    network = try TestNetwork()
    try network.generate("sent.pcap", "--packets", "6000", "--flows", "3", "--scenario", "none")
    // AF_XDP takes no longer frames.
    try setMTU()
  }

  private func setMTU() throws {
    for interface in [network.near, network.far] {
      try network.ip("link", "set", interface, "mtu", "3000")
    }
  }

  /// Takes the interface away and makes it anew.
  private func makeAnew(index: String? = nil, pauseMicroseconds: UInt32 = 300_000) throws {
    try network.ip("link", "delete", network.far)
    usleep(pauseMicroseconds)
    guard let index else {
      try network.makeCable(mtuOctets: 3_000)
      return
    }
    try network.ip(
      "link", "add", network.far, "index", index, "mtu", "3000", "type", "veth", "peer", "name",
      network.near)
    try setMTU()
    for interface in [network.near, network.far] {
      try network.ip("link", "set", interface, "addrgenmode", "none", "up")
    }
  }

  /// A third of the capture is sent before `change`, and the last one after it.
  private func report(_ options: [String], _ change: () throws -> Void) throws -> (
    [String: Any], error: String
  ) {
    let capture = try network.capture(arguments: ["-i", network.far, "--json"] + options)
    try network.send("sent.pcap", count: 2_000)
    usleep(500_000)
    try change()
    usleep(1_000_000)
    try network.send("sent.pcap", from: 4_001)
    capture.signal(SIGINT)
    let result = try capture.end()
    return (try result.json(), result.error)
  }

  private func expectTakenUp(_ report: [String: Any], _ error: String) {
    #expect(error.contains("far0: 4000 packets captured, 4000 received"))
    #expect(ReportShape.sum(report, "lost") == 2_000)
    #expect(ReportShape.sum(report, "lostBlind") == 2_000)
    #expect(
      ReportShape.list(report, "blind").map { $0["reason"] as? String } == ["interfaceDown"])
  }

  @Test(
    "one that came back with the number it had was taken for the old one, and never seen again",
    arguments: [[], ["--rings", "2"], ["--source", "libpcap"], ["--source", "xdp"]],
    [0, 300_000] as [UInt32])
  func sameNumber(options: [String], pauseMicroseconds: UInt32) throws {
    if options.contains("xdp"), !isXDPThere { return }
    let index = try #require(
      try network.ip("-o", "link", "show", network.far).split(separator: ":").first)
    let (report, error) = try report(options) {
      try makeAnew(index: String(index), pauseMicroseconds: pauseMicroseconds)
    }
    expectTakenUp(report, error)
  }

  private var isXDPThere: Bool {
    let trial = try? network.gapscope(
      "capture", "-i", network.far, "--source", "xdp", "--duration", "10ms")
    return trial?.status == 0
  }

  @Test("one that is named by another of its names is not called a renamed one")
  func otherName() throws {
    let add = ["link", "property", "add", "dev", network.far, "altname", "east0"]
    guard (try? Tool.run(network.inside("ip") + add)) != nil else { return }
    let capture = try network.capture("-i", "east0")
    try network.send("sent.pcap")
    usleep(500_000)
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.error.contains("east0: 6000 packets captured, 6000 received"))
    #expect(!result.error.contains("Note:"))
  }

  @Test("once privileges were given up, one that was made anew was not taken up again")
  func unprivileged() throws {
    let options = ["-Z", "nobody", "--promiscuous", "-f", "ether proto 0x88e5 or vlan"]
    let (report, error) = try report(options) { try makeAnew() }
    expectTakenUp(report, error)
    #expect(!error.contains("not taken up again"))
  }

  @Test(
    "while an interface had another name, what the link lost was called our own blindness",
    arguments: [[], ["--rings", "2"], ["--source", "libpcap"], ["--source", "xdp"]])
  func renamed(options: [String]) throws {
    if options.contains("xdp"), !isXDPThere { return }
    // Kernels before Linux 6.2 rename no interface that is up.
    guard (try? network.ip("link", "set", network.far, "name", "other0")) != nil else { return }
    try network.ip("link", "set", "other0", "name", network.far)
    let (report, error) = try report(options) {
      try network.ip("link", "set", network.far, "name", "other0")
    }
    #expect(error.contains("far0: 4000 packets captured, 4000 received"))
    #expect(error.contains("Note: far0 is called other0 now"))
    #expect(ReportShape.sum(report, "lost") == 2_000)
    #expect(ReportShape.sum(report, "lostBlind") == 0)
    #expect(ReportShape.list(report, "blind").isEmpty)
  }
}
