import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

@testable import AnalysisStore

/// A live capture in the browser, state by state: what a process that captures would store.
@Suite(
  "The page of a run that goes on", .serialized, .enabled(if: Browser.isThere, Browser.absence))
struct HistoryPageTests {
  private let directory: TemporaryDirectory
  private var database: String { directory.file("live.db") }
  /// It began a minute ago.
  /// Ahead of the clock: on a busy machine minutes pass before the page is looked at, and a run whose
  /// last state is two minutes old does not go on.
  private let begin = Timestamp.now.floored(to: 1_000_000_000).adding(seconds: 1_800)

  init() throws { directory = try TemporaryDirectory() }

  private func time(_ second: Int64) -> Timestamp { begin.adding(seconds: second) }

  private func frame(_ second: Int64) -> FrameReference {
    FrameReference(file: 0, frame: UInt64(second) * 1_000 + 1, time: time(second))
  }

  /// What a capture at two points knows after so many seconds: east loses two packets every ten
  /// seconds, gets copies, was blind from 20 to 25 s, and its sender began anew at 30 s.
  private func report(after second: Int64) -> AnalysisReport {
    var report = AnalysisReport()
    report.points = ["east", "west"]
    report.files = ["eth0", "eth1"]
    for point in 0...1 as ClosedRange<Int> {
      var capture = CaptureSummary(file: point, format: .live, point: point)
      capture.packets = UInt64(second) * 2_000
      (capture.firstTime, capture.lastTime) = (time(0), time(second))
      capture.capturedDrops = point == 0 && second > 20 ? 9 : 0
      report.captures.append(capture)
    }
    report.totals.packets = UInt64(second) * 4_000
    report.totals.macsec = report.totals.packets
    for (point, epoch, start) in [(0, 0, 0), (0, 1, 30), (1, 0, 0)] as [(Int, Int, Int64)]
    where second > start {
      let sci = SCI(rawValue: 0x0200_0000_0A00_0001 + UInt64(point) << 16)
      var association = AssociationSummary(
        key: AssociationKey(
          point: UInt16(point),
          identity: .macsec(MACsecIdentity(sci: sci, an: 1, vlans: VLANStack()))))
      association.id = UInt64(point + 1) << 32 + UInt64(epoch)
      association.epoch = epoch
      let gaps = point == 0 && epoch == 0 ? second / 10 : 0
      association.packets = UInt64(second - start) * 1_000
      association.octets = association.packets * 100
      association.distinct = association.packets - UInt64(gaps)
      association.duplicates = UInt64(gaps)
      association.reordered = UInt64(second)
      association.lowestNumber = 1
      association.highestNumber = association.distinct + UInt64(gaps) * 2
      association.gaps = UInt64(gaps)
      association.firstFrame = frame(start)
      (association.firstTime, association.lastTime) = (time(start), time(second))
      report.associations.append(association)
      for gap in 1..<(gaps + 1) {
        let number = UInt64(gap) * 10_000
        report.gaps.append(
          SequenceGap(
            association: association.id, firstMissing: number, lastMissing: number + 1,
            before: frame(gap * 10), after: frame(gap * 10)))
      }
    }
    if second > 20 {
      report.blindIntervals = [
        BlindInterval(point: 0, start: time(20), end: time(25), reason: .ringFull, drops: 9)
      ]
    }
    if second > 62 {
      report.blindIntervals.append(
        BlindInterval(point: 1, start: time(61), end: time(62), reason: .interfaceDown, drops: 0))
    }
    return report
  }

  @discardableResult
  private func store(_ second: Int64, after record: RunRecord) throws -> RunRecord {
    try AnalysisStore(path: database).store(
      RunState(report: report(after: second), time: time(second)), options: AnalysisOptions(),
      after: record)
  }

