import PacketAnalysis

extension TableReport {
  /// Every frame once, by class.
  func writeTraffic(to page: inout Page) {
    guard report.totals.packets > 0 else { return }
    let totals = report.totals
    page.heading("Traffic")
    let (start, end) = timeSpan
    var summary = "\(humane(totals.packets)) frames, \(humane(octets: totals.octets))"
    if let start, let end, end > start {
      let duration = end.nanoseconds(since: start)
      summary += " in \(humane(nanoseconds: duration))"
      if let rate = perSecond(totals.packets, nanoseconds: duration),
        let octetRate = perSecond(totals.octets, nanoseconds: duration)
      {
        summary += ": \(humaneRate(rate)) frames/s, "
        summary += withUnit(scaled(octetRate * 8), "bit/s")
      }
    }
    page.paragraph(summary, indent: 2)
    if let start, let end { page.paragraph(span(from: start, to: end), indent: 2, tone: .dim) }
    page.flow(classes.map(share), separator: "   ", indent: 2)
    if !report.flows.isEmpty {
      page.paragraph(
        "\(counted(report.flows.count, "plain flow")) without numbers to follow", indent: 2)
    }
    if totals.nested > 0 {
      page.paragraph(
        "\(counted(totals.nested, "further protected header")) inside these frames", indent: 2)
    }
  }

  private var classes: [(name: String, count: UInt64)] {
    let totals = report.totals
    return [
      ("MACsec", totals.macsec), ("ESP", totals.esp), ("AH", totals.ah), ("MKA", totals.mka),
      ("EAPOL", totals.eapol), ("IKE", totals.ike), ("plain IP", totals.plain),
      ("fragments", totals.fragments), ("other", totals.other), ("malformed", totals.malformed),
      ("truncated", totals.truncated),
    ].filter { $0.1 > 0 }
  }

  private func share(_ name: String, _ count: UInt64) -> String {
    let packets = report.totals.packets
    // A share that small says no more than the count.
    guard count >= packets / 1_000 else { return "\(name) \(humane(count))" }
    return "\(name) \(humane(count)) (\(percentage(count, of: packets)))"
  }

  private var timeSpan: (start: Timestamp?, end: Timestamp?) {
    if let times = report.analyzedTimes { return (times.lowerBound, times.upperBound) }
    return (
      report.captures.compactMap { $0.firstTime?.known }.min(),
      report.captures.compactMap { $0.lastTime?.known }.max()
    )
  }

  /// Frames that say nothing about any association, and why.
  func writeMisunderstood(to page: inout Page) {
    var findings = report.malformed.map { finding in
      Misunderstood(
        count: finding.count, what: "\(finding.layer): \(finding.reason)", first: finding.firstFrame
      )
    }
    let hidden = style.showAll ? [] : findings.dropFirst(Self.findingLimit)
    findings.removeLast(hidden.count)
    if !hidden.isEmpty {
      findings.append(
        Misunderstood(
          count: hidden.reduce(0) { $0 + $1.count },
          what: "for \(counted(hidden.count, "more reason"))", first: nil))
    }
    if report.totals.truncated > 0 {
      findings.append(
        Misunderstood(
          count: report.totals.truncated, what: "cut off by the snap length inside a header",
          first: nil))
    }
    if report.totals.other > 0 {
      findings.append(
        Misunderstood(
          count: report.totals.other, what: "of other protocols (ARP, LLDP, keepalives, ...)",
          first: nil))
    }
    guard !findings.isEmpty else { return }
    page.heading("Not understood")
    let counts = findings.map { humane($0.count) }
    let width = counts.reduce(0) { max($0, displayWidth($1)) }
    for (finding, count) in zip(findings, counts) {
      let place = finding.first.map { ", first in frame \($0.frame) of \(file($0.file))" } ?? ""
      page.paragraph(
        printable(finding.what) + place, first: "  \(count.padded(width, isRight: true))  ",
        indent: width + 4)
    }
  }

  private static let findingLimit = 10

  private struct Misunderstood {
    var count: UInt64
    var what: String
    var first: FrameReference?
  }
}
