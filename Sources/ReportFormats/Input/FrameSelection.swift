public import PacketAnalysis

/// Which frames of the captures are analyzed at all.
public struct FrameSelection {
  /// In the language of pcap-filter(7).
  private let filter: String?
  private let times: ClosedRange<Timestamp>?

  public init(filter: String?, times: ClosedRange<Timestamp>?) {
    (self.filter, self.times) = (filter, times)
  }

  /// That it leaves nothing of what there is, without a full stop; `nil` where it does.
  public func miss(in report: AnalysisReport) -> String? {
    let frames = report.captures.reduce(0 as UInt64) { $0 &+ $1.packets }
    guard filter != nil || times != nil, report.totals.packets == 0, frames > 0 else { return nil }
    let conditions = [
      filter.map { "matches the filter '\($0)'" },
      times == nil ? nil : "is between --from and --to",
    ].compactMap { $0 }
    let miss = "none of \(counted(frames, "frame")) \(conditions.joined(separator: " and "))"
    guard times != nil, let start = report.captures.compactMap({ $0.firstTime?.known }).min(),
      let end = report.captures.compactMap({ $0.lastTime?.known }).max()
    else { return miss }
    return "\(miss): they are from \(span(from: start, to: end))"
  }
}
