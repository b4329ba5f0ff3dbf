/// An interval of a point in which the capture could not see.
public struct BlindInterval: Sendable, Equatable {
  public enum Reason: String, Sendable, CaseIterable {
    /// pcapng interface statistics say that frames were dropped.
    case interfaceStatistics
    /// A frame says that frames were dropped before it (pcapng `epb_dropcount`).
    case dropCount
    /// Frames of a live capture found no room in the ring.
    case ringFull
    /// The interface of a live capture was down, had no carrier or was not there.
    case interfaceDown
    /// A live capture was cut short, and this is the one that went on.
    case restart
  }
  /// Index into `AnalysisReport.points`.
  public var point: Int
  /// `nil`: since the start of the capture.
  public var start: Timestamp?
  /// `nil`: to its end.
  public var end: Timestamp?
  public var reason: Reason
  public var drops: UInt64
  public init(point: Int, start: Timestamp?, end: Timestamp?, reason: Reason, drops: UInt64) {
    (self.point, self.start, self.end) = (point, start, end)
    (self.reason, self.drops) = (reason, drops)
  }
}
