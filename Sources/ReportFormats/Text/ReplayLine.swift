import PacketAnalysis

/// `Replayed 500,000 packets in 5.00 s: 100,000 a second.`
///
/// - Parameter nanoseconds: from the first packet to the last.
public func replayLine(packets: UInt64, nanoseconds: UInt64) -> String {
  let text = "Replayed \(counted(packets, "packet")) in \(humane(nanoseconds: nanoseconds))"
  // Between n packets there are n - 1 intervals.
  guard packets > 1, let rate = perSecond(packets - 1, nanoseconds: nanoseconds) else {
    return text + "."
  }
  return text + ": " + (rate < 100 ? decimal(rate, places: 2) : grouped(UInt64(rate.rounded())))
    + " a second."
}
