public import PacketAnalysis

/// One capture, from its octets to batches of frames.
public final class CaptureFile {
  /// What `nextBatch` ended with.
  public enum Status: Equatable, Sendable {
    /// The batch has frames, and more may follow.
    case frames
    /// The time of the frame after those of the batch is later than the limit.
    case limitReached(next: Timestamp)
    /// The batch has the last frames, or none.
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
    source.prepare(octets: 1)
    while true {
      let start = reader.offset
      let step = reader.read(source.window, atEnd: source.isAtEnd, limit: limit, into: &batch)
      source.consume(step.consumedOctets)
      if let lost = source.lostOctets {
        batch.keep { UnsafeRawPointer($0.octets) + Int($0.capturedLength) <= lost.start }
        damage = CaptureSummary.Damage(
          offset: max(start, min(reader.offset, lost.offset)), reason: InputFile.wasShortened)
        return .end
      }
      switch step.status {
      case .batchFull: return .frames
      case .limitReached(let next): return .limitReached(next: next)
      case .needsMore(let octets):
        // The frames of the batch are where the next octets would be put.
        if !batch.isEmpty { return .frames }
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
