import Foundation
import PacketAnalysis
import ReportFormats
import Testing

@Suite("JSON report: gapscope.report/1")
struct JSONReportTests {
  typealias Object = [String: Any]

  static func text(_ report: AnalysisReport) throws -> String {
    var sink = CollectingSink()
    try JSONReport.write(report, to: &sink)
    return sink.text
  }

  static func parse(_ report: AnalysisReport) throws -> Object {
    let value = try JSONSerialization.jsonObject(with: Data(text(report).utf8))
    return try #require(value as? Object)
  }

  static func records(_ name: String, of report: AnalysisReport) throws -> [Object] {
    try #require(parse(report)[name] as? [Object])
  }

  /// Equal as JSON: 1 and 1.0 are one number, `true` and 1 are not.
  private func expect(
    _ object: Object, _ expected: Object, _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(Set(object.keys) == Set(expected.keys), sourceLocation: location)
    for (name, value) in expected {
      let actual = object[name] as? NSObject
      #expect(actual == value as? NSObject, "\(name)", sourceLocation: location)
    }
  }

  private func frame(_ number: UInt64, _ time: String?, _ file: String) -> Object {
    ["frame": number, "time": time ?? NSNull(), "file": file]
  }

  private let fileA = "captures/link-a.pcap"
  private let fileB = "captures/link-b \"2\".pcapng"

  @Test("the members come in the order of the contract")
  func order() throws {
    let text = try Self.text(SampleReport.full)
    let names = [
      "captures", "totals", "associations", "gaps", "skips", "suspectFrames", "flows",
      "malformed", "blind", "captureLosses", "bucketNanoseconds", "buckets", "notes",
    ]
    let places = names.map { text.range(of: "\n\"\($0)\":")?.lowerBound }
    #expect(!places.contains(nil))
    let known = places.compactMap { $0 }
    #expect(known == known.sorted())
    #expect(try Self.parse(SampleReport.full)["schema"] as? String == "gapscope.report/1")
  }

  @Test("a probable loss of the capture has all that it rests on")
  func captureLosses() throws {
    var report = SampleReport.full
    #expect(try Self.records("captureLosses", of: report).isEmpty)
    var loss = CaptureLoss(point: 0, start: SampleReport.time(1), end: SampleReport.time(2))
    (loss.associations, loss.activeAssociations, loss.senders) = (18, 20, 9)
    (loss.gaps, loss.lost) = (21, 4_000)
    report.captureLosses = [loss]
    expect(
      try #require(try Self.records("captureLosses", of: report).first),
      [
        "point": report.points[0], "start": "2026-03-01T08:00:01.000000000Z",
        "end": "2026-03-01T08:00:02.000000000Z", "associations": 18, "activeAssociations": 20,
        "senders": 9, "gaps": 21, "lost": 4_000,
      ])
  }

  @Test("what was given up at a limit stands in approximate, which is left out otherwise")
  func approximate() throws {
    var report = SampleReport.full
    #expect(try Self.parse(report)["approximate"] == nil)
    #expect(try Self.records("associations", of: report).allSatisfy { $0["approximate"] == nil })
    report.giveUpEverything()
    let reasons = try Self.records("approximate", of: report)
    let names = reasons.map { $0["reason"] as? String ?? "" }
    #expect(
      names == [
        "maxAssociations", "maxEpochs", "idleTimeout", "silence", "maxGaps", "maxHeldFrames",
        "maxFlows", "maxBuckets", "maxCopies",
      ])
    try #require(reasons.count == 9)
    expect(
      reasons[0], ["reason": "maxAssociations", "limit": 4_194_304, "packets": 2, "octets": 200])
    #expect(reasons[1]["epochs"] as? Int == 3)
    #expect(reasons[1]["lost"] as? Int == 7)
    #expect(reasons[2]["epochs"] as? Int == 9)
    #expect(reasons[2]["packets"] as? Int == 11)
    #expect(reasons[2]["lost"] as? Int == 1)
    expect(reasons[3], ["reason": "silence", "packets": 10])
    expect(
      reasons[4],
      [
        "reason": "maxGaps", "limit": 16_777_216, "gaps": 4, "missing": 40, "skips": 5,
        "skipped": 50,
      ])
    expect(reasons[5], ["reason": "maxHeldFrames", "limit": 8_388_608, "packets": 6])
    expect(reasons[7], ["reason": "maxBuckets", "limit": 4_194_304, "askedNanoseconds": 1_000_000])

