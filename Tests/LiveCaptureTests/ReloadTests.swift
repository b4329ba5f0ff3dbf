import CaptureTestSupport
import Foundation
import Testing

@Suite(
  "A capture whose configuration changes",
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct ReloadTests {
  @Test("SIGHUP changes the filter, and nothing that was seen is lost by it")
  func filter() throws {
    let network = try TestNetwork()
    try network.generate(
      "sent.pcap", "--packets", "400", "--flows", "8", "--protocol", "mixed", "--seed", "3")
    func packets(_ filter: String...) throws -> Int {
      let report = try network.gapscope(
        arguments: ["analyze", "-q", "--json", network.file("sent.pcap")] + filter)
      return try #require((try report.json()["totals"] as? [String: Int])?["packets"])
    }
    // The kernel takes a tag off before its filter sees the frame.
    let filter = "ether proto 0x88e5 or (vlan and ether proto 0x88e5)"
    let (all, protected) = try (packets(), packets("-f", filter))
    #expect(protected > 0 && protected < all)

    func configure(_ lines: String...) throws {
      try Data(
        (["interface: [\(network.far)]", "json: true"] + lines).joined(separator: "\n").utf8
      ).write(to: URL(fileURLWithPath: network.file("g.yaml")))
    }
    try configure("filter: ether proto 0x88e5")
    let capture = try network.capture("--config", network.file("g.yaml"))
    func wait(for text: String) -> Bool {
      let limit = ContinuousClock.now + .seconds(60)
      while !capture.messages.contains(text), ContinuousClock.now < limit { usleep(20_000) }
      return capture.messages.contains(text)
    }
    try network.send("sent.pcap")
    capture.signal(SIGUSR1)
    #expect(wait(for: " received by filter"))

    // Once half of such a file was taken over, and the filter said to have changed.
    try configure("filter: port port", "fail-if: lost>=0")
    capture.signal(SIGHUP)
    #expect(wait(for: "Error: the filter 'port port' is not understood"))
    #expect(wait(for: "Note: the configuration stays as it was"))
    #expect(!capture.messages.contains("read again"))
    try configure("snaplen: 128")
    capture.signal(SIGHUP)
    #expect(wait(for: "Note: --snaplen cannot change while it runs"))
    #expect(wait(for: "read again: --filter changed\n"))
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.status == 0)
    let totals = try #require(try result.json()["totals"] as? [String: Int])
    #expect(totals["packets"] == protected + all)
    #expect(result.error.contains("the filter was changed 1 time meanwhile; now it is none"))
  }
}
