import CaptureTestSupport
import Testing

@testable import CaptureInput

@Suite("Reading ahead on a thread")
struct ReadAheadTests {
  /// Octets in pieces of any size, and then the end, an error, or a wait for input.
  private final class Pieces: ByteStream {
    enum End { case over, failure, wait }

    private var random: SplitMix64
    private let octets: [UInt8]
    private let end: End
    private let largest: Int
    private var position = 0
    private let input = Semaphore(count: 0)
    private(set) var storedOctetsRead: UInt64 = 0

    init(_ octets: [UInt8], seed: UInt64 = 1, largest: Int = 100_000, end: End = .over) {
      (self.octets, self.largest, self.end) = (octets, largest, end)
      random = SplitMix64(seed: seed)
    }

    func abandon() { input.signal() }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
      if position == octets.count {
        if end == .failure { throw StreamFailure(reason: "as the test wants it") }
        if end == .wait { input.wait() }
        return 0
      }
      let count = min(
        Int.random(in: 1...largest, using: &random), octets.count - position, buffer.count)
      buffer.copyBytes(from: octets[position..<position + count])
      position += count
      storedOctetsRead += UInt64(count)
      return count
    }
  }

  private static let octets = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }

  /// Reads up to `count` octets in pieces of `largest` at most.
  private static func read(
    _ stream: any ByteStream, largest: Int, upTo count: Int = .max
  ) throws(StreamFailure) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: largest, alignment: 1)
    defer { buffer.deallocate() }
    var read: [UInt8] = []
    while read.count < count {
      let more = try stream.read(into: buffer)
      if more == 0 { break }
      read += buffer.prefix(more)
    }
    return read
  }

  @Test(
    "gives what the other stream gives, in pieces of any size",
    arguments: [1, 1_000, 100_000, 1_000_000], [1, 999, 300_000])
  func givesTheSame(written: Int, read: Int) throws {
    // Each octet for itself takes its time.
    let octets = Array(Self.octets.prefix(min(written, read) == 1 ? 600_000 : .max))
    let ahead = ReadAheadStream(Pieces(octets, largest: written)) {}
    #expect(try Self.read(ahead, largest: read) == octets)
    #expect(ahead.storedOctetsRead == UInt64(octets.count))
    // The end stays.
    #expect(try Self.read(ahead, largest: 10).isEmpty)
  }

  @Test("an error comes behind the octets before it, and stays", arguments: [1_000, 2_000_000])
  func keepsErrorsInOrder(count: Int) throws {
    let octets = Array(Self.octets.prefix(count))
    let ahead = ReadAheadStream(Pieces(octets, end: .failure)) {}
    #expect(try Self.read(ahead, largest: 7_777, upTo: count) == octets)
    for _ in 0..<2 {
      #expect(throws: StreamFailure.self) { try Self.read(ahead, largest: 1) }
    }
  }

  /// Nobody has the other stream any more: so the thread, which had it, is over.
  @Test("the thread ends with the reader: before it began, when all is full, when it is over")
  func endsThread() throws {
    for count in [0, 1_000, 600_000, 1_000_000] {
      weak var stream: Pieces?
      do {
        let pieces = Pieces(Self.octets)
        stream = pieces
        let ahead = ReadAheadStream(pieces) {}
        _ = try Self.read(ahead, largest: 10_000, upTo: count)
        #expect(stream != nil)
      }
      #expect(stream == nil)
    }
  }

  @Test("the thread ends with the reader while it waits for input", .timeLimit(.minutes(1)))
  func endsWaitingThread() throws {
    weak var stream: Pieces?
    do {
      let pieces = Pieces(Self.octets, end: .wait)
      stream = pieces
      let ahead = ReadAheadStream(pieces, abandon: pieces.abandon)
      #expect(try Self.read(ahead, largest: 10_000, upTo: Self.octets.count) == Self.octets)
    }
    #expect(stream == nil)
  }
}