    let association = try #require(Self.records("associations", of: report).first)
    let own = try #require(association["approximate"] as? [Object])
    try #require(own.count == 2)
    expect(
      own[0], ["reason": "maxGaps", "gaps": 4, "missing": 40, "skips": 5, "skipped": 50])
    expect(own[1], ["reason": "maxHeldFrames", "packets": 6])
    // Only what was given up: one reason of an association, none of it any other.
    report.associations[0].givenUp?.hastyFrames = 0
    let again = try #require(Self.records("associations", of: report).first)
    #expect((again["approximate"] as? [Object])?.count == 1)
  }

  @Test("captures carry damage, drops and snap length")
  func captures() throws {
    let captures = try Self.records("captures", of: SampleReport.full)
    #expect(captures.count == 2)
    expect(
      captures[0],
      [
        "file": fileA, "format": "pcap", "point": "all", "packets": 2_096_155,
        "octets": 1_047_000_000, "firstTime": "2026-03-01T08:00:00.000000000Z",
        "lastTime": "2026-03-01T08:35:00.000000000Z", "damaged": NSNull(),
        "capturedDrops": NSNull(), "timeSteps": 3, "linkType": 1, "snapLength": 96,
        "snappedFrames": 2_000_000, "longestFrameOctets": 1_518,
      ])
    expect(
      captures[1],
      [
        "file": fileB, "format": "pcapng", "point": "tap\\2", "packets": 4_000,
        "octets": 2_000_000, "firstTime": NSNull(), "lastTime": NSNull(),
        "damaged": ["offset": 1_048_576, "reason": "a block of 12 octets claims 4,294,967,295"],
        "capturedDrops": 12, "timeSteps": 0, "linkType": 276, "snapLength": 0, "snappedFrames": 0,
        "longestFrameOctets": 9_018,
      ])
  }

  @Test("every class of frame has its total")
  func totals() throws {
    let totals = try #require(try Self.parse(SampleReport.full)["totals"] as? Object)
    expect(
      totals,
      [
        "packets": 2_100_155, "octets": 1_049_000_000, "macsec": 2_000_016, "esp": 80_000,
        "ah": 16_000, "mka": 100, "eapol": 2, "ike": 8, "plain": 12, "fragments": 1,
        "other": 4_000, "malformed": 5, "truncated": 11, "nested": 6,
      ])
  }

  @Test("a MACsec association has its channel, flags and numbers")
  func macsec() throws {
    let association = try #require(try Self.records("associations", of: SampleReport.full).first)
    expect(
      association,
      [
        "protocol": "macsec", "sci": "020000000a010001", "sciSource": "endStation", "an": 0,
        "vlans": [100, 7], "encrypted": true, "changed": true,
        "sourceAddresses": ["02:00:00:00:0a:01"], "badTags": 1, "id": "0123456789abcdef",
        "point": "all", "epoch": 0, "packets": 2_000_010, "octets": 1_000_000_000,
        "firstTime": "2026-03-01T08:00:00.000000000Z",
        "lastTime": "2026-03-01T08:33:19.999000000Z", "lowestNumber": 1,
        "highestNumber": 2_001_340, "expected": 2_001_340, "distinct": 2_000_000, "lost": 1_340,
        "lostBlind": 40, "skipped": 0, "duplicates": 7, "reordered": 25, "suspects": 3,
        "gaps": 3, "destinationAddresses": ["02:00:00:00:0b:01"],
        "interArrivalNanoseconds": ["min": 900_000, "mean": 1_000_000, "max": 5_000_000],
      ])
  }

  @Test("an IPsec association has its addresses, SPI and, in UDP, its ports")
  func ipsec() throws {
    let associations = try Self.records("associations", of: SampleReport.full)
    expect(
      associations[1],
      [
        "protocol": "esp", "source": "192.0.2.1", "destination": "198.51.100.7",
        "spi": "0x0000abcd", "encapsulation": "udp", "sourcePort": 4_500,
        "destinationPort": 31_337, "id": "0000000000000002", "point": "all", "epoch": 1,
        "packets": 80_000, "octets": 40_000_000, "firstTime": "2026-03-01T08:00:00.000000000Z",
        "lastTime": "2026-03-01T08:01:19.999000000Z", "lowestNumber": 1,
        "highestNumber": 1_080_005, "expected": 80_005, "distinct": 80_000, "lost": 5,
        "lostBlind": 0, "skipped": 1_000_000, "duplicates": 0, "reordered": 0, "suspects": 0,
        "gaps": 1, "destinationAddresses": ["02:00:00:00:0b:01"],
        "interArrivalNanoseconds": ["min": 900_000, "mean": 1_000_000, "max": 5_000_000],
      ])
    expect(
      associations[2],
      [
        "protocol": "ah", "source": "2001:db8::1", "destination": "::1", "spi": "0x00001000",
        "encapsulation": "none", "id": "0000000000000003", "point": "tap\\2", "epoch": 0,
        "packets": 16_000, "octets": 8_000_000, "firstTime": NSNull(), "lastTime": NSNull(),
        "lowestNumber": 1, "highestNumber": 16_000, "expected": 16_000, "distinct": 16_000,
        "lost": 0, "lostBlind": 0, "skipped": 0, "duplicates": 0, "reordered": 0, "suspects": 0,
        "gaps": 0, "destinationAddresses": ["02:00:00:00:0b:01"],
        "interArrivalNanoseconds": NSNull(),
      ])
  }

  @Test("an association of suspects only has no numbers")
  func suspectsOnly() throws {
    let association = try Self.records("associations", of: SampleReport.full)[3]
    #expect(association["lowestNumber"] is NSNull)
    #expect(association["highestNumber"] is NSNull)
    #expect(association["expected"] as? Int == 0)
    #expect(association["interArrivalNanoseconds"] is NSNull)
  }

  @Test("gaps and skips name the frames on both sides")
  func gaps() throws {
    let gaps = try Self.records("gaps", of: SampleReport.full)
    #expect(gaps.count == 4)
    expect(
      gaps[1],
      [
        "association": "0123456789abcdef", "firstMissing": 900, "lastMissing": 2_199,
        "missing": 1_300, "cause": "rekey", "provisional": false,
        "before": frame(5_000, "2026-03-01T08:00:12.000000000Z", fileA),
        "after": frame(5_001, "2026-03-01T08:00:13.250000000Z", fileA),
      ])
    expect(
      gaps[2],
      [
        "association": "0123456789abcdef", "firstMissing": 5_000, "lastMissing": 5_035,
        "missing": 36, "cause": NSNull(), "provisional": false,
        "before": frame(90_000, nil, fileA), "after": frame(4, nil, fileB),
      ])
    #expect(gaps[3]["provisional"] as? Bool == true)
    let skips = try Self.records("skips", of: SampleReport.full)
    expect(
      skips[0],
      [
        "association": "0000000000000002", "firstSkipped": 2_000, "lastSkipped": 1_001_999,
        "skipped": 1_000_000, "before": frame(9_000, "2026-03-01T08:00:20.000000000Z", fileA),
        "after": frame(9_002, "2026-03-01T08:00:20.000001000Z", fileA),
      ])
  }

  @Test("suspects, flows, malformed frames and blind intervals are listed")
  func smallLists() throws {
    let report = SampleReport.full
    expect(
      try Self.records("suspectFrames", of: report)[0],
      [
        "association": "0000000000000004", "number": 4_294_967_295, "frame": 77,
        "time": "2026-03-01T08:00:03.000000000Z", "file": fileB,
      ])
    expect(
      try Self.records("flows", of: report)[0],
      [
        "protocol": "udp", "source": "2001:db8::1", "sourcePort": 53,
        "destination": "::ffff:192.0.2.1", "destinationPort": 40_000, "packets": 12,
        "octets": 1_234, "firstTime": "2026-03-01T08:00:04.000000000Z",
        "lastTime": "2026-03-01T08:00:05.000000000Z", "point": "tap\\2",
      ])
    expect(
      try Self.records("malformed", of: report)[0],
      ["layer": "SecTAG", "reason": "PN 0", "count": 4, "firstFrame": 31, "file": fileA])
    expect(
      try Self.records("blind", of: report)[0],
      [
        "point": "tap\\2", "start": NSNull(), "end": "2026-03-01T08:00:09.000000000Z",
        "reason": "interfaceStatistics", "drops": 12,
      ])
    #expect(
      try Self.parse(report)["notes"] as? [String]
        == ["2 files of one point are merged by time\tas they overlap"])
  }

  @Test("buckets are there where they were asked for, those of no association with null")
  func buckets() throws {
    let buckets = try Self.records("buckets", of: SampleReport.full)
    expect(
      buckets[0],
      [
        "association": "0123456789abcdef", "start": "2026-03-01T08:00:00.000000000Z",
        "packets": 9_900, "octets": 4_950_000, "lost": 4, "skipped": 2, "duplicates": 7,
        "reordered": 6, "suspects": 5,
      ])
    #expect(buckets[1]["association"] is NSNull)
    #expect(buckets[1]["start"] is NSNull)
    #expect(try Self.parse(SampleReport.full)["bucketNanoseconds"] as? Int == 10_000_000_000)

    var without = SampleReport.full
    without.bucketNanoseconds = nil
    #expect(try Self.parse(without)["buckets"] == nil)
  }

  @Test("an empty report is an object with empty lists")
  func empty() throws {
    let object = try Self.parse(AnalysisReport())
    #expect(object["associations"] as? [String] == [])
    #expect((object["totals"] as? Object)?["packets"] as? Int == 0)
  }

  @Test("one record is one line")
  func lines() throws {
    let lines = try Self.text(SampleReport.full).split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("{\"protocol\":\"macsec\"") } == 7)
    #expect(lines.count { $0.contains("\"firstMissing\"") } == 4)
    for line in lines where line.hasPrefix("{\"association\"") {
      let record = line.hasSuffix(",") ? line.dropLast() : line
      #expect(throws: Never.self) {
        try JSONSerialization.jsonObject(with: Data(record.utf8))
      }
    }
  }

  @Test(
    "any text survives",
    arguments: [
      "", "a\"b\\c/d", "\u{0}\u{1}\u{1F}\u{7F}\n\r\t\u{8}", "Käfer 🪲 \u{2028}", "\u{FFFD}",
    ])
  func text(_ text: String) throws {
    var report = AnalysisReport()
    report.notes = [text]
    #expect(try Self.parse(report)["notes"] as? [String] == [text])
  }

  @Test("numbers of 64 bits are written in full")
  func largeNumbers() throws {
    var report = AnalysisReport()
    var association = AssociationSummary(key: SampleReport.macsec(port: 1))
    association.id = .max
    association.octets = .max
    association.lowestNumber = 1
    association.highestNumber = .max
    association.distinct = .max
    report.associations = [association]
    let text = try Self.text(report)
    #expect(text.contains("\"octets\":18446744073709551615,"))
    #expect(text.contains("\"id\":\"ffffffffffffffff\""))
    #expect(text.contains("\"lost\":0,"))
  }

  @Test(
    "times are RFC 3339 with nanoseconds for every 64-bit count",
    arguments: [
      (0, "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
      (1_772_352_000_000_000_001, "2026-03-01T08:00:00.000000001Z"),
      (951_782_400_123_456_789, "2000-02-29T00:00:00.123456789Z"),
      (.max, "2262-04-11T23:47:16.854775807Z"), (.min + 1, "1677-09-21T00:12:43.145224193Z"),
    ] as [(Int64, String)])
  func times(nanoseconds: Int64, expected: String) throws {
    var report = AnalysisReport()
    report.suspectFrames = [
      SuspectFrame(
        association: 1, number: 1,
        frame: FrameReference(
          file: 0, frame: 1, time: Timestamp(nanosecondsSinceEpoch: nanoseconds)))
    ]
    #expect(try Self.records("suspectFrames", of: report)[0]["time"] as? String == expected)
  }

  @Test("an absent time is null")
  func absentTime() throws {
    var report = AnalysisReport()
    report.suspectFrames = [
      SuspectFrame(
        association: 1, number: 1, frame: FrameReference(file: 7, frame: 1, time: .absent))
    ]
    let record = try Self.records("suspectFrames", of: report)[0]
    #expect(record["time"] is NSNull)
    #expect(record["file"] is NSNull)
  }

  @Test("a report larger than the buffer arrives whole")
  func large() throws {
    var report = AnalysisReport()
    report.gaps += (1...5_000 as ClosedRange<UInt64>).map {
      SequenceGap(
        association: $0, firstMissing: $0, lastMissing: $0, before: SampleReport.frame($0, 1),
        after: SampleReport.frame($0 + 1, 2))
    }
    let gaps = try Self.records("gaps", of: report)
    #expect(gaps.map { $0["firstMissing"] as? Int } == Array(1...5_000))
  }

  @Test("an output that cannot be written is an error")
  func failingSink() {
    struct FullDisk: ReportSink {
      mutating func write(_ octets: UnsafeRawBufferPointer) throws(OutputError) {
        throw OutputError(errorNumber: 28)
      }
    }
    var sink = FullDisk()
    #expect(throws: OutputError(errorNumber: 28)) {
      try JSONReport.write(SampleReport.full, to: &sink)
    }
  }
}

