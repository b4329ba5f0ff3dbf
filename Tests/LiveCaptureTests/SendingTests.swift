import CaptureTestSupport
import Foundation
import Testing

/// A replay that is sent is seen by a capture as it would have been analyzed.
@Suite(
  "Replays that are sent", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct SendingTests {
  private let network: TestNetwork

  init() throws { network = try TestNetwork() }

  private func replay(_ options: String...) throws -> ProcessOutcome {
    try network.gapscope(
      arguments: ["analyze", network.file("sent.pcap"), "-o", network.near] + options)
  }

  private func lastLine(_ result: ProcessOutcome) -> String {
    result.error.split(separator: "\n").last.map(String.init) ?? ""
  }

  @Test(
    "every frame arrives as it was",
    arguments: [
      ["--protocol", "mixed", "--vlan-share", "0.4", "--qinq-share", "0.3"],
      // What the capture does not hold is sent as zeros.
      ["--snap-length", "128", "--sizes", "64-1514"],
    ])
  func arrives(options: [String]) throws {
    try network.generate("sent.pcap", "--packets", "8000", "--flows", "20", more: options)
    let capture = try network.capture("-i", network.far, "--count", "8000", "--json")
    let sent = try replay("--pps", "100000")
    #expect(sent.status == 0, "\(sent.error)")
    #expect(sent.output.isEmpty)
    #expect(lastLine(sent) == "near0: 8000 packets sent, 0 failed")
    #expect(sent.error.contains("Replayed 8,000 packets"))
    let seen = try capture.end().json()
    let known = try network.gapscope("analyze", "--json", network.file("sent.pcap")).json()
    #expect(ReportShape.list(seen, "captures").map { $0["packets"] as? Int } == [8_000])
    for report in [seen, known] { #expect(ReportShape.list(report, "associations").count > 10) }
    // What is behind the zeros' beginning may be read otherwise; numbers are not.
    let fields = ["packets", "octets", "lost", "duplicates", "reordered", "sci", "an", "spi"]
    func rows(_ report: [String: Any]) -> [String] {
      ReportShape.list(report, "associations").map { row in
        fields.map { "\(row[$0] ?? "")" }.joined(separator: " ")
      }
    }
    #expect(rows(seen) == rows(known))
  }

  @Test("filters, times and loops are those of the analysis")
  func selection() throws {
    try network.generate(
      "sent.pcap", "--packets", "4000", "--flows", "20", "--protocol", "mixed")
    let capture = try network.capture("-i", network.far, "--json")
    let sent = try replay("--pps", "100000", "--loop", "2", "-f", "ether proto 0x88e5", "-q")
    #expect(sent.status == 0)
    let known = try network.gapscope(
      "analyze", "--json", "-f", "ether proto 0x88e5", network.file("sent.pcap"))
    let packets = try #require((try known.json()["totals"] as? [String: Int])?["packets"])
    #expect(packets > 100)
    #expect(sent.error == "near0: \(2 * packets) packets sent, 0 failed\n")
    let nothing = try replay("--pps", "100000", "--to", "1", "-q")
    #expect(nothing.error == "near0: 0 packets sent, 0 failed\n")
    capture.signal(SIGINT)
    let captures = ReportShape.list(try capture.end().json(), "captures")
    #expect(captures.map { $0["packets"] as? Int } == [2 * packets])
  }

  @Test("frames that the interface does not take are counted, and the others arrive")
  func tooLong() throws {
    try network.generate(
      "sent.pcap", "--packets", "2000", "--flows", "2", "--sizes", "64-1514", "--scenario", "none",
      "--vlan-share", "0", "--qinq-share", "0")
    let lengths = try Tool.run(
      Tool.built("gapscope"), "analyze", "--json", "-f", "greater 1015", network.file("sent.pcap"))
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(lengths.utf8)) as? [String: Any])
    let long = try #require((report["totals"] as? [String: Int])?["packets"])
    #expect(long > 100)
    try network.ip("link", "set", network.near, "mtu", "1000")
    let capture = try network.capture("-i", network.far, "--count", "\(2_000 - long)", "--json")
    let sent = try replay("--pps", "100000")
    #expect(sent.status == 1)
    #expect(
      lastLine(sent)
        == "near0: \(2_000 - long) packets sent, \(long) failed (Message too long)")
    let captures = ReportShape.list(try capture.end().json(), "captures")
    #expect(captures.map { $0["packets"] as? Int } == [2_000 - long])
  }

  @Test("without permission, and where there is no interface, nothing is sent")
  func refused() throws {
    try network.generate("sent.pcap", "--packets", "10", "--flows", "2")
    let powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    let result = try network.gapscope(
      "analyze", network.file("sent.pcap"), "--pps", "10", "-o", network.near, prefix: powerless)
    #expect(result.status == 1)
    #expect(result.error.contains("setcap cap_net_raw+ep"))
    let missing = try network.gapscope(
      "analyze", network.file("sent.pcap"), "--pps", "10", "-o", "nothing0")
    #expect(missing.status == 1)
    #expect(missing.error.contains("there is no such interface"))
  }
}
