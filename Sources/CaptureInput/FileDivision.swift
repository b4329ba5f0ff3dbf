import Glibc
import PacketAnalysis

/// How many threads analyze a file, if it is large enough for them.
public struct ThreadCount: Sendable, Equatable {
  public var threads: Int
  /// A part that a thread is worth has so many octets at least.
  public var leastPartOctets: UInt64

  public init(_ threads: Int, leastPartOctets: UInt64 = 16 << 20) {
    self.threads = threads
    self.leastPartOctets = leastPartOctets
  }

  public static let one = ThreadCount(1)
  public static var processors: ThreadCount {
    ThreadCount(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }
}

/// The later parts of a file, each of which a thread analyzes on its own.
///
/// Where a part begins was guessed. The reader of the parts before knows when it gets there: if it
/// finds that no record begins there, or that records mean something else by then, what the thread
/// found counts for nothing, and the reader reads on over the part.
final class FileDivision {
  /// In the order of the file.
  private var parts: [Part] = []

  private struct Part {
    /// As it began.
    var reader: CaptureReader
    var thread: PartThread
  }

  /// - Parameter reader: stands where the rest of the file is to be divided.
  init(
    _ input: InputFile, reader: CaptureReader, count: ThreadCount, options: AnalysisOptions,
    index: Int, interfaces: [InterfaceContext]
  ) {
    guard let length = input.lengthOctets, length > reader.offset else { return }
    let rest = length - reader.offset
    let partCount = min(UInt64(count.threads), rest / max(count.leastPartOctets, 1))
    guard partCount > 1 else { return }
    let partOctets = rest / partCount
    let starts = (1..<partCount).compactMap {
      Self.findRecord(input, reader, from: reader.offset + $0 * partOctets, within: partOctets)
    }
    // Together they may keep as much as one.
    var partOptions = options
    partOptions.limits = options.limits.divided(by: Int(partCount))
    for (start, end) in zip(starts, starts.dropFirst() + [length]) {
      guard let partReader = reader.part(at: start),
        let thread = PartThread.start(
          PartThread.Task(
            input: input, reader: partReader, end: end, options: partOptions, file: index,
            interfaces: interfaces))
      else { break }
      parts.append(Part(reader: partReader, thread: thread))
    }
  }

  deinit { stop() }

  /// So far a record is looked for, and so many octets behind show whether it is one.
  private static let searchedOctets: UInt64 = 1 << 20
  private static let shownOctets = 4 << 20

  /// Where a record seems to begin.
  private static func findRecord(
    _ input: InputFile, _ reader: CaptureReader, from begin: UInt64, within limit: UInt64
  ) -> UInt64? {
    guard let source = input.mappedSource(from: begin) else { return nil }
    source.prepare(octets: shownOctets)
    let searched = Int(min(limit, searchedOctets, UInt64(source.window.count)))
    return reader.findRecord(in: source.window, within: searched).map { begin + UInt64($0) }
  }

  /// Where the next part begins; up to there the reader of the parts before reads.
  var nextStart: UInt64? { parts.first?.reader.offset }
  var octetsRead: UInt64 { parts.reduce(0) { $0 + $1.thread.octetsRead } }

  /// What became of the part that is next.
  enum Outcome {
    case running
    /// Nothing that counts: the reader reads on.
    case nothing
    case found(PartThread.Result)
  }

  /// - Parameter reader: of the parts before; it can read no record that ends before the next part.
  func next(_ reader: CaptureReader) -> Outcome {
    guard let part = parts.first else { return .nothing }
    guard reader.goesOn(into: part.reader) else {
      parts.removeFirst().thread.stop()
      return .nothing
    }
    guard part.thread.wait(milliseconds: Self.patienceMilliseconds) else { return .running }
    parts.removeFirst()
    guard let result = part.thread.takeResult() else { return .nothing }
    return .found(result)
  }

  /// A signal is not to wait for longer, nor the line of progress.
  private static let patienceMilliseconds = 100

  /// Nothing is wanted of the parts any more.
  func stop() {
    for part in parts { part.thread.stop() }
    parts = []
  }
}
