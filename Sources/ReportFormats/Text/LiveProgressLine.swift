public import PacketAnalysis

/// How a live capture goes, in one line for a terminal.
public struct LiveProgressLine: Sendable, Equatable {
  public var packets: UInt64
  /// Since the line before, and how long that was ago.
  public var newPackets: UInt64
  public var elapsed: Duration
  public var analysis: AnalysisProgress
  /// By this machine itself.
  public var dropped: UInt64
  /// Names of interfaces that are down.
  public var down: [String]

  public init(
    packets: UInt64, newPackets: UInt64, elapsed: Duration, analysis: AnalysisProgress,
    dropped: UInt64,
    down: [String]
  ) {
    (self.packets, self.newPackets, self.elapsed) = (packets, newPackets, elapsed)
    (self.analysis, self.dropped, self.down) = (analysis, dropped, down)
  }

  /// At most `width` columns.
  public func text(width: Int) -> String {
    var parts = ["\(humane(packets)) packets"]
    let seconds = elapsed / .seconds(1)
    if seconds > 0 {
      parts.append(withUnit(scaled((Double(newPackets) / seconds).rounded()), "packets/s"))
    }
    parts.append("\(humane(UInt64(analysis.associations))) associations")
    parts.append("\(humane(analysis.lost)) lost")
    parts.append("\(humane(dropped)) dropped")
    if !down.isEmpty { parts.append("waiting for " + down.joined(separator: ", ")) }
    return elided(printable(parts.joined(separator: "  ")), width: width)
  }
}
