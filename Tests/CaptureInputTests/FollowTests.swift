import CaptureInput
import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

/// Each test writes, as another program would, between two looks of the reader: nothing depends on
/// who is quicker.
@Suite("Following a capture that is being written")
struct FollowTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What a reader has found so far.
  private final class Reader {
    let set: CaptureSet
    private var batch = FrameBatch()
    private(set) var marks: [UInt8] = []
    private(set) var files: [Int] = []
    /// In which nothing came.
    private(set) var emptyRounds = 0

    init(_ path: String, filter: String? = nil) throws {
      set = try CaptureSet(
        [CaptureInputArgument(path: path)], filter: filter, source: .followed)
    }

    /// Reads until there are `count` frames in all; gives up where none comes for long.
    func read(_ count: Int) {
      var idleRounds = 0
      while marks.count < count, idleRounds < 500, let delivery = set.next(into: &batch) {
        idleRounds = batch.isEmpty ? idleRounds + 1 : 0
        emptyRounds += batch.isEmpty ? 1 : 0
        take(delivery)
      }
    }

    /// Reads what is there.
    func look() {
      repeat { take(set.next(into: &batch)) } while !batch.isEmpty
    }

    private func take(_ delivery: CaptureSet.Delivery?) {
      guard let delivery else { return }
      for index in 0..<batch.count {
        marks.append(FrameCopy(batch[index]).octets.first ?? 0)
        files.append(delivery.file)
      }
    }
  }

  private func append(_ octets: some Sequence<UInt8>, to name: String) throws {
    let file = try FileHandle(forWritingTo: folder.url.appendingPathComponent(name))
    try file.seekToEnd()
    try file.write(contentsOf: Data(octets))
    try file.close()
  }

  @Test("frames are read once they are whole, wherever the writer pauses")
  func everyCut() throws {
    let octets = pcap(seconds: [1, 2, 3])
    for cut in 0...octets.count {
      let path = try folder.write(Array(octets[..<cut]), to: "growing")
      let reader = try Reader(path)
      reader.look()
      #expect(reader.marks.count == max(0, cut - 24) / 17)
      try append(octets[cut...], to: "growing")
      reader.read(3)
      #expect(reader.marks == [1, 2, 3], "cut at \(cut)")
      #expect(reader.set.summaries().map(\.damaged) == [nil])
      #expect(reader.set.failures.isEmpty)
    }
  }

  @Test("pcapng grows as well, and its interfaces")
  func growingPcapng() throws {
    let octets = pcapng(interfaces: ["a", "b"], seconds: [1, 2, 3, 4])
    for cut in stride(from: 0, through: octets.count, by: 11) {
      let path = try folder.write(Array(octets[..<cut]), to: "growing")
      let reader = try Reader(path)
      reader.look()
      try append(octets[cut...], to: "growing")
      reader.read(4)
      #expect(reader.marks == [1, 2, 3, 4], "cut at \(cut)")
    }
  }

  @Test("a file whose number is appended goes on, in the order of the times, not of the names")
  func numberedSuccessors() throws {
    let path = try folder.write(pcap(seconds: [1, 2], marks: [1, 2]), to: "f.pcap")
    _ = try folder.write(pcap(seconds: [3, 4], marks: [3, 4]), to: "f.pcap2")
    // The ring came round: the first number is the newest.
    _ = try folder.write(pcap(seconds: [9], marks: [5]), to: "f.pcap0")
    // Of before, of another series, of nothing yet, and no capture at all.
    _ = try folder.write(pcap(seconds: [0], marks: [9]), to: "f.pcap1")
    _ = try folder.write(pcap(seconds: [5], marks: [9]), to: "g.pcap1")
    _ = try folder.write(Array(pcap(seconds: [5]).prefix(24)), to: "f.pcap3")
    _ = try folder.write(Array("hello world".utf8), to: "f.pcap4")
    let reader = try Reader(path)
    reader.read(5)
    for _ in 0..<15 { reader.look() }
    #expect(reader.marks == [1, 2, 3, 4, 5])
    #expect(reader.files == [0, 0, 1, 1, 2])
    #expect(
      reader.set.paths.map { URL(fileURLWithPath: $0).lastPathComponent }
        == ["f.pcap", "f.pcap2", "f.pcap0"])
    #expect(reader.set.points == ["default"])
  }

  @Test("a reader that lagged paused at the end of each file, and never caught up with the writer")
  func lagging() throws {
    let count = 60
    for number in 0..<count {
      _ = try folder.write(pcap(seconds: [UInt32(number + 1)]), to: "f_\(100 + number).pcap")
    }
    let reader = try Reader(folder.url.appendingPathComponent("f_100.pcap").path)
    reader.read(count)
    #expect(reader.marks.count == count)
    #expect(reader.emptyRounds <= 3 * count)
  }

  @Test("names with a number and a date in them go on")
  func datedSuccessors() throws {
    let path = try folder.write(
      pcap(seconds: [1], marks: [1]), to: "ring_00001_20261127150000.pcap")
    _ = try folder.write(pcap(seconds: [2], marks: [2]), to: "ring_00002_20261127150100.pcap")
    _ = try folder.write(pcap(seconds: [3], marks: [3]), to: "ring_00003_20261127150200.pcap")
    let reader = try Reader(path)
    reader.read(3)
    #expect(reader.marks == [1, 2, 3])
  }

  @Test("numbers in such names say what goes on, where times overlap, until they begin again")
  func overlappingSuccessors() throws {
    let path = try folder.write(
      pcap(seconds: [1, 5], marks: [1, 2]), to: "ring_99998_20261127150000.pcap")
    _ = try folder.write(
      pcap(seconds: [4, 7], marks: [3, 4]), to: "ring_99999_20261127150100.pcap")
    // Of before, in a ring that came round.
    let old = try folder.write(pcap(seconds: [0], marks: [9]), to: "ring_00001_20261127140000.pcap")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: old)
    _ = try folder.write(pcap(seconds: [8], marks: [5]), to: "ring_00000_20261127150200.pcap")
    let reader = try Reader(path)
    reader.read(5)
    for _ in 0..<15 { reader.look() }
    #expect(reader.marks == [1, 2, 3, 4, 5])
  }

  @Test("what was added before the successor began is still read")
  func lateFrames() throws {
    let path = try folder.write(pcap(seconds: [1], marks: [1]), to: "f1")
    let reader = try Reader(path)
    reader.read(1)
    try append(pcap(seconds: [2], marks: [2]).dropFirst(24), to: "f1")
    _ = try folder.write(pcap(seconds: [3], marks: [3]), to: "f2")
    reader.read(3)
    #expect(reader.marks == [1, 2, 3])
    #expect(reader.files == [0, 0, 1])
  }

  @Test("a file that was renamed goes on under its old name, twice at once too")
  func renamed() throws {
    let path = try folder.write(pcap(seconds: [1], marks: [1]), to: "f.pcap")
    let reader = try Reader(path)
    reader.read(1)
    try append(pcap(seconds: [2], marks: [2]).dropFirst(24), to: "f.pcap")
    let move = { (from: String, to: String) throws in
      try FileManager.default.moveItem(atPath: folder.path(from), toPath: folder.path(to))
    }
    try move("f.pcap", "f.pcap.1")
    _ = try folder.write(pcap(seconds: [3], marks: [3]), to: "f.pcap")
    try move("f.pcap.1", "f.pcap.2")
    try move("f.pcap", "f.pcap.1")
    _ = try folder.write(pcap(seconds: [4], marks: [4]), to: "f.pcap")
    reader.read(4)
    #expect(reader.marks == [1, 2, 3, 4])
    #expect(reader.set.summaries().allSatisfy { $0.damaged == nil })
  }

  @Test("a file that is begun anew in its place is read from its beginning, and that is said")
  func shortened() throws {
    let path = try folder.write(pcap(seconds: [1, 2, 3], marks: [1, 2, 3]), to: "f.pcap")
    let reader = try Reader(path)
    reader.read(3)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(pcap(seconds: [4], marks: [4])))
    try file.close()
    reader.read(4)
    #expect(reader.marks == [1, 2, 3, 4])
    #expect(reader.set.summaries().map { $0.damaged?.reason.contains("shortened") } == [true, nil])
  }

  @Test("a filter applies to all files")
  func filter() throws {
    let path = try folder.write(pcap(seconds: [1], marks: [1]), to: "f1")
    _ = try folder.write(pcap(seconds: [2], marks: [2]), to: "f2")
    let reader = try Reader(path, filter: "ether[0] == 2")
    reader.read(1)
    #expect(reader.marks == [2])
  }

  @Test("what is damaged is said, and its successor is read")
  func damaged() throws {
    var octets = pcap(seconds: [1, 2], marks: [1, 2])
    // The second record claims to be longer than any frame.
    octets[24 + 17 + 11] = 0x7F
    let path = try folder.write(octets, to: "f1")
    _ = try folder.write(pcap(seconds: [3], marks: [3]), to: "f2")
    let reader = try Reader(path)
    reader.read(2)
    #expect(reader.marks == [1, 3])
    #expect(reader.set.summaries().map { $0.damaged != nil } == [true, false])
  }
}
