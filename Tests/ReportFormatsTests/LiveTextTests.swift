import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("What is said of live captures")
struct LiveTextTests {
  @Test("the answer says what the capture did instead of seeing")
  func hindrance() {
    func text(_ reasons: [BlindInterval.Reason]) -> String {
      var report = SampleReport.full
      report.associations[0].lostBlind = 1
      report.blindIntervals = reasons.map {
        BlindInterval(point: 0, start: nil, end: nil, reason: $0, drops: 1)
      }
      return TableReport(report, style: TableStyle(width: 160)).text
    }
    #expect(text([.ringFull]).contains("capture itself was dropping frames: they may"))
    #expect(text([.interfaceDown]).contains("capture itself had no link: they may"))
    #expect(
      text([.ringFull, .interfaceDown])
        .contains("capture itself was dropping frames or had no link: they may"))
  }

  @Test("progress in a line, and what is waited for")
  func progress() {
    var analysis = AnalysisProgress()
    (analysis.associations, analysis.lost) = (12, 345)
    var line = LiveProgressLine(
      packets: 1_000_000, newPackets: 5_000, elapsed: .milliseconds(500), analysis: analysis,
      dropped: 7, down: [])
    let text = "1.00 M packets  10.0 kpackets/s  12 associations  345 lost  7 dropped"
    #expect(line.text(width: 100) == text)
    line.down = ["eth\u{1B}0"]
    #expect(line.text(width: 100).hasPrefix(text + "  waiting for eth"))
    #expect(!line.text(width: 100).contains("\u{1B}"))
    #expect(displayWidth(line.text(width: 30)) <= 30)
  }

  private var interfaces: [NetworkInterface] {
    var ethernet = NetworkInterface(name: "eth0", state: .up, hardwareType: 1, mtuOctets: 1_500)
    ethernet.linkType = .ethernet
    ethernet.hardwareAddress = MACAddress(rawValue: 0x0200_0000_0A01)
    ethernet.addresses = [IPAddress(ipv4: 0xC000_0201)]
    var tunnel = NetworkInterface(name: "ipoib", state: .down, hardwareType: 32, mtuOctets: 9)
    tunnel.obstacle = "cannot be read"
    return [ethernet, tunnel]
  }

  @Test("interfaces as a table, with what hinders below")
  func table() {
    #expect(
      InterfaceReport(interfaces).text == """
        interface  state  link type   MTU  addresses
        eth0       up     Ethernet   1500  02:00:00:00:0a:01 192.0.2.1
        ipoib      down   unknown       9

        ! not ipoib: cannot be read

        """)
    var narrow = interfaces[0]
    narrow.addresses.append(IPAddress(ipv4: 0xC000_0202))
    #expect(
      InterfaceReport([narrow], style: TableStyle(width: 60)).text == """
        interface  state  link type   MTU  addresses
        eth0       up     Ethernet   1500  02:00:00:00:0a:01
                                           192.0.2.1 192.0.2.2

        """)
  }

  @Test("one reason for all is said once")
  func obstacle() {
    let all = interfaces.map { interface in
      var interface = interface
      interface.obstacle = "not permitted"
      return interface
    }
    let text = InterfaceReport(all).text
    #expect(text.hasSuffix("\n\n! None can be captured: not permitted\n"))
  }
}
