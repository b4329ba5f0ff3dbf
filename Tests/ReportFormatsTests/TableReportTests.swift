import Foundation
import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("The report for people")
struct TableReportTests {
  static func text(_ report: AnalysisReport, _ style: TableStyle) -> String {
    TableReport(report, style: style).text
  }

  static func style(_ width: Int) -> TableStyle {
    TableStyle(width: width, gapLimit: 3, showBuckets: true)
  }

  @Test("looks as agreed", arguments: [80, 120, 160])
  func golden(width: Int) throws {
    try expectGolden(Self.text(SampleReport.full, Self.style(width)), "full-\(width).txt")
    try expectGolden(
      Self.text(SampleReport.busy, Self.style(width)), "busy-\(width).txt")
    try expectGolden(
      Self.text(SampleReport.healthy, TableStyle(width: width)), "healthy-\(width).txt")
  }

  @Test("info looks as agreed", arguments: [80, 160])
  func infoGolden(width: Int) throws {
    let report = CaptureInfoReport(SampleReport.full, style: TableStyle(width: width))
    try expectGolden(report.text, "info-\(width).txt")
  }

  @Test("no line is wider than the page but filters, which are copied", arguments: 60...170)
  func fits(width: Int) {
    for report in [SampleReport.full, SampleReport.busy, SampleReport.healthy, Self.hostile] {
      let text = Self.text(report, Self.style(width))
      let info = CaptureInfoReport(report, style: TableStyle(width: width)).text
      for line in (text + info).split(separator: "\n") where !line.contains("frame.number") {
        #expect(displayWidth(String(line)) <= width, "\(line)")
      }
    }
  }

  /// Names and numbers that nobody would choose.
  static let hostile: AnalysisReport = {
    var report = SampleReport.full
    report.files = [String(repeating: "漢字/", count: 60), "\u{1B}[2J\n\r.pcap"]
    report.points = ["\u{1B}]0;title\u{7}", String(repeating: "x", count: 300)]
    report.notes = [String(repeating: "y", count: 400)]
    report.totals.octets = .max
    report.captures[0].packets = .max
    report.captures[0].snappedFrames = .max
    report.captures[0].firstTime = Timestamp(nanosecondsSinceEpoch: .min + 1)
    report.captures[0].lastTime = Timestamp(nanosecondsSinceEpoch: .max)
    report.buckets[0].start = Timestamp(nanosecondsSinceEpoch: .min + 1)
    report.buckets[0].lost = .max
    report.buckets[1].association = report.associations[0].id
    report.buckets[1].start = Timestamp(nanosecondsSinceEpoch: .max)
    report.bucketNanoseconds = 1
    report.associations[0].duplicates = .max
    report.associations[1].duplicates = .max
    report.associations[0].firstTime = Timestamp(nanosecondsSinceEpoch: .min + 1)
    report.associations[0].lastTime = Timestamp(nanosecondsSinceEpoch: .max)
    report.associations[1].lowestNumber = 0
    report.associations[1].highestNumber = .max - 1
    report.gaps[0].before.time = Timestamp(nanosecondsSinceEpoch: .max)
    report.gaps[0].after.time = Timestamp(nanosecondsSinceEpoch: .min + 1)
    return report
  }()

