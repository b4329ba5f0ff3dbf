import PacketAnalysis
import ReportFormats
import Testing

@Suite("CSV (RFC 4180)")
struct CSVReportTests {
  /// The records of a CSV text, by the grammar of RFC 4180, 2.
  static func parse(_ text: String) -> [[String: String]] {
    var rows: [[String]] = [[]]
    var (cell, isQuoted) = ("", false)
    var rest = Array(text.unicodeScalars)[...]
    while let next = rest.popFirst() {
      switch next {
      case "\"" where isQuoted && rest.first == "\"":
        rest.removeFirst()
        cell.append("\"")
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        rows[rows.count - 1].append(cell)
        cell = ""
      case "\r" where !isQuoted && rest.first == "\n":
        rest.removeFirst()
        rows[rows.count - 1].append(cell)
        cell = ""
        rows.append([])
      default: cell.unicodeScalars.append(next)
      }
    }
    #expect(rows.last == [] && !isQuoted, "ends with CRLF")
    let header = rows[0]
    return rows.dropFirst().dropLast().map { row in
      #expect(row.count == header.count)
      return Dictionary(zip(header, row), uniquingKeysWith: { first, _ in first })
    }
  }

  static func rows(
    _ write: (AnalysisReport, inout CollectingSink) throws -> Void
  ) rethrows -> [[String: String]] {
    var sink = CollectingSink()
    try write(SampleReport.full, &sink)
    return parse(sink.text)
  }

  @Test("a row for each association, with every field")
  func associations() throws {
    let rows = try Self.rows { try CSVReport.associations($0, to: &$1) }
    #expect(rows.count == 9)
    #expect(
      rows[0] == [
        "protocol": "macsec", "point": "all", "sci": "020000000a010001",
        "sciSource": "endStation", "an": "0", "vlans": "100 7", "encrypted": "true",
        "changed": "true", "sourceAddresses": "02:00:00:00:0a:01", "badTags": "1", "source": "",
        "destination": "", "spi": "", "encapsulation": "", "sourcePort": "",
        "destinationPort": "", "id": "0123456789abcdef", "epoch": "0", "packets": "2000010",
        "octets": "1000000000", "firstTime": "2026-03-01T08:00:00.000000000Z",
        "lastTime": "2026-03-01T08:33:19.999000000Z", "lowestNumber": "1",
        "highestNumber": "2001340", "expected": "2001340", "distinct": "2000000",
        "lost": "1340", "lostBlind": "40", "skipped": "0", "duplicates": "7",
        "reordered": "25", "suspects": "3", "gaps": "3",
        "destinationAddresses": "02:00:00:00:0b:01", "interArrivalMin": "900000",
        "interArrivalMean": "1000000", "interArrivalMax": "5000000", "approximate": "",
      ])
    #expect(rows[1]["spi"] == "0x0000abcd")
    #expect(rows[1]["encapsulation"] == "udp")
    #expect(rows[1]["sourcePort"] == "4500")
    #expect(rows[1]["destinationPort"] == "31337")
    #expect(rows[1]["sci"] == "")
    #expect(rows[2]["source"] == "2001:db8::1")
    #expect(rows[2]["encapsulation"] == "none")
    #expect(rows[2]["firstTime"] == "")
    #expect(rows[2]["point"] == "tap\\2")
    #expect(rows[3]["lowestNumber"] == "")
  }

  @Test("a row did not say that its counts are approximate, as JSON does")
  func approximate() throws {
    var report = SampleReport.full
    report.associations[0].givenUp = EpochGivenUp()
    report.associations[0].givenUp?.forgotten.gaps = 4
    report.associations[1].givenUp = EpochGivenUp()
    report.associations[1].givenUp?.hastyFrames = 6
    report.associations[2].givenUp = report.associations[0].givenUp
    report.associations[2].givenUp?.hastyFrames = 6
    var sink = CollectingSink()
    try CSVReport.associations(report, to: &sink)
    #expect(
      Self.parse(sink.text).prefix(4).map { $0["approximate"] } == [
        "maxGaps", "maxHeldFrames", "maxGaps maxHeldFrames", "",
      ])
  }

  @Test("a row for each gap, with its display filter")
  func gaps() throws {
    let rows = try Self.rows { try CSVReport.gaps($0, to: &$1) }
    #expect(rows.count == 4)
    #expect(
      rows[3] == [
        "association": "0000000000000002", "protocol": "esp", "point": "all", "sci": "", "an": "",
        "source": "192.0.2.1", "destination": "198.51.100.7", "spi": "0x0000abcd", "epoch": "1",
        "firstMissing": "77", "lastMissing": "81", "missing": "5", "cause": "",
        "provisional": "true", "beforeFrame": "600",
        "beforeTime": "2026-03-01T08:00:01.000000000Z", "beforeFile": "captures/link-a.pcap",
        "afterFrame": "602", "afterTime": "2026-03-01T08:00:01.000999000Z",
        "afterFile": "captures/link-a.pcap",
        "displayFilter": "ip.src == 192.0.2.1 && ip.dst == 198.51.100.7 && udp.srcport == 4500 && "
          + "udp.dstport == 31337 && esp.spi == 0x0000abcd && frame.number >= 600 && "
          + "frame.number <= 602",
        "afterDisplayFilter": "",
      ])
    #expect(rows[1]["cause"] == "rekey")
    #expect(rows[2]["beforeTime"] == "")
    #expect(rows[2]["afterFile"] == "captures/link-b \"2\".pcapng")
    #expect(
      rows[2]["afterDisplayFilter"]
        == "eth.src == 02:00:00:00:0a:01 && macsec.AN == 0 && frame.number <= 4")
  }

  @Test("a row for each bucket; frames of no association have no identity")
  func buckets() throws {
    let rows = try Self.rows { try CSVReport.buckets($0, to: &$1) }
    #expect(rows.count == 2)
    #expect(rows[0]["association"] == "0123456789abcdef")
    #expect(rows[0]["sci"] == "020000000a010001")
    #expect(rows[0]["start"] == "2026-03-01T08:00:00.000000000Z")
    #expect(rows[0]["lost"] == "4")
    #expect(rows[0]["suspects"] == "5")
    #expect(rows[1]["association"] == "")
    #expect(rows[1]["start"] == "")
    #expect(rows[1]["packets"] == "3")
  }

  @Test("names with commas, quotes and line breaks survive")
  func quoting() throws {
    var report = SampleReport.full
    report.points[0] = "a,\"b\"\r\nc"
    var sink = CollectingSink()
    try CSVReport.associations(report, to: &sink)
    #expect(Self.parse(sink.text).first?["point"] == "a,\"b\"\r\nc")
  }

  @Test("an empty report is a header")
  func empty() throws {
    var sink = CollectingSink()
    try CSVReport.gaps(AnalysisReport(), to: &sink)
    #expect(Self.parse(sink.text).isEmpty)
    #expect(sink.text.hasPrefix("association,protocol,"))
  }
}
