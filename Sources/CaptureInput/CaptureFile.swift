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
  /// What another process took away.
  private var lost: LostOctets?

  public init(path: String, source preferred: CaptureSource = .automatic)
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
  public var storedOctetsRead: UInt64 { source.storedOctetsRead }

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
    var frameCount = 0
    let status = read { octets, atEnd, reader in
      let (step, count) = analyzer.analyze(
        octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, reader: &reader, file: index,
        interfaces: interfaces)
      frameCount = count
      return (step, count)
    }
    return (status, frameCount)
  }

  /// Lets `body` read until it gets frames, or there are none. It returns how far it got, and the
  /// number of frames that it got.
  private func read(
    _ body: (UnsafeRawBufferPointer, _ atEnd: Bool, inout CaptureReader) -> (ReadStep, Int)
  ) -> Status {
    source.prepare(octets: 1)
    while true {
      let known = reader.interfaceCount
      let start = reader.offset
      let (step, frameCount) = body(source.window, source.isAtEnd, &reader)
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
