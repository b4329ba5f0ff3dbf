/// Analyzes frames, batch by batch, and reports what happened to the packets of every association.
///
///     let analyzer = PacketAnalyzer(options: options)
///     while let batch = ... { analyzer.analyze(batch, file: ..., interfaces: ...) }
///     let report = analyzer.finish(run)
///
/// Not thread-safe: one analyzer belongs to one thread at a time. It reads no clock and does no I/O.
public final class PacketAnalyzer {
  public let options: AnalysisOptions
  // One of them is there; specialized by what listens (nothing, or the time buckets), or by that
  // nothing is judged and everything is remembered.
  var plain: AnalysisEngine<SequenceTracker<NoSink>>?
  var bucketed: AnalysisEngine<SequenceTracker<BucketSink>>?
  private var recording: AnalysisEngine<ArrivalRecorder>?
  var partCounts = PartCounts()

  /// - Parameter isPart: for a later part of a file, to be added to the analyzer of the part before
  ///   (`goOn`). Only where `divides` says so.
  public init(options: AnalysisOptions, isPart: Bool = false) {
    self.options = options
    if let width = options.bucketNanoseconds {
      let sink = BucketSink(widthNanoseconds: width, limit: options.limits.buckets)
      bucketed = AnalysisEngine(
        options: options,
        tracker: SequenceTracker(options: options.tracking, sink: sink, limits: options.limits))
    } else {
      plain = AnalysisEngine(
        options: options,
        tracker: SequenceTracker(
          options: options.tracking, sink: NoSink(), limits: options.limits, isPart: isPart))
    }
  }

  /// Records one file for a transcript instead of judging it: see `finishPart`.
  ///
  /// - Parameter eachFrame: no frames are counted together.
  public init(recordingWith options: AnalysisOptions, eachFrame: Bool = false) {
    self.options = options
    recording = AnalysisEngine(
      options: options, limits: .unlimited,
      tracker: ArrivalRecorder(options: options.tracking, eachFrame: eachFrame))
  }

  /// Analyzes the frames of a batch, or some of them.
  ///
  /// - Parameters:
  ///   - frames: indices into the batch; `nil`: all.
  ///   - file: index of the file that they come from; at most 65,535.
  ///   - interfaces: what the frames of each of the file's interfaces have in common.
  public func analyze(
    _ batch: borrowing FrameBatch, frames: Range<Int>? = nil, file: Int,
    interfaces: [InterfaceContext]
  ) {
    let frames = frames ?? 0..<batch.count
    plain?.analyze(batch, frames, file: file, interfaces: interfaces)
    bucketed?.analyze(batch, frames, file: file, interfaces: interfaces)
    recording?.analyze(batch, frames, file: file, interfaces: interfaces)
  }

  /// Lets every association begin anew with its next frame: the captures are read once more.
  public func beginAgain() {
    plain?.tracker.beginAgain()
    bucketed?.tracker.beginAgain()
  }

  /// Analyzes the frames of a chunk of a file without handing them over one by one: see
  /// `CaptureReader.read`.
  ///
  /// - Parameter frameLimit: returns after so many frames.
  /// - Returns: how far the reader got, and how many frames there were.
  public func analyze(
    _ octets: UnsafeRawBufferPointer, atEnd: Bool, limit: Timestamp?, frameLimit: Int,
    reader: inout CaptureReader, file: Int, interfaces: [InterfaceContext]
  ) -> (step: ReadStep, frameCount: Int) {
    plain?.analyze(
      octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, reader: &reader, file: file,
      interfaces: interfaces)
      ?? bucketed?.analyze(
        octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, reader: &reader, file: file,
        interfaces: interfaces)
      ?? recording?.analyze(
        octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, reader: &reader, file: file,
        interfaces: interfaces)
      ?? (ReadStep(consumedOctets: 0, status: .end), 0)
  }

  /// Analyzes the frames of a block of a packet ring, at most `frameLimit`, which the reader finds in
  /// it. The block can be given back afterwards.
  public func analyze(
    _ block: UnsafeMutableRawBufferPointer, frameLimit: Int, reader: inout RingBlockReader,
    file: Int, interfaces: [InterfaceContext]
  ) {
    plain?.analyze(
      block, frameLimit: frameLimit, reader: &reader, file: file, interfaces: interfaces)
    bucketed?.analyze(
      block, frameLimit: frameLimit, reader: &reader, file: file, interfaces: interfaces)
    recording?.analyze(
      block, frameLimit: frameLimit, reader: &reader, file: file, interfaces: interfaces)
  }

  /// Decides what is still open and reports. The analyzer cannot be used again.
  public func finish(_ run: RunDescription) -> AnalysisReport {
    if let engine = plain.take() {
      return ReportBuilder(engine).finish(run)
    }
    if let engine = bucketed.take() {
      return ReportBuilder(engine).finish(run, bucketsAskedFor: options.bucketNanoseconds) { $0 }
    }
    preconditionFailure("the analyzer has finished already, or records")
  }

  /// The recording of one file, which had the index 0. The analyzer cannot be used again.
  public func finishPart(_ origin: TranscriptOrigin) -> TranscriptPart {
    guard let engine = recording.take() else {
      preconditionFailure("the analyzer has finished already, or does not record")
    }
    return TranscriptPart(engine, origin: origin)
  }
}

/// What the readers know of a run, for its report.
public struct RunDescription: Sendable, Equatable {
  public var files: [String] = []
  public var points: [String] = []
  public var captures: [CaptureSummary] = []
  public var blindIntervals: [BlindInterval] = []
  public var notes: [String] = []
  public init() {}
}
