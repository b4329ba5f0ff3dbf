public import PacketAnalysis

/// One capture, from its octets to batches of frames.
public final class CaptureFile {
  /// What `nextBatch` ended with.
  public enum Status: Equatable, Sendable {
    /// There were frames or a new interface, and more may follow.
    case frames
    /// The time of the next frame is later than the limit.
    case limitReached(next: Timestamp)
    /// There were the last frames, or none.
    case end
  }

  /// As given; `-` is standard input.
  public let path: String
  /// Octets of the file as it is stored; `nil` for a pipe.
  public let storedLengthOctets: UInt64?
  /// Where and why reading stopped early.
  public private(set) var damage: CaptureSummary.Damage?
  /// Why nothing could be read.
  public private(set) var failure: CaptureInputError?

  private let source: any OctetSource
  private var reader = CaptureReader()
  /// Later parts that threads are analyzing.
  private var division: FileDivision?

  public init(path: String, source preferred: CaptureSource = .mapped)
    throws(CaptureInputError)
  {
    let file = try InputFile(path: path)
    self.path = path
    storedLengthOctets = file.lengthOctets
    source = try file.source(preferred, path: path)
  }

  /// `nil` before the first batch.
  public var format: CaptureSummary.Format? { reader.format }
  /// Those that were described so far; `CapturedFrame.interface` is an index into it.
  public var interfaces: [CaptureInterface] { reader.interfaces }
  public var interfaceCount: Int { reader.interfaceCount }
  public var drops: [DropRecord] { reader.drops }
  public var storedOctetsRead: UInt64 { source.storedOctetsRead + (division?.octetsRead ?? 0) }

  /// Replaces the frames of the batch by the next ones. They are valid until the next call.
  ///
  /// - Parameter limit: frames that are later are left for the next call; `Timestamp.absent`
  ///   leaves all.
  public func nextBatch(into batch: inout FrameBatch, limit: Timestamp? = nil) -> Status {
    batch.removeAll()
    return read { octets, atEnd, reader in
      let step = reader.read(octets, atEnd: atEnd, limit: limit, into: &batch)
      return (step, batch.count)
    }
  }

  /// Analyzes the next frames, at most `frameLimit`, as those of the file with the index `index`.
  func analyzeNext(
    _ analyzer: PacketAnalyzer, index: Int, interfaces: [InterfaceContext], frameLimit: Int,
    limit: Timestamp?
  ) -> (status: Status, frameCount: Int) {
    let before = reader.frameCount
    let status = read { octets, atEnd, reader in
      analyzer.analyze(
        octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, reader: &reader, file: index,
        interfaces: interfaces)
    } atPart: {
      goOn(analyzer, index: index, interfaces: interfaces)
    }
    if status == .end { division = nil }
    return (status, Int(reader.frameCount - before))
  }

  /// Lets `body` read until it gets frames, or there are none. It returns how far it got, and the
  /// number of frames that it got.
  ///
  /// - Parameter atPart: called where the next part of a divided file begins, or the frame before
  ///   reaches into it.
  private func read(
    _ body: (UnsafeRawBufferPointer, _ atEnd: Bool, inout CaptureReader) -> (ReadStep, Int),
    atPart: () -> Void = {}
  ) -> Status {
    source.prepare(octets: 1)
    while true {
      let known = reader.interfaceCount
      let window = windowUpToPart
      let (step, frameCount) = body(
        window, source.isAtEnd && window.count == source.window.count, &reader)
      source.consume(step.consumedOctets)
      switch step.status {
      case .batchFull:
        // The header of a file has no frames, but an interface that is to be known before them.
        if frameCount > 0 || reader.interfaceCount > known { return .frames }
      case .limitReached(let next): return .limitReached(next: next)
      case .needsMore(let octets):
        // The frames that were got are where the next octets would be put.
        if frameCount > 0 { return .frames }
        if division?.nextStart != nil {
          atPart()
          return .frames
        }
        source.prepare(octets: octets)
      // Where the reading was to end, what is cut off is no damage.
      case .end where ReadingStop.isRequested, .damaged where ReadingStop.isRequested,
        .refused where ReadingStop.isRequested:
        return .end
      case .end:
        if let failure = source.failure {
          damage = CaptureSummary.Damage(offset: reader.offset, reason: failure)
        }
        return .end
      case .damaged(let found):
        damage = CaptureSummary.Damage(offset: found.offset, reason: source.failure ?? found.reason)
        return .end
      case .refused(let reason):
        failure = refusal(reason)
        return .end
      }
    }
  }

  // MARK: Threads

  /// Lets threads analyze later parts of the file, which is read to its end from here on.
  func divide(
    _ count: ThreadCount, options: AnalysisOptions, index: Int, interfaces: [InterfaceContext]
  ) {
    guard count.threads > 1, division == nil, PacketAnalyzer.divides(options),
      let mapped = source as? MappedFile
    else { return }
    division = FileDivision(
      mapped.shared, reader: reader, count: count, options: options, file: index,
      interfaces: interfaces)
  }

  /// What was not consumed of the part that is being read.
  private var windowUpToPart: UnsafeRawBufferPointer {
    guard let start = division?.nextStart else { return source.window }
    return UnsafeRawBufferPointer(rebasing: source.window.prefix(Int(start - reader.offset)))
  }

  /// Takes over what a thread found of the next part, once it has; or reads on over it.
  private func goOn(_ analyzer: PacketAnalyzer, index: Int, interfaces: [InterfaceContext]) {
    guard case .found(let part, let octets)? = division?.next(at: reader.offset),
      let begin = reader.part(at: reader.offset),
      let again = analyzer.goOn(with: part.analyzer, framesBefore: reader.frameCount)
    else { return }
    let consumed = Int(part.reader.offset - reader.offset)
    if !again.isEmpty {
      var repeated = begin
      _ = analyzer.observeAgain(
        again, in: UnsafeRawBufferPointer(rebasing: octets.window(from: 0).prefix(consumed)),
        frameLimit: .max, reader: &repeated, file: index, interfaces: interfaces,
        framesBefore: reader.frameCount)
    }
    reader.goOn(with: part.reader)
    source.consume(consumed)
  }

  private func refusal(_ reason: String) -> CaptureInputError {
    if let failure = source.failure {
      return CaptureInputError(file: path, reason: .notACapture(failure), offset: 0)
    }
    if source.storedOctetsRead == 0, source.window.isEmpty {
      return CaptureInputError(file: path, reason: .isEmpty, offset: 0)
    }
    return CaptureInputError(file: path, reason: .notACapture(reason), offset: 0)
  }
}