  @Test("columns for which there was no room were left out without a word")
  func leftOut() throws {
    let text = Self.text(SampleReport.full, TableStyle(width: 80))
    let line = try #require(
      text.replacing("\n", with: " ").firstMatch(
        of: /Not shown for want of room: (.*) \(--width=(\d+), --csv, --json\)/))
    let header = try #require(text.firstMatch(of: /association .*/)).output
    let all = Self.text(SampleReport.full, TableStyle(width: try #require(Int(line.2))))
    #expect(!all.contains("Not shown"))
    let allHeader = try #require(all.firstMatch(of: /association .*/)).output
    for title in line.1.split(separator: ", ") {
      #expect(!header.contains(title) && allHeader.contains(title), "\(title)")
    }
    // One less, and something has no room.
    #expect(
      Self.text(SampleReport.full, TableStyle(width: try #require(Int(line.2)) - 1))
        .contains("Not shown"))
  }

  @Test("text of others cannot steer the terminal")
  func control() {
    let text =
      Self.text(Self.hostile, Self.style(80)) + CaptureInfoReport(Self.hostile).text
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
  }

  @Test("the first line is the answer")
  func answers() {
    func answer(_ rows: [AssociationSummary]) -> String {
      var report = AnalysisReport()
      report.associations = ReportRows(rows)
      report.totals.packets = 1_234
      return String(Self.text(report, TableStyle(width: 120)).prefix { $0 != "\n" })
    }
    let key = SampleReport.macsec(port: 1)
    let healthy = SampleReport.association(1, key, packets: 100)
    let lossy = SampleReport.association(2, SampleReport.macsec(port: 2), packets: 80, lost: 20)
    let single = SampleReport.association(3, SampleReport.macsec(port: 3), packets: 1)
    #expect(answer([]) == "No MACsec, ESP or AH traffic in 1,234 frames.")
    #expect(answer([healthy]) == "Nothing lost: 1 association, 100 packets.")
    #expect(answer([healthy, lossy]) == "1 of 2 associations lost 20 of 200 packets (10.0%).")
    #expect(answer([lossy]) == "1 association lost 20 of 100 packets (20.0%).")
    #expect(answer([single]) == "Nothing to compare: 1 association of a single packet.")
    #expect(
      answer([single, single]) == "Nothing to compare: 2 associations of a single packet each.")
    var again = SampleReport.association(4, SampleReport.macsec(port: 2), packets: 80, lost: 1)
    again.epoch = 1
    #expect(
      answer([healthy, lossy, again])
        == "1 of 2 associations (3 epochs) lost 21 of 281 packets (7.47%).")
  }

  @Test("associations of one packet are folded and counted, unless all are asked for")
  func folding() {
    let folded = Self.text(SampleReport.full, TableStyle(width: 120))
    #expect(folded.contains("+ 6 associations of a single packet each\n"))
    #expect(!folded.contains("02:00:00:00:0c:05"))
    let all = Self.text(SampleReport.full, TableStyle(width: 120, showAll: true))
    #expect(!all.contains("single packet"))
    #expect(all.contains("02:00:00:00:0c:05"))

    var singles = AnalysisReport()
    singles.associations += (1...30 as ClosedRange<UInt64>).map {
      SampleReport.association($0, SampleReport.macsec(port: UInt16($0)), packets: 1)
    }
    let text = Self.text(singles, TableStyle(width: 120))
    #expect(text.contains("/24 AN 0"))
    #expect(text.contains("+ 6 more with 6 packets, nothing lost (--all shows them)\n"))
  }

  @Test("rows left out are counted with what they lost")
  func rowLimit() {
    var report = AnalysisReport()
    report.associations += (1...60 as ClosedRange<UInt64>).map {
      SampleReport.association($0, SampleReport.macsec(port: UInt16($0)), packets: 10, lost: $0)
    }
    let text = Self.text(report, TableStyle(width: 100))
    // Those that lost 1 to 10.
    #expect(text.contains("+ 10 more with 100 packets, 55 lost (--all shows them)\n"))
    #expect(text.split(separator: "\n").count { $0.hasPrefix("MACsec ") } == 50)
    let all = Self.text(report, TableStyle(width: 100, showAll: true))
    #expect(all.split(separator: "\n").count { $0.hasPrefix("MACsec ") } == 60)
  }

  @Test("the order is the one asked for")
  func order() throws {
    let text = Self.text(SampleReport.full, TableStyle(width: 120, sort: .skipped))
    let esp = try #require(text.range(of: "ESP 0x0000abcd"))
    let macsec = try #require(text.range(of: "MACsec 02:00:00:00:0a:01/1"))
    #expect(esp.lowerBound < macsec.lowerBound)
  }

