public import PacketAnalysis

/// How far an analysis is, for whoever asks while it goes on:
/// `Statistics: 500,000 packets in 5.00 s: 100,000 a second; 40 associations, 12 lost`
public struct StatisticsLine: Sendable, Equatable {
  public var packets: UInt64
  /// Since it began.
  public var elapsed: Duration
  /// `nil`: nothing is judged.
  public var analysis: AnalysisProgress?

  public init(packets: UInt64, elapsed: Duration, analysis: AnalysisProgress?) {
    (self.packets, self.elapsed, self.analysis) = (packets, elapsed, analysis)
  }

  public var text: String {
    let nanoseconds = UInt64(max(0, elapsed / .nanoseconds(1)))
    var text = "Statistics: \(counted(packets, "packet")) in \(humane(nanoseconds: nanoseconds))"
    if let rate = perSecond(packets, nanoseconds: nanoseconds) {
      text += ": \(grouped(UInt64(rate.rounded()))) a second"
    }
    if let analysis {
      text += "; \(counted(analysis.associations, "association"))"
      text += ", \(grouped(analysis.lost)) lost"
    }
    return text
  }
}