extension AnalysisReport {
  /// Every limit was reached; the first association is concerned.
  mutating func giveUpEverything() {
    var givenUp = GivenUp()
    (givenUp.unfollowed.packets, givenUp.unfollowed.octets) = (2, 200)
    var (sums, others) = (AssociationSums(), AssociationSums())
    (sums.packets, sums.expected, sums.distinct) = (13, 20, 13)
    givenUp.folded = RowlessEpochs(count: 3, [.init(point: 0, .macsec): sums])
    (givenUp.forgotten.gaps, givenUp.forgotten.missing) = (4, 40)
    (givenUp.forgotten.skips, givenUp.forgotten.skipped) = (5, 50)
    givenUp.hastyFrames = 6
    (givenUp.flows.packets, givenUp.flows.octets) = (7, 700)
    givenUp.askedBucketNanoseconds = 1_000_000
    givenUp.unlistedCopies = 8
    givenUp.judgedBySilence = 10
    (sums.packets, sums.expected, sums.distinct) = (5, 0, 0)
    (others.packets, others.expected, others.distinct) = (6, 7, 6)
    givenUp.silent = RowlessEpochs(
      count: 9, [.init(point: 0, .macsec): sums, .init(point: 1, .esp): others])
    self.givenUp = givenUp
    var own = EpochGivenUp()
    own.forgotten = givenUp.forgotten
    own.hastyFrames = 6
    associations[0].givenUp = own
  }
}
