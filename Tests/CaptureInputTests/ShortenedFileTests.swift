import CaptureInput
import Glibc
import PacketAnalysis
import Testing

/// One test takes all the guards that there are: at the same time others would read what they map.
@Suite("A file that another process shortens while it is read", .serialized)
struct ShortenedFileTests {
  static let octets = longPcap(frames: 20_000)
  static let reason = "the file was shortened while it was read"

  /// Reads some frames, lets the file be `length` octets long, and reads the others.
  static func reading(
    _ source: CaptureSource, framesBefore: Int, length: Int
  ) throws -> (frames: [FrameCopy], damage: CaptureSummary.Damage?) {
    let folder = try TemporaryFolder()
    let path = try folder.write(octets, to: "a")
    let file = try CaptureFile(path: path, source: source)
    var batch = FrameBatch()
    var frames: [FrameCopy] = []
    var status = CaptureFile.Status.frames
    var isShortened = false
    while status != .end {
      if frames.count >= framesBefore, !isShortened {
        #expect(truncate(path, off_t(length)) == 0)
        isShortened = true
      }
      status = file.nextBatch(into: &batch)
      for index in 0..<batch.count { frames.append(FrameCopy(batch[index])) }
    }
    // No zeros were taken for records; the batch in which a page was missing is left out.
    let counted = file.interfaces.first?.statistics
    #expect((counted?.packets ?? 0) <= UInt64(frames.count + FrameBatch.capacity))
    return (frames, file.damage)
  }

  static let whole: [FrameCopy] = {
    guard let folder = try? TemporaryFolder(), let path = try? folder.write(octets, to: "a"),
      let reading = try? FileReading(path: path)
    else { return [] }
    return reading.frames
  }()

  /// Where the record of a frame begins.
  static let offsets = whole.reduce(into: [24]) { offsets, frame in
    offsets.append(offsets[offsets.count - 1] + 16 + frame.octets.count)
  }

  @Test("is damaged where the record begins that is no longer whole")
  func endsExactly() throws {
    // Behind the piece that is being read, in the middle of a record and between two.
    for length in [3_000_001, Self.offsets[15_000]] {
      let (frames, damage) = try Self.reading(.mapped, framesBefore: 100, length: length)
      let kept = Self.offsets.filter { $0 <= length }.count - 1
      #expect(frames == Array(Self.whole.prefix(kept)))
      #expect(damage?.offset == UInt64(Self.offsets[kept]))
      #expect(damage?.reason == Self.reason)
    }
  }

  @Test(
    "keeps what was read, and never takes what is gone for frames",
    arguments: [0, 1, 24, 4_096, 20_000, 100_000, 500_000, 1_000_000, 1_048_577], [100, 3_000])
  func neverInvents(length: Int, framesBefore: Int) throws {
    for source in [CaptureSource.mapped, .read] {
      let (frames, damage) = try Self.reading(source, framesBefore: framesBefore, length: length)
      #expect(frames.count >= framesBefore)
      #expect(frames == Array(Self.whole.prefix(frames.count)))
      #expect(damage?.reason == Self.reason)
      let offset = try #require(damage?.offset)
      #expect(offset >= Self.offsets[framesBefore] && offset <= Self.octets.count)
    }
  }

  /// The rest of the page in which the file ends now is zeros: records without octets, were they
  /// believed.
  @Test("counts no zeros, wherever in a page the file ends now", arguments: 0..<200)
  func countsNoZeros(step: Int) throws {
    let length = 100_000 + step * 37
    let (frames, damage) = try Self.reading(.mapped, framesBefore: 100, length: length)
    let kept = Self.offsets.filter { $0 <= length }.count - 1
    #expect(frames == Array(Self.whole.prefix(kept)))
    let offset = Int(try #require(damage).offset)
    #expect(offset >= Self.offsets[kept] && offset <= length)
    #expect(damage?.reason == Self.reason)
  }

  @Test("many at the same time, on several threads")
  func manyThreads() async throws {
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<64 {
        group.addTask {
          try Self.reading(.mapped, framesBefore: 100 + index, length: index * 997).frames.count
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.count == 64)
    #expect(counts.allSatisfy { $0 >= 100 && $0 < 3_000 })
  }

  @Test("goes on with the other files where there are more than can be guarded")
  func manyMappings() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(pcap(seconds: [1, 2]), to: "a")
    let files = try (0..<300).map { _ in try CaptureFile(path: path, source: .mapped) }
    var batch = FrameBatch()
    for file in files {
      // The header first, then the frames.
      while batch.isEmpty, file.nextBatch(into: &batch) == .frames {}
      let count = batch.count
      #expect(count == 2)
      batch.removeAll()
    }
  }
}
