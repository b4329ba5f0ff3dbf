import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("The screen of a live capture")
struct LiveScreenTests {
  /// An association that lost `lost` of its packets.
  private func association(_ port: UInt16, packets: UInt64, lost: UInt64) -> AssociationSummary {
    SampleReport.association(
      UInt64(port), SampleReport.macsec(port: port, address: 0x0200_0000_0A00), packets: packets,
      lost: lost)
  }

  private func state(
    _ seconds: Int, _ associations: [AssociationSummary], dropped: UInt64 = 0
  ) -> LiveScreen.State {
    var report = AnalysisReport()
    report.associations = ReportRows(associations)
    return LiveScreen.State(
      report: report, names: "eth0", packets: associations.reduce(0) { $0 + $1.packets },
      dropped: dropped, elapsed: .seconds(seconds))
  }

  @Test("shows the whole, then the worst, with what is new a second")
  func lines() {
    var screen = LiveScreen()
    screen.show(
      state(1, [association(1, packets: 100, lost: 7), association(2, packets: 50, lost: 0)]))
    screen.show(
      state(
        3, [association(1, packets: 300, lost: 7), association(2, packets: 60, lost: 40)],
        dropped: 5))
    let lines = screen.lines(width: 132, height: 10, sort: .lost, message: nil)
    #expect(lines.count == 10)
    #expect(lines[0] == "gapscope  eth0  3.00 s")
    #expect(lines[1] == "360 packets  105 packets/s  2 associations  47 lost  5 dropped")
    #expect(lines[2].hasSuffix("·█"))
    let cells = lines[5...6].map { $0.split(separator: " ").map(String.init) }
    #expect(
      cells[0] == [
        "MACsec", "02:00:00:00:0a:00/2", "AN", "0", "40", "40.0%", "20", "60", "5", "0", "0",
        String(repeating: "·", count: 23) + "█",
      ])
    #expect(
      cells[1].prefix(7) == ["MACsec", "02:00:00:00:0a:00/1", "AN", "0", "7", "2.28%", "300"])
    #expect(lines[9].hasSuffix("q quit"))
    // What was there at first was not lost now.
    #expect(!lines[6].contains("█"))
  }

  @Test("the order is what a key asks for")
  func sorting() {
    var screen = LiveScreen()
    screen.show(
      state(1, [association(1, packets: 9, lost: 9), association(2, packets: 90, lost: 0)]))
    screen.show(
      state(2, [association(1, packets: 9, lost: 9), association(2, packets: 91, lost: 1)]))
    func first(_ key: Character) -> Substring? {
      LiveSort(key: key).map {
        screen.lines(width: 100, height: 20, sort: $0, message: nil)[5].prefix(26)
      }
    }
    for key in "lsr" where key != "r" { #expect(first(key)?.hasSuffix("/1") == true) }
    for key in "npr" { #expect(first(key)?.hasSuffix("/2") == true) }
    #expect(first("x") == nil)
    #expect(Set(LiveSort.allCases.map(\.key)).count == LiveSort.allCases.count)
    #expect(!LiveSort.allCases.contains { $0.key == "q" })
  }

  @Test(
    "fits any terminal, and steers none",
    arguments: [(1, 1), (20, 3), (40, 8), (80, 24), (120, 5), (300, 100)])
  func sizes(width: Int, height: Int) {
    var screen = LiveScreen()
    #expect(screen.lines(width: width, height: height, sort: .lost, message: nil).count <= height)
    screen.show(state(1, (1...50).map { association($0, packets: 1_000_000, lost: 123_456) }))
    let lines = screen.lines(
      width: width, height: height, sort: .lost, message: "Error:\u{1B}[2J what a pity")
    #expect(lines.count == height)
    for line in lines {
      #expect(displayWidth(line) <= width)
      #expect(!line.contains("\u{1B}"))
    }
  }

  @Test("columns were left out without a word: the line of messages names them")
  func leftOut() {
    var screen = LiveScreen()
    screen.show(state(1, [association(1, packets: 9, lost: 9)]))
    func note(width: Int, message: String? = nil) -> String {
      let lines = screen.lines(width: width, height: 10, sort: .lost, message: message)
      return lines[lines.count - 2]
    }
    #expect(
      note(width: 80)
        == "not shown for want of room: packets/s, reord., dupl. (100 columns)")
    #expect(note(width: 100) == "")
    #expect(note(width: 80, message: "Note: that is over") == "Note: that is over")
  }

  @Test("a sparkline moves on, and is over after its minutes")
  func sparkline() {
    var line = Sparkline()
    line.add(1, slot: 3)
    line.add(8, slot: 4)
    line.add(8, slot: 4)
    #expect(line.text(slot: 5) == String(repeating: "·", count: 21) + "▁█·")
    #expect(line.text(slot: 27) == "█" + String(repeating: "·", count: 23))
    #expect(!line.isOver(slot: 27))
    #expect(line.isOver(slot: 28))
  }

  @Test("statistics in a line")
  func statistics() {
    var analysis = AnalysisProgress()
    (analysis.associations, analysis.lost) = (40, 1_200)
    var line = StatisticsLine(packets: 500_000, elapsed: .seconds(5), analysis: analysis)
    let text = "Statistics: 500,000 packets in 5.00 s: 100,000 a second"
    #expect(line.text == text + "; 40 associations, 1,200 lost")
    line.analysis = nil
    #expect(line.text == text)
  }
}
