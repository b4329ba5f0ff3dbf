public import PacketAnalysis

/// One capture, from its octets to batches of frames.
public final class CaptureFile {
  /// What `nextBatch` ended with.
  public enum Status: Equatable, Sendable {
    /// There were frames or a new interface, and more may follow.
    case frames
    /// The time of the next frame is later than the limit.
    case limitReached(next: Timestamp)
    /// There is none yet, but another program may add some.
    case nothingYet
    /// There were the last frames, or none.
    case end
  }

  /// As given; `-` is standard input.
  public let path: String
  /// Octets of the file as it is stored; `nil` for a pipe.
  public let storedLengthOctets: UInt64?
  /// Where and why reading stopped early.
  public private(set) var damage: CaptureSummary.Damage?
  /// From this offset on frames of some channels were not there any more when they were to be observed again.
  private var incompleteFrom: UInt64?
  /// Why nothing could be read.
  public private(set) var failure: CaptureInputError?

  private let file: InputFile
  private let isFollowed: Bool
  private var source: any OctetSource
  private var reader = CaptureReader()
  /// What another process took away.
  private var lost: LostOctets?
  /// Later parts that threads are analyzing.
  private var division: FileDivision?

  public init(path: String, source preferred: CaptureSource = .automatic)
    throws(CaptureInputError)
  {
    file = try InputFile(path: path)
    self.path = path
    isFollowed = preferred == .followed
    storedLengthOctets = file.lengthOctets
    source = try file.source(preferred, path: path)
  }

  /// `nil` before the first batch.
  public var format: CaptureSummary.Format? { reader.format }
  /// Those that were described so far; `CapturedFrame.interface` is an index into it.
  public var interfaces: [CaptureInterface] { reader.interfaces }
  public var interfaceCount: Int { reader.interfaceCount }
  public var drops: DropList { reader.drops }
  public var storedOctetsRead: UInt64 { source.storedOctetsRead + (division?.octetsRead ?? 0) }

