import PacketAnalysis

/// How many threads analyze a file.
public struct ThreadCount: Sendable, Equatable {
  public var threads: Int
  /// A part that a thread is worth has so many octets at least.
  public var leastPartOctets: Int

  public init(_ threads: Int, leastPartOctets: Int = 16 << 20) {
    self.threads = threads
    self.leastPartOctets = leastPartOctets
  }

  public static let one = ThreadCount(1)
}

/// The later parts of a file, each of which a thread analyzes on its own.
///
/// Where a part begins was guessed. The reader of the parts before knows when it gets there: if it
/// finds that no record begins there, what the thread found counts for nothing, and the reader reads
/// on over the part.
final class FileDivision {
  /// In the order of the file.
  private var parts: [(start: UInt64, thread: PartThread)] = []

  /// - Parameters:
  ///   - reader: stands where the rest of the file is to be divided.
  ///   - rest: from there to the end of the file.
  init(
    _ rest: MappedOctets, reader: CaptureReader, count: ThreadCount, options: AnalysisOptions,
    file: Int, interfaces: [InterfaceContext]
  ) {
    let octets = rest.window(from: 0)
    let parts = min(count.threads, octets.count / max(count.leastPartOctets, 1))
    guard parts > 1 else { return }
    let starts = (1..<parts).compactMap { index in
      let begin = octets.count / parts * index
      return reader.findRecord(
        in: octets, range: begin..<min(begin + octets.count / parts, begin + Self.searchedOctets))
    }
    for (start, end) in zip(starts, starts.dropFirst() + [octets.count]) {
      let offset = reader.offset + UInt64(start)
      guard let partReader = reader.part(at: offset),
        let thread = PartThread.start(
          PartThread.Task(
            octets: rest.part(start..<end), reader: partReader, options: options, file: file,
            interfaces: interfaces))
      else { break }
      self.parts.append((offset, thread))
    }
  }

  deinit { stop() }

  /// So far a record is looked for: several of the largest.
  private static let searchedOctets = 1 << 20

  /// Where the next part begins; up to there the reader of the parts before reads.
  var nextStart: UInt64? { parts.first?.start }
  var octetsRead: UInt64 { parts.reduce(0) { $0 + UInt64($1.thread.octetsRead) } }

  /// What became of the part that is next.
  enum Outcome {
    case running
    /// Nothing that counts: the reader reads on.
    case nothing
    case found(PartThread.Result, MappedOctets)
  }

  /// The reader of the parts before stands at `offset`, and can read no record that ends before the
  /// next part.
  func next(at offset: UInt64) -> Outcome {
    guard let part = parts.first else { return .nothing }
    guard offset == part.start else {
      parts.removeFirst().thread.stop()
      return .nothing
    }
    guard part.thread.wait(milliseconds: Self.patienceMilliseconds) else { return .running }
    parts.removeFirst()
    guard let result = part.thread.takeResult() else { return .nothing }
    return .found(result, part.thread.task.octets)
  }

  /// A signal is not to wait for longer, nor the line of progress.
  private static let patienceMilliseconds = 100

  /// Nothing is wanted of the parts any more.
  func stop() {
    for part in parts { part.thread.stop() }
    parts = []
  }
}
