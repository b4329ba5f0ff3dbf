/// One frame of the run.
public struct FrameReference: Sendable, Equatable, Hashable {
  /// Index into `AnalysisReport.files`.
  public var file: Int
  /// Counts from 1 within its file.
  public var frame: UInt64
  /// `nil` where the capture has no times.
  public var time: Timestamp?

  public init(file: Int, frame: UInt64, time: Timestamp?) {
    (self.file, self.frame, self.time) = (file, frame, time)
  }
}