  /// Replaces the frames of the batch by the next ones. They are valid until the next call.
  ///
  /// - Parameter limit: frames that are later are left for the next call; `Timestamp.absent`
  ///   leaves all.
  public func nextBatch(into batch: inout FrameBatch, limit: Timestamp? = nil) -> Status {
    batch.removeAll()
    let status = read { octets, atEnd, reader in
      let step = reader.read(octets, atEnd: atEnd, limit: limit, into: &batch)
      return (step, batch.count)
    }
    if let lost {
      batch.keep { UnsafeRawPointer($0.octets) + Int($0.capturedLength) <= lost.start }
    }
    return status
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
      let start = reader.offset
      let (window, isUpToPart) = windowUpToPart
      let (step, frameCount) = body(window, source.isAtEnd && !isUpToPart, &reader)
      source.consume(step.consumedOctets)
      if let lost = source.lostOctets {
        self.lost = lost
        damage = CaptureSummary.Damage(
          offset: max(start, min(reader.offset, lost.offset)), reason: InputFile.wasShortened)
        return .end
      }
      switch step.status {
      case .batchFull:
        // The header of a file has no frames, but an interface that is to be known before them.
        if frameCount > 0 || reader.interfaceCount > known { return .frames }
      case .limitReached(let next): return .limitReached(next: next)
      case .needsMore(let octets):
        // The frames that were got are where the next octets would be put.
        if frameCount > 0 { return .frames }
        if isUpToPart {
          atPart()
          return .frames
        }
        source.prepare(octets: octets)
        if source.window.count < octets, !source.isAtEnd { return .nothingYet }
      // Where the reading was to end, what is cut off is no damage.
      case .end where ReadingStop.isRequested, .damaged where ReadingStop.isRequested,
        .refused where ReadingStop.isRequested:
        return .end
      case .end:
        if let failure = source.failure ?? incompleteFrom.map({ _ in InputFile.wasShortened }) {
          damage = CaptureSummary.Damage(
            offset: min(reader.offset, incompleteFrom ?? .max), reason: failure)
        }
        return .end
      case .damaged(let found):
        damage = CaptureSummary.Damage(
          offset: min(found.offset, incompleteFrom ?? .max), reason: source.failure ?? found.reason)
        return .end
      case .refused(let reason):
        failure = refusal(reason)
        return .end
      }
    }
  }

  // MARK: Following

  /// Of a file that is followed: it ends where it ends now.
  func complete() { file.declareComplete() }

  var state: FileState? { file.state }

  // MARK: Threads

  /// Lets threads analyze later parts of the file, which is read to its end from here on.
  func divide(
    _ count: ThreadCount, options: AnalysisOptions, index: Int, interfaces: [InterfaceContext]
  ) {
    guard count.threads > 1, division == nil, PacketAnalyzer.divides(options), source.isOfMappedFile
    else { return }
    division = FileDivision(
      file, reader: reader, count: count, options: options, index: index, interfaces: interfaces)
  }

  /// What is there of the part that is being read, and whether it is all that was not consumed.
  private var windowUpToPart: (octets: UnsafeRawBufferPointer, isAll: Bool) {
    let window = source.window
    guard let start = division?.nextStart, UInt64(window.count) >= start - reader.offset else {
      return (window, false)
    }
    return (UnsafeRawBufferPointer(rebasing: window.prefix(Int(start - reader.offset))), true)
  }

  /// Takes over what a thread found of the next part, once it has; or reads on over it.
  private func goOn(_ analyzer: PacketAnalyzer, index: Int, interfaces: [InterfaceContext]) {
    // What may fail comes first: a part that was joined must not be read again.
    guard case .found(let part)? = division?.next(reader),
      let repeated = reader.part(at: reader.offset),
      let whole = file.mappedSource(from: reader.offset),
      let rest = file.mappedSource(from: part.reader.offset),
      let again = analyzer.goOn(with: part.analyzer, framesBefore: reader.frameCount)
    else { return }
    if !again.isEmpty {
      let reached = observe(
        again, repeated, to: part.reader.offset, whole, analyzer, index, interfaces)
      if reached < part.reader.offset { incompleteFrom = min(reached, incompleteFrom ?? .max) }
    }
    reader.goOn(with: part.reader)
    source = rest
  }

  /// Observes the frames of some channels of the part that was just added once more; returns how far
  /// the file still had it.
  func observe(
    _ channels: RepeatedChannels, _ begin: CaptureReader, to end: UInt64,
    _ source: any OctetSource, _ analyzer: PacketAnalyzer, _ index: Int,
    _ interfaces: [InterfaceContext]
  ) -> UInt64 {
    var repeated = begin
    var needed = 1
    while repeated.offset < end {
      source.prepare(octets: needed)
      let rest = end - repeated.offset
      let window = source.window.prefix(Int(clamping: rest))
      let step = analyzer.observeAgain(
        channels, in: UnsafeRawBufferPointer(rebasing: window), reader: &repeated, file: index,
        interfaces: interfaces, framesBefore: reader.frameCount)
      source.consume(step.consumedOctets)
      if let lost = source.lostOctets { return min(repeated.offset, lost.offset) }
      guard source.failure == nil else { break }
      switch step.status {
      // Not where another process changed it meanwhile, so that a record reaches beyond the part.
      case .needsMore(let octets) where UInt64(window.count) < rest: needed = octets
      // Before a record without octets, say.
      case .batchFull where step.consumedOctets > 0: needed = 1
      default: return repeated.offset
      }
    }
    return repeated.offset
  }

  private func refusal(_ reason: String) -> CaptureInputError {
    if let failure = source.failure {
      return CaptureInputError(file: path, reason: .notACapture(failure), offset: 0)
    }
    if source.storedOctetsRead == 0, source.window.isEmpty {
      return CaptureInputError(file: path, reason: .isEmpty, offset: 0)
    }
    if isFollowed, Compression(Array(source.window.prefix(Compression.magicOctets))) != nil {
      return CaptureInputError(file: path, reason: .compressedWhileFollowed, offset: 0)
    }
    return CaptureInputError(file: path, reason: .notACapture(reason), offset: 0)
  }
}