  @Test("colours come and go with the style and change no text")
  func color() {
    var style = Self.style(100)
    let plain = Self.text(SampleReport.full, style)
    style.color = true
    let colored = Self.text(SampleReport.full, style)
    #expect(!plain.contains("\u{1B}"))
    #expect(colored.contains("\u{1B}[1;31m2 of 9 associations"))
    #expect(colored.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == plain)
  }

  @Test("the health of the capture names what one should know")
  func health() {
    func health(_ change: (inout AnalysisReport) -> Void) -> String {
      var report = SampleReport.healthy
      change(&report)
      return Self.text(report, TableStyle(width: 160))
    }
    let fine = "no damage, no drops recorded, times in order, every frame whole"
    #expect(health { _ in }.contains(fine))
    let warnings: [(String, (inout AnalysisReport) -> Void)] = [
      (
        "link.pcap is damaged at octet 1,000: cut off.",
        {
          $0.captures[0].damaged = .init(offset: 1_000, reason: "cut off")
        }
      ),
      ("1 frame dropped by the capturing machine", { $0.captures[0].capturedDrops = 1 }),
      (
        "blind in 1 interval: 5 drops recorded",
        {
          $0.blindIntervals = [
            BlindInterval(point: 0, start: nil, end: nil, reason: .dropCount, drops: 5)
          ]
        }
      ),
      (
        "\(SampleReport.healthy.points[0]) was down or without carrier in 2 intervals",
        {
          $0.blindIntervals = [
            BlindInterval(point: 0, start: nil, end: nil, reason: .interfaceDown, drops: 0),
            BlindInterval(point: 0, start: nil, end: nil, reason: .interfaceDown, drops: 0),
          ]
        }
      ),
      (
        "the run before was cut short: 1.50 s went unseen before this one began",
        {
          $0.blindIntervals = [
            BlindInterval(
              point: 0, start: Timestamp(nanosecondsSinceEpoch: 1_000_000_000),
              end: Timestamp(nanosecondsSinceEpoch: 2_500_000_000), reason: .restart, drops: 0)
          ]
        }
      ),
      (
        "(50.0%) captured in part (snap length 262,144)",
        {
          $0.captures[0].snappedFrames = 615_000
        }
      ),
      ("time goes backwards once", { $0.captures[0].timeSteps = 1 }),
      ("no times: no rates", { ($0.captures[0].firstTime, $0.captures[0].lastTime) = (nil, nil) }),
      ("a frame of 1,559 octets: more than 1,558", { $0.captures[0].longestFrameOctets = 1_559 }),
      (
        "3 MKA frames but no MACsec",
        {
          $0.totals.macsec = 0
          $0.totals.mka = 3
        }
      ),
    ]
    for (warning, change) in warnings {
      let text = health(change)
      #expect(text.contains("  ! ") && text.contains(warning), "\(warning)")
      #expect(!text.contains(fine), "\(warning)")
    }
    #expect(health { $0.captures[0].longestFrameOctets = 1_558 }.contains(fine))
    #expect(health { $0.captures[0].capturedDrops = 0 }.contains(fine))
  }

