/// What an analyzer knew between two batches, to be reported while it goes on, by another thread too.
///
///     let snapshot = analyzer.snapshot()
///     let report = snapshot.finish(run)
///
/// Making one copies what is kept of associations, gaps and flows; nothing is sorted or decided.
public final class AnalysisSnapshot: @unchecked Sendable {
  // Nobody else has them, and they are used once.
  private var plain: ReportBuilder<NoSink>?
  private var bucketed: ReportBuilder<BucketSink>?
  private let bucketNanoseconds: Int64?
  /// In place of all that: of analyzers that share the frames.
  private let parts: [AnalysisSnapshot]

  /// Of analyzers that share the frames of the same points among them by channel.
  public init(joining parts: [AnalysisSnapshot]) {
    self.parts = parts
    bucketNanoseconds = nil
  }

  init(
    plain: consuming ReportBuilder<NoSink>?, bucketed: consuming ReportBuilder<BucketSink>?,
    bucketNanoseconds: Int64?
  ) {
    self.plain = plain
    self.bucketed = bucketed
    self.bucketNanoseconds = bucketNanoseconds
    parts = []
  }

  /// The report as if the capture had ended there. To be called once.
  public func finish(_ run: RunDescription) -> AnalysisReport {
    if !parts.isEmpty {
      return AnalysisReport(joining: parts.map { $0.finish(run) }, run: run)
    }
    if let builder = plain.take() {
      return builder.finish(run)
    }
    if let builder = bucketed.take() {
      return builder.finish(run, bucketsAskedFor: bucketNanoseconds) { $0 }
    }
    preconditionFailure("the snapshot was finished already")
  }
}

/// What can be asked of an analysis while it goes on.
public protocol AnalysisInProgress {
  /// What is known so far.
  func snapshot() -> AnalysisSnapshot
  var progress: AnalysisProgress { get }
  /// Nothing is analyzed meanwhile.
  func whileStill<Result>(_ body: () -> Result) -> Result
}

extension PacketAnalyzer: AnalysisInProgress {
  /// It belongs to one thread, which is here.
  public func whileStill<Result>(_ body: () -> Result) -> Result { body() }

  /// What is known so far; not of an analyzer that has finished, or records.
  public func snapshot() -> AnalysisSnapshot {
    AnalysisSnapshot(
      plain: plain?.copiedBuilder(), bucketed: bucketed?.copiedBuilder(),
      bucketNanoseconds: options.bucketNanoseconds)
  }
}

/// How far an analysis is, in few words.
public struct AnalysisProgress: Sendable, Equatable {
  public var associations = 0
  /// Without what is still in doubt.
  public var lost: UInt64 = 0
  public init() {}
}

extension PacketAnalyzer {
  /// What is known so far, between two batches; looks at each association.
  public var progress: AnalysisProgress {
    plain?.tracker.progress ?? bucketed?.tracker.progress ?? AnalysisProgress()
  }
}

extension SequenceTracker {
  fileprivate var progress: AnalysisProgress {
    var progress = AnalysisProgress()
    progress.associations = starts.count
    for index in 0..<records.count { progress.lost += records[index].newest.lostSoFar }
    for (_, epoch) in older { progress.lost += epoch.lostSoFar }
    for (_, epoch) in finished { progress.lost += epoch.lostSoFar }
    return progress
  }
}

extension EpochState {
  /// What the short path counted since it was settled has no part in it but what was missing.
  fileprivate var lostSoFar: UInt64 {
    guard numbers.distinct > 0 else { return 0 }
    return numbers.highest - numbers.lowest + 1 - skipped - numbers.distinct
      + UInt64(unsettledMissing)
  }
}

extension AnalysisEngine where Tracker: ~Copyable {
  fileprivate func copiedBuilder<Sink>() -> ReportBuilder<Sink>
  where Tracker == SequenceTracker<Sink> { ReportBuilder(copying: self) }
}
