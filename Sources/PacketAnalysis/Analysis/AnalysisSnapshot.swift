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

  init(
    plain: consuming ReportBuilder<NoSink>?, bucketed: consuming ReportBuilder<BucketSink>?,
    bucketNanoseconds: Int64?
  ) {
    self.plain = plain
    self.bucketed = bucketed
    self.bucketNanoseconds = bucketNanoseconds
  }

  /// The report as if the capture had ended there. To be called once.
  public func finish(_ run: RunDescription) -> AnalysisReport {
    if let builder = plain.take() {
      return builder.finish(run, bucketNanoseconds: nil) { _ in [:] }
    }
    if let builder = bucketed.take() {
      return builder.finish(run, bucketNanoseconds: bucketNanoseconds) { $0.sums }
    }
    preconditionFailure("the snapshot was finished already")
  }
}

extension PacketAnalyzer {
  /// What is known so far; not of an analyzer that has finished, or records.
  public func snapshot() -> AnalysisSnapshot {
    AnalysisSnapshot(
      plain: plain?.copiedBuilder(), bucketed: bucketed?.copiedBuilder(),
      bucketNanoseconds: options.bucketNanoseconds)
  }
}

extension AnalysisEngine where Tracker: ~Copyable {
  fileprivate func copiedBuilder<Sink>() -> ReportBuilder<Sink>
  where Tracker == SequenceTracker<Sink> { ReportBuilder(copying: self) }
}