  @Test("the losses of an association are drawn over time")
  func buckets() {
    var report = SampleReport.healthy
    report.associations[0] = SampleReport.association(
      1, SampleReport.macsec(port: 1), packets: 100, lost: 70)
    report.bucketNanoseconds = 1_000_000_000
    report.buckets = ([(0, 0), (1, 64), (2, 1), (4, 5)] as [(Double, UInt64)]).map { second, lost in
      var bucket = TimeBucket(association: 1, start: SampleReport.time(second))
      bucket.packets = 1
      bucket.lost = lost
      return bucket
    }
    let text = Self.text(report, TableStyle(width: 80, showBuckets: true))
    #expect(text.contains("  1.00 s a column, 2026-03-01 08:00:00 to 08:00:05 UTC\n"))
    #expect(text.contains("  MACsec 02:00:00:00:0a:01/1 AN 0, epoch 0  ·█▁ ▃\n"))
    #expect(text.contains("█ 64 packets lost"))
    report.buckets = []
    #expect(
      Self.text(report, TableStyle(width: 80, showBuckets: true))
        .contains("  nothing lost in any interval of 1.00 s\n"))
    #expect(!Self.text(report, TableStyle(width: 80)).contains("Loss over time"))
  }

  @Test("the largest gaps come first, as many as asked for")
  func gaps() {
    func gaps(_ limit: Int?) -> [Substring] {
      Self.text(SampleReport.full, TableStyle(width: 160, gapLimit: limit)).split(separator: "\n")
        .filter { $0.contains("lost: ") || $0.hasPrefix("Gaps") }
    }
    #expect(gaps(nil) == [])
    #expect(
      gaps(2) == [
        "Gaps (the 2 largest of 4)", "  1,300 lost: 900 to 2,199, rekey",
        "  36 lost: 5,000 to 5,035",
      ])
    #expect(gaps(9).count == 5)
    #expect(
      Self.text(SampleReport.healthy, TableStyle(width: 80, gapLimit: 5))
        .contains("\nGaps (0)\n"))
  }

  @Test("a gap names its frames in the order of the file, also after reordering")
  func orderOfFrames() {
    var report = SampleReport.full
    let gap = report.gaps[1]
    func place() -> Substring? {
      Self.text(report, TableStyle(width: 160, gapLimit: 1)).split(separator: "\n")
        .first { $0.contains("frames 5000 to 5001") }
    }
    #expect(place()?.hasSuffix("(1.25 s)") == true)
    (report.gaps[1].before, report.gaps[1].after) = (gap.after, gap.before)
    #expect(place()?.hasSuffix("(1.25 s), reordered") == true)
    report.gaps[1].before = gap.before
    report.gaps[1].after = SampleReport.frame(5_001, 11)
    #expect(place()?.contains("(1.00 s: the capture's times step back)") == true)
  }

  @Test("what the sender skipped is listed, not as lost")
  func skips() {
    let text = Self.text(SampleReport.full, TableStyle(width: 160, gapLimit: 1))
    #expect(
      text.contains(
        """
        Skipped (1)

          1,000,000 skipped: 2,000 to 1,001,999
            ESP 0x0000abcd 192.0.2.1:4500 → 198.51.100.7:31337, epoch 1, at all
            frames 9000 to 9002 of captures/link-a.pcap, 2026-03-01 08:00:20.000000 to \
        08:00:20.000001 UTC (1.00 µs)
            ip.src == 192.0.2.1 && ip.dst == 198.51.100.7 && udp.srcport == 4500 && \
        udp.dstport == 31337 && esp.spi == 0x0000abcd && frame.number >= 9000 && \
        frame.number <= 9002

        """))
    #expect(!Self.text(SampleReport.healthy, TableStyle(gapLimit: 1)).contains("Skipped"))
  }

  @Test("what the capture itself probably lost is said with what that rests on")
  func captureLosses() {
    var report = SampleReport.full
    var loss = CaptureLoss(point: 0, start: SampleReport.time(1), end: SampleReport.time(1.25))
    (loss.associations, loss.activeAssociations, loss.senders) = (18, 20, 9)
    (loss.gaps, loss.lost) = (21, 4_000)
    report.captureLosses = [loss]
    report.gaps[0].cause = SequenceGap.captureLossCause
    let text = Self.text(report, TableStyle(gapLimit: 10))
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      text.contains(
        "once, for up to 250 ms, nearly all lost packets at once (18 of 20 active associations of 9 "
          + "senders): the capture itself probably lost them, 21 gaps, 4,000 of the lost"))
    #expect(text.contains(", probably by the capture itself"))
  }

  @Test("info for programs has the captures of the report")
  func infoJSON() throws {
    var sink = CollectingSink()
    try CaptureInfoReport.writeJSON(SampleReport.full, to: &sink)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(sink.text.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "gapscope.info/1")
    let captures = try #require(object["captures"] as? [[String: Any]])
    #expect(captures.map { $0["packets"] as? Int } == [2_096_155, 4_000])
    #expect((object["blind"] as? [Any])?.count == 1)
    #expect((object["notes"] as? [String])?.count == 1)
  }
}