  private func serve(port: String = "0") async throws -> (server: BackgroundProcess, port: String) {
    let server = try BackgroundProcess(
      Command.path, ["serve", "--database", database, "--listen", "127.0.0.1:\(port)"])
    return (server, try await server.waitForOutput(#/at http://127\.0\.0\.1:(\d+)//#))
  }

  private func range(_ browser: Browser) async throws -> String {
    try await browser.texts(".tools .note").first ?? ""
  }

  @Test("what it lost, when it was blind and where epochs begin; and all that is new, by itself")
  func live() async throws {
    var record = RunRecord(began: begin)
    for second in stride(from: 5, through: 60, by: 5) as StrideThrough<Int64> {
      record = try store(second, after: record)
    }
    var (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser()
    try await browser.open("http://127.0.0.1:\(port)/")
    try await browser.wait(
      ".verdict", says: "1 of 3 associations lost packets. The capture itself was blind")
    try await browser.wait(for: "document.querySelectorAll('.run-chart .lane').length === 4")
    #expect(try await browser.texts(".tile h2").first == "Loss now")
    #expect(
      try await browser.texts(".run-chart .title").map { $0.replacing(#/ in \d.*/#, with: "") }
        == ["Lost at east", "Our own drops at east", "Lost at west", ""])
    // Over the lanes of its point alone.
    let blindness = try await browser.run(
      """
      return [...document.querySelectorAll('.run-chart .lane')]
        .map(lane => [...lane.querySelectorAll('.over .blind')].map(({ title }) => title).join());
      """)
    let reason = "The capture could not see for 5 s: the ring was full, 9 frames dropped"
    #expect(blindness as? [String] == [reason, reason, "", ""])
    #expect(try await browser.drawn("lost", in: ".run-chart").count >= 6)
    #expect(try await browser.drawn("drops", in: ".run-chart").count == 1)
    #expect(try await browser.texts(".unseen-times li").count == 1)
    try await browser.checkAccessibility()
    try await browser.show(dark: true)
    try await browser.checkAccessibility()
    try await browser.screenshot("live-dark")
    try await browser.show(dark: false)
    try await browser.screenshot("live")

    try await browser.click(".bars li:first-child a")
    try await browser.wait(".verdict", says: "12 packets are missing, since")
    try await browser.wait(for: "document.querySelectorAll('.over .blind').length === 6")
    #expect(
      try await browser.texts(".lane .title").map { $0.prefix(4) } == [
        "Lost", "Reor", "Dupl", "Pack", "Mean", "Numb", "",
      ])
    // From 20 to 25 s of 60, with a hundredth at each side.
    let blind = try await browser.extent(of: ".over .blind")
    #expect(abs(blind[0] - 20.6 / 61.2) < 0.005 && abs(blind[1] - 25.6 / 61.2) < 0.005)
    #expect(try await range(browser).hasSuffix(", the capture blind in 1 interval of it"))
    #expect(try await browser.texts(".mark-name") == ["AN 1 epoch 1"])
    #expect(
      try await browser.text("document.querySelector('.over .mark').title").hasSuffix(
        "epoch 1 begins"))
    // At 30 s.
    #expect(abs(try await browser.extent(of: ".over .mark")[0] - 30.6 / 61.2) < 0.005)
    #expect(try await browser.texts(".lane .limit").contains("12 in all, at most 2") == true)
    // A mark for each gap, where it is: at 10, 20 … 60 s.
    let marks = try await browser.drawn("missing")
    #expect(marks.count == 6)
    for (index, mark) in marks.enumerated() {
      #expect(abs(mark.lowerBound - (Double(index + 1) * 10 + 0.6) / 61.2) < 0.005)
    }
    #expect(try await browser.texts(".gaps tbody tr").count == 6)
    try await browser.checkAccessibility()
    try await browser.show(dark: true)
    try await browser.checkAccessibility()
    try await browser.screenshot("live-association-dark")
    try await browser.show(dark: false)
    try await browser.screenshot("live-association")

    // A state more: what is open shows it.
    let before = try await range(browser)
    record = try store(70, after: record)
    try await browser.wait(".verdict", says: "14 packets are missing, since")
    try await browser.wait(
      for: "document.querySelectorAll('.lane .limit')[5].innerText === '7 gaps'")
    #expect(try await browser.drawn("missing").count == 7)
    try await browser.wait(for: "document.querySelectorAll('.gaps tbody tr').length === 7")
    #expect(try await range(browser) != before)
    #expect(abs(try await browser.extent(of: ".over .blind")[0] - 20.7 / 71.4) < 0.005)

    // Who looks at a part of it goes on to do so.
    try await browser.run("document.querySelector('.plot').focus()")
    try await browser.type("+")
    let part = try await range(browser)
    record = try store(80, after: record)
    try await browser.wait(".verdict", says: "16 packets are missing, since")
    #expect(try await range(browser) == part)

    // The server goes, which is said; what was shown stays, and what came meanwhile comes after.
    server.stop()
    try await browser.wait("#connection.bad", says: "Connection lost since")
    #expect(try await browser.texts(".verdict").first?.hasPrefix("16 packets are missing") == true)
    #expect(
      try await browser.run("return document.body.classList.contains('lost')") as? Bool == true)
    record = try store(90, after: record)
    (server, port) = try await serve(port: port)
    try await browser.wait("#connection.good", says: "Connected")
    try await browser.wait(".verdict", says: "18 packets are missing, since")
    #expect(
      try await browser.run("return document.body.classList.contains('lost')") as? Bool == false)
    try await browser.click(".back a")
    try await browser.wait(for: "document.querySelectorAll('.run-chart .over .blind').length === 3")
    // A server that was gone is an error of loading to Chromium.
    let console = try await browser.console().filter { !$0.contains("net::ERR") }
    #expect(console == [])

    // The same pictures in a report, which knows no now.
    let file = directory.file("report.html")
    let made = try Command.run("report", "-q", "--database", database, "--html", file)
    #expect(made.status == 0, "\(made.error)")
    try await browser.open("file://\(file)")
    try await browser.wait(for: "document.querySelectorAll('.run-chart .over .blind').length === 3")
    #expect(try await browser.texts(".tile h2").first == "Loss")
    #expect(try await browser.texts(".unseen-times li").count == 2)
    #expect(try await browser.texts(".picture .mark-name").first == "AN 1 epoch 1")
    try await browser.checkAccessibility()
    #expect(try await browser.console() == [])
    try await browser.screenshot("live-report")
  }

