import CaptureInput
import CaptureTestSupport
import PacketAnalysis
import Testing

@Suite("Reading several captures as one")
struct CaptureSetTests {
  /// A frame as it was delivered.
  struct Arrival: Hashable, CustomStringConvertible {
    var file: Int
    var number: UInt64
    var point: String
    var mark: UInt8
    var description: String { "\(point) \(file):\(number) \(mark)" }
  }

  static func arrivals(_ set: CaptureSet) -> [Arrival] {
    var arrivals: [Arrival] = []
    var batch = FrameBatch()
    while let delivery = set.next(into: &batch) {
      for index in 0..<batch.count {
        let frame = batch[index]
        arrivals.append(
          Arrival(
            file: delivery.file, number: frame.number,
            point: set.points[Int(delivery.interfaces[Int(frame.interface)].point)],
            mark: FrameCopy(frame).octets.first ?? 0))
      }
    }
    return arrivals
  }

  static func set(_ inputs: [(String, String?)], filter: String? = nil) throws -> CaptureSet {
    try CaptureSet(
      inputs.map { CaptureInputArgument(path: $0.0, point: $0.1) }, filter: filter)
  }

  @Test("orders the files of a point by their first frame")
  func ordersFiles() throws {
    let folder = try TemporaryFolder()
    let set = try Self.set([
      (folder.write(pcap(seconds: [30, 31]), to: "c"), nil),
      (folder.write(pcap(seconds: [10, 11]), to: "a"), nil),
      (folder.write(pcap(seconds: [20]), to: "b"), nil),
    ])
    #expect(
      Self.arrivals(set).map { "\($0.file):\($0.number)" } == ["1:1", "1:2", "2:1", "0:1", "0:2"])
    #expect(set.notes.isEmpty)
    #expect(set.points == ["default"])
    #expect(set.summaries().map(\.file) == [0, 1, 2])
    #expect(set.summaries().map(\.packets) == [2, 2, 1])
  }

  @Test("merges files of a point that overlap, frame by frame, and says so")
  func mergesFiles() throws {
    let folder = try TemporaryFolder()
    let paths = [
      try folder.write(pcap(seconds: [10, 12, 14, 40]), to: "a"),
      try folder.write(pcap(seconds: [11, 13, 15]), to: "b"),
      try folder.write(pcap(seconds: [50]), to: "c"),
    ]
    let set = try Self.set(paths.map { ($0, nil) })
    #expect(
      Self.arrivals(set).map { "\($0.file):\($0.number)" }
        == ["0:1", "1:1", "0:2", "1:2", "0:3", "1:3", "0:4", "2:1"])
    #expect(
      set.notes == ["files that overlap in time were merged by time: \(paths[0]), \(paths[1])"])
  }

  @Test("gives, cut by frames and dealt to files, the order of the whole")
  func mergesDealtFiles() throws {
    let folder = try TemporaryFolder()
    let times = (0..<500).map { UInt32($0) }
    let dealt = times.map { Int($0 &* 2_654_435_761 >> 7) % 5 }
    let inputs = try (0..<5).map { part in
      let mine = times.filter { dealt[Int($0)] == part }
      let file = pcap(seconds: mine, marks: mine.map { UInt8(truncatingIfNeeded: $0) })
      return (try folder.write(file, to: "part\(part)"), String?.none)
    }
    let arrivals = Self.arrivals(try Self.set(inputs))
    #expect(arrivals.map(\.mark) == times.map { UInt8(truncatingIfNeeded: $0) })
    #expect(arrivals.map(\.file) == dealt)
  }

  @Test("keeps the order of the file where its times go back")
  func keepsFileOrder() throws {
    let folder = try TemporaryFolder()
    let set = try Self.set([
      (folder.write(pcap(seconds: [10, 14, 11, 20]), to: "a"), nil),
      (folder.write(pcap(seconds: [12, 18]), to: "b"), nil),
    ])
    #expect(
      Self.arrivals(set).map { "\($0.file):\($0.number)" }
        == ["0:1", "1:1", "0:2", "0:3", "1:2", "0:4"])
  }

  @Test("reads equal times in the order of the arguments")
  func breaksTies() throws {
    let folder = try TemporaryFolder()
    let set = try Self.set([
      (folder.write(pcap(seconds: [10, 10]), to: "a"), nil),
      (folder.write(pcap(seconds: [10, 10]), to: "b"), nil),
    ])
    #expect(Self.arrivals(set).map(\.file) == [0, 0, 1, 1])
    #expect(set.notes.isEmpty)
  }

  @Test("equal times of files that overlap come in the order of the arguments, not of the reading")
  func mergesEqualTimesInOrder() throws {
    let folder = try TemporaryFolder()
    let set = try Self.set([
      (folder.write(pcap(seconds: [1, 5], marks: [1, 3]), to: "a"), nil),
      (folder.write(pcap(seconds: [2, 5], marks: [2, 4]), to: "b"), nil),
    ])
    #expect(Self.arrivals(set).map(\.mark) == [1, 2, 3, 4])
  }

  /// The model takes again and again the first frame of the file whose first frame is the earliest.
  @Test("merges any files by time, then by the order of the arguments", arguments: 0..<100)
  func mergesLikeTheModel(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    // Sometimes so many that most of them are over soon, and others go on for long.
    let fileCount = Int.random(in: seed % 10 == 9 ? 20...60 : 2...5, using: &random)
    var files = [[UInt32]](repeating: [], count: fileCount)
    var time: UInt32 = 1_000
    for _ in 0..<100 {
      // Mostly the same again, sometimes back.
      time = time &+ [0, 0, 0, 1, 2].randomElement(using: &random)!
      if seed % 2 == 1, UInt8.random(in: 0..<20, using: &random) == 0 { time -= 2 }
      files[Int.random(in: 0..<fileCount, using: &random)].append(time)
    }
    var expected: [String] = []
    var taken = [Int](repeating: 0, count: fileCount)
    while let file = files.indices.filter({ taken[$0] < files[$0].count })
      .min(by: { (files[$0][taken[$0]], $0) < (files[$1][taken[$1]], $1) })
    {
      taken[file] += 1
      expected.append("\(file):\(taken[file])")
    }

    let folder = try TemporaryFolder()
    let set = try Self.set(
      files.enumerated().map { (try folder.write(pcap(seconds: $1), to: "\($0)"), nil) })
    #expect(Self.arrivals(set).map { "\($0.file):\($0.number)" } == expected)
  }

  @Test("a file without times comes before one at the earliest time that there is")
  func mergesTheEarliestTime() throws {
    let folder = try TemporaryFolder()
    var (earliest, timeless) = (CaptureWriter(), CaptureWriter())
    earliest.section()
    // So long before 1970 that the time is limited to the earliest.
    earliest.interface { $0.option(14, UInt64(bitPattern: .min)) }
    timeless.section()
    timeless.interface()
    for mark: UInt8 in 1...2 {
      earliest.enhancedPacket(ticks: 0, payload: [mark])
      timeless.simplePacket(original: 1, payload: [mark])
    }
    let set = try Self.set([
      (folder.write(earliest.octets, to: "a"), nil), (folder.write(timeless.octets, to: "b"), nil),
    ])
    #expect(Self.arrivals(set).map(\.file) == [1, 1, 0, 0])
  }

  @Test("reads files without times in the order of the arguments, unmerged")
  func readsFilesWithoutTimes() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    for mark: UInt8 in 1...40 { writer.simplePacket(original: 1, payload: [mark]) }
    let set = try Self.set([
      (folder.write(writer.octets, to: "a"), nil), (folder.write(pcap(seconds: [3]), to: "b"), nil),
      (folder.write(writer.octets, to: "c"), nil),
    ])
    #expect(
      Self.arrivals(set).map(\.file)
        == [Int](repeating: 0, count: 40) + [Int](repeating: 2, count: 40) + [1])
    #expect(set.notes.isEmpty)
  }

  @Test("does not merge the files of different points")
  func separatesPoints() throws {
    let folder = try TemporaryFolder()
    let set = try Self.set([
      (folder.write(pcap(seconds: [11, 13]), to: "a"), "east"),
      (folder.write(pcap(seconds: [10, 12]), to: "b"), "west"),
      (folder.write(pcap(seconds: [9]), to: "c"), "east"),
    ])
    #expect(
      Self.arrivals(set).map { "\($0.point) \($0.file)" }
        == ["east 2", "east 0", "east 0", "west 1", "west 1"])
    #expect(set.points == ["east", "west"])
    #expect(set.notes.isEmpty)
  }

  @Test("names the points after the interfaces of a pcapng file")
  func namesPoints() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      pcapng(interfaces: [nil, "eth1", nil], seconds: [1, 2, 3, 4]), to: "x")
    let own = try Self.set([(path, nil)])
    #expect(Self.arrivals(own).map(\.point) == ["default", "eth1", "interface 2", "default"])
    #expect(own.summaries().map(\.packets) == [2, 1, 1])
    let given = try Self.set([(path, "tap")])
    #expect(Self.arrivals(given).map(\.point) == ["tap", "tap/eth1", "tap/2", "tap"])
  }

  @Test("merges files that share one of their points")
  func mergesSharedPoints() throws {
    let folder = try TemporaryFolder()
    let set = try Self.set([
      (folder.write(pcapng(interfaces: ["eth0", "eth1"], seconds: [1, 5]), to: "a"), nil),
      (folder.write(pcapng(interfaces: ["eth9"], seconds: [2]), to: "b"), nil),
      (folder.write(pcapng(interfaces: ["eth1"], seconds: [3]), to: "c"), nil),
    ])
    #expect(
      Self.arrivals(set).map { "\($0.file):\($0.point)" } == [
        "0:eth0", "2:eth1", "0:eth1", "1:eth9",
      ])
  }

  @Test("reads many files, most of them closed until their turn")
  func readsManyFiles() throws {
    let folder = try TemporaryFolder()
    let inputs = try (0..<200).map { index in
      (
        try folder.write(
          pcap(seconds: [UInt32(1_000 - index)], marks: [UInt8(index)]), to: "f\(index)"),
        String?.none
      )
    }
    let set = try Self.set(inputs)
    #expect(Self.arrivals(set).map(\.file) == (0..<200).reversed())
    let (octetsDone, octetsTotal) = set.progress
    #expect(octetsDone == 200 * 41)
    #expect(try #require(octetsTotal) == 200 * 41)
  }

  @Test("goes on without the files that cannot be read, and damage ends only its own file")
  func survivesBadFiles() throws {
    let folder = try TemporaryFolder()
    let whole = pcap(seconds: [1, 2, 3])
    let set = try Self.set([
      (folder.path("none"), nil),
      (folder.write(Array(whole.dropLast(2)), to: "cut"), nil),
      (folder.write(Array("text".utf8), to: "text"), nil),
      (folder.write(pcap(seconds: [4]), to: "good"), nil),
    ])
    #expect(Self.arrivals(set).map { "\($0.file):\($0.number)" } == ["1:1", "1:2", "3:1"])
    #expect(set.failures.map(\.file) == [folder.path("none"), folder.path("text")])
    #expect(set.summaries().map(\.damaged?.offset) == [UInt64(24 + 2 * 17), nil])
  }

  @Test("has a summary of a capture without frames")
  func summarizesEmptyCaptures() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    writer.section()
    let set = try Self.set([
      (folder.write(pcap(seconds: []), to: "a"), "tap"),
      (folder.write(writer.octets, to: "b"), nil),
    ])
    #expect(Self.arrivals(set).isEmpty)
    let summaries = set.summaries()
    #expect(summaries.map(\.format) == [.pcap, .pcapng])
    #expect(summaries.map { set.points[$0.point] } == ["tap", "default"])
    #expect(summaries.map(\.packets) == [0, 0])
    #expect(set.failures.isEmpty)
  }

  @Test("reports the drops of each point")
  func reportsDrops() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    writer.section()
    writer.interface()
    writer.interface { $0.option(2, Array("eth1".utf8)) }
    writer.enhancedPacket(interface: 1, ticks: 1, payload: [1])
    writer.enhancedPacket(interface: 1, ticks: 4, payload: [1]) { $0.option(4, 7) }
    let set = try Self.set([(folder.write(writer.octets, to: "a"), nil)])
    _ = Self.arrivals(set)
    #expect(set.summaries().map(\.capturedDrops) == [nil, 7])
    #expect(
      set.blindIntervals() == [
        BlindInterval(
          point: 1, start: Timestamp(nanosecondsSinceEpoch: 1_000),
          end: Timestamp(nanosecondsSinceEpoch: 4_000), reason: .dropCount, drops: 7)
      ])
  }

  @Test("refuses more files than can be numbered")
  func refusesTooManyFiles() throws {
    let inputs = (0...CaptureSet.largestFileCount).map { CaptureInputArgument(path: "/none/\($0)") }
    #expect(
      throws: CaptureInputError(file: "/none/65535", reason: .tooManyFiles(limit: 65_535))
    ) {
      try CaptureSet(inputs)
    }
  }

  // MARK: Filters

  @Test("leaves out the frames that do not match, but counts them")
  func filters() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    writer.pcapHeader()
    for second: UInt32 in 0..<100 {
      let etherType: [UInt8] = second % 4 == 0 ? [0x88, 0xE5] : [0x08, 0x00]
      writer.pcapRecord(
        seconds: second, fraction: 0, first: 60, second: 60,
        payload: [UInt8](repeating: 0, count: 12) + etherType + [UInt8](repeating: 0, count: 46))
    }
    let path = try folder.write(writer.octets, to: "a")
    let set = try Self.set([(path, nil)], filter: "ether proto 0x88e5")
    #expect(Self.arrivals(set).map(\.number) == stride(from: 1, to: 100, by: 4).map { UInt64($0) })
    #expect(set.summaries().map(\.packets) == [100])
    #expect(set.notes == ["only frames that match the filter are analyzed: ether proto 0x88e5"])
  }

  @Test("keeps what libpcap says of a filter that it does not understand")
  func refusesFilter() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(pcap(seconds: [1]), to: "a")
    do throws(CaptureInputError) {
      _ = try CaptureSet([CaptureInputArgument(path: path)], filter: "ether prot")
      Issue.record("the filter was taken")
    } catch {
      #expect(error.description.hasPrefix("the filter 'ether prot' is not understood: "))
      #expect(error.description.contains("syntax error"))
    }
  }

  @Test("compiles the filter for each link type, and says which it does not fit")
  func filtersLinkTypes() throws {
    let folder = try TemporaryFolder()
    let set = try Self.set(
      [
        (folder.write(pcap(seconds: [1]), to: "ethernet"), nil),
        (folder.write(pcap(seconds: [2], network: 101), to: "raw"), nil),
      ], filter: "len = 1 or ether host 02:00:00:00:00:01")
    #expect(Self.arrivals(set).map(\.file) == [0])
    #expect(set.notes.count == 2)
    #expect(set.notes.last?.contains("left out: 101 (") == true)
  }
}
