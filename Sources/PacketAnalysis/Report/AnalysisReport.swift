/// Everything that an analysis found. The only vocabulary that the parts of Gapscope share: the
/// table, JSON, CSV, database and API are views of it.
///
/// Plain values in the order in which they are reported: associations and flows by first frame,
/// gaps and skips by association and number. The words are those of `docs/sequence-tracking.md`.
public struct AnalysisReport: Sendable, Equatable {
  /// The names of the points of capture; `AssociationKey.point` is an index into it.
  public var points: [String] = []
  /// One for each file and point.
  public var captures: [CaptureSummary] = []
  public var totals = FrameTotals()
  /// Of the frames in `totals`, where a filter or limits of time left others out; `nil` otherwise,
  /// and where no frame has a time.
  public var analyzedTimes: ClosedRange<Timestamp>?
  public var associations = ReportRows<AssociationSummary>()
  public var gaps = ReportRows<SequenceGap>()
  public var skips = ReportRows<SequenceGap>()
  /// The first `suspectFrameLimit`, by file and frame.
  public var suspectFrames: [SuspectFrame] = []
  public var flows: [FlowSummary] = []
  public var malformed: [MalformedSummary] = []
  /// The width of `buckets`; `nil` where none were asked for.
  public var bucketNanoseconds: Int64?
  /// By association (or none: frames of no association), then by start.
  public var buckets: [TimeBucket] = []
  public var blindIntervals: [BlindInterval] = []
  /// Times in which the capture itself is the likely one to have lost packets, by point and time.
  public var captureLosses: [CaptureLoss] = []
  /// What the reader of the report should know about the run: files merged by time and so on.
  public var notes: [String] = []
  /// What is missing here since a limit was reached; `nil`: nothing.
  public var givenUp: GivenUp?
  /// Only those of its associations are left that were asked for.
  public var isSelection = false

  /// How often an association went on after a silence of `AnalysisLimits.idleNanoseconds`.
  public var reopenings: UInt64 = 0

  public static let suspectFrameLimit = 1_000

  public init() {}

  /// Makes all rows now, for who looks at them several times.
  public mutating func makeRows() {
    associations.make()
    gaps.make()
    skips.make()
  }

  /// Says it to the reader, where there were any.
  mutating func noteReopenings() {
    guard reopenings > 0 else { return }
    notes.append(
      "associations went on \(counted(reopenings, "time")) after a silence (--idle-timeout)")
  }

  /// The files of the run in the order of the command line; `FrameReference.file` is an index
  /// into it.
  public var files: [String] = []
}