  @Test("one finger moves, two zoom")
  func touch() async throws {
    try store(60, after: store(30, after: RunRecord(began: begin)))
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser(width: 400)
    try await browser.resize(width: 400, mobile: true)
    try await browser.devTools(
      "Emulation.setTouchEmulationEnabled", ["enabled": true, "maxTouchPoints": 2])
    try await browser.open("http://127.0.0.1:\(port)/#/?point=east")
    try await browser.wait(for: "document.querySelector('.bars li a')")
    try await browser.click(".bars li:first-child a")
    try await browser.wait("nav.pages", says: "of 6")
    let whole = try await range(browser)
    // Of the fingers one is on another chart than the other.
    func place(_ part: Double, _ height: Double = 0.5) async throws -> (x: Double, y: Double) {
      try await browser.place(part, height)
    }
    try await browser.touch(
      from: [place(0.4), place(0.6, 2)], to: [place(0.2), place(0.8, 2)])
    // A third of it in sight: about 20 of 61 s.
    try await browser.wait(for: "document.querySelector('.tools .note').innerText !== '\(whole)'")
    let zoomed = try await range(browser)
    #expect(zoomed.contains(", 20.4 s"), "\(zoomed)")
    try await browser.touch(from: [place(0.5)], to: [place(0.8)])
    let moved = try await range(browser)
    #expect(moved != zoomed && moved.contains(", 20.4 s"), "\(moved)")
    // Up and down it is the page that moves.
    let before = try await browser.text("scrollY")
    let begin = try await place(0.5)
    try await browser.touch(from: [begin], to: [(begin.x, begin.y - 200)])
    try await browser.wait(for: "scrollY !== \(before)")
    #expect(try await range(browser) == moved)
    let console = try await browser.console()
    #expect(console == [])
  }
}

extension Timestamp {
  fileprivate func adding(seconds: Int64) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: nanosecondsSinceEpoch + seconds * 1_000_000_000)
  }
}
