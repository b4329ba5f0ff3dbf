import CaptureInput
import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

@Suite("Opening captures")
struct CaptureFileTests {
  @Test("gives the same through a mapping and through a buffer")
  func readsBothWays() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(longPcap(), to: "long.pcap")
    let mapped = try FileReading(path: path, source: .mapped)
    #expect(mapped.frames.count == 6_000)
    #expect(try FileReading(path: path, source: .read) == mapped)
  }

  @Test("gives back what was read of a mapping that is longer than one piece")
  func readsLongMapping() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    writer.pcapHeader()
    let payload = CaptureWriter.payload(1, length: 60_000)
    for second: UInt32 in 0..<700 {
      writer.pcapRecord(
        seconds: second, fraction: 0, first: 60_000, second: 60_000, payload: payload)
    }
    let file = try CaptureFile(path: folder.write(writer.octets, to: "long"))
    var batch = FrameBatch()
    var status = CaptureFile.Status.frames
    var intact = 0
    while status != .end {
      status = file.nextBatch(into: &batch)
      for index in 0..<batch.count where FrameCopy(batch[index]).octets == payload { intact += 1 }
    }
    #expect(intact == 700)
    #expect(file.storedOctetsRead == UInt64(writer.octets.count))
  }

  @Test("grows its buffer for a record that is longer")
  func growsBuffer() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    writer.pcapHeader(snapLength: 4 << 20)
    for length in [1, 3 << 20, 1] {
      writer.pcapRecord(
        seconds: 0, fraction: 0, first: UInt32(length), second: UInt32(length),
        payload: CaptureWriter.payload(length, length: length))
    }
    let reading = try FileReading(path: folder.write(writer.octets, to: "wide"), source: .read)
    #expect(reading.frames.map(\.octets.count) == [1, 3 << 20, 1])
    #expect(reading.damage == nil)
  }

  @Test("reads a FIFO, plain and compressed", arguments: [false, true])
  func readsFIFO(isCompressed: Bool) throws {
    let folder = try TemporaryFolder()
    let octets = longPcap()
    let plain = try FileReading(path: folder.write(octets, to: "plain"))
    let written = isCompressed ? CompressedOctets.zstandard(octets) : octets
    let path = folder.path("fifo")
    try #require(mkfifo(path, 0o600) == 0)
    let writer = Thread {
      if let handle = FileHandle(forWritingAtPath: path) {
        try? handle.write(contentsOf: Data(written))
        try? handle.close()
      }
    }
    writer.start()
    let reading = try FileReading(path: path)
    #expect(reading == plain)
  }

  @Test("lets go of a compressed FIFO whose writer says nothing more", .timeLimit(.minutes(1)))
  func leavesFIFO() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("fifo")
    try #require(mkfifo(path, 0o600) == 0)
    // Open for reading too, so that opening it waits for nobody, and never closed.
    let descriptor = open(path, O_RDWR)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let octets = CompressedOctets.zstandard(longPcap())
    let writer = Thread {
      _ = octets.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
    writer.start()
    let file = try CaptureFile(path: path)
    var batch = FrameBatch()
    var count = 0
    while count < 5_000 {
      #expect(file.nextBatch(into: &batch) == .frames)
      count += batch.count
    }
  }

  @Test("reads standard input")
  func readsStandardInput() throws {
    let folder = try TemporaryFolder()
    let octets = longPcap()
    let path = try folder.write(octets, to: "plain")
    let plain = try FileReading(path: path)
    let saved = dup(STDIN_FILENO)
    try #require(saved >= 0)
    defer {
      dup2(saved, STDIN_FILENO)
      close(saved)
    }
    let file = open(path, O_RDONLY)
    try #require(file >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO)
    close(file)
    #expect(try FileReading(path: "-") == plain)
  }

  // MARK: Errors

  @Test("says what is wrong with a file that cannot be opened")
  func namesErrors() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CaptureInputError(file: folder.path("none"), reason: .noSuchFile)) {
      try CaptureFile(path: folder.path("none"))
    }
    #expect(throws: CaptureInputError(file: folder.url.path, reason: .isDirectory)) {
      try CaptureFile(path: folder.url.path)
    }
    let secret = try folder.write([1], to: "secret")
    chmod(secret, 0)
    if geteuid() != 0 {
      #expect(throws: CaptureInputError(file: secret, reason: .permissionDenied)) {
        try CaptureFile(path: secret)
      }
    }
  }

  @Test("says that a file is empty", arguments: [CaptureSource.mapped, .read])
  func namesEmptyFile(source: CaptureSource) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([], to: "empty.pcap")
    let reading = try FileReading(path: path, source: source)
    #expect(reading.failure == CaptureInputError(file: path, reason: .isEmpty, offset: 0))
    #expect(reading.failure?.description == "\(path): is empty; check that the capture was written")
  }

  @Test("a transcript was called no more than no capture: the message says what reads it")
  func namesTranscripts() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("GSTR\r\n\u{1A}\n".utf8) + [2], to: "link.transcript")
    #expect(
      try FileReading(path: path).failure?.description
        == "\(path): it is no capture but a transcript, which gapscope merge reads; pcap and pcapng can be read, also compressed"
    )
  }

  @Test("shows how a file begins that is no capture")
  func showsOthers() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("hello".utf8), to: "hello.pcap")
    let reading = try FileReading(path: path)
    #expect(
      reading.failure?.description
        == "\(path): it is no capture: it begins with 68 65 6c 6c 6f \"hello\"; pcap and pcapng can be read, also compressed"
    )
  }
}
