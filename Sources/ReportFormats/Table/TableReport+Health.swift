import PacketAnalysis

extension TableReport {
  /// What to know about the capture before one believes the numbers.
  func writeHealth(to page: inout Page) {
    let warnings = damage + drops + blind + captureLosses + doubts
    guard !report.captures.isEmpty || !warnings.isEmpty || !report.notes.isEmpty else { return }
    page.heading("Capture")
    page.paragraph(origin, indent: 2)
    for warning in warnings {
      page.paragraph(warning, first: page.painted("  ! ", .warning), indent: 4, tone: .warning)
    }
    if warnings.isEmpty && !report.captures.isEmpty {
      page.paragraph("no damage, no drops recorded, times in order, every frame whole", indent: 2)
    }
    for note in report.notes { page.paragraph(printable(note), first: "  - ", indent: 4) }
  }

  private var origin: String {
    let formats = Set(report.captures.map(\.format.rawValue)).sorted().joined(separator: ", ")
    let links = Set(report.captures.map(\.linkType.name)).sorted().joined(separator: ", ")
    let files =
      report.files.count == 1
      ? file(0) : counted(report.files.count, "file")
    let points = report.points.count > 1 ? ", \(report.points.count) points" : ""
    return report.captures.isEmpty ? files : "\(files): \(formats), \(links)\(points)"
  }

  private var damage: [String] {
    let damaged = report.captures.filter { $0.damaged != nil }
    let shown = style.showAll ? damaged[...] : damaged.prefix(10)
    let lines = shown.compactMap { capture in
      capture.damaged.map {
        "\(file(capture.file)) is damaged at octet \(grouped($0.offset)): \(printable($0.reason)). "
          + "Everything before is in this report."
      }
    }
    let rest = damaged.count - shown.count
    return rest > 0 ? lines + ["\(counted(rest, "more file")) damaged"] : lines
  }

  private var drops: [String] {
    report.captures.filter { ($0.capturedDrops ?? 0) > 0 }.prefix(10).map { capture in
      "\(counted(capture.capturedDrops ?? 0, "frame")) dropped by the capturing machine itself "
        + "(\(file(capture.file)))"
    }
  }

  private var blind: [String] {
    let down = report.blindIntervals.filter { $0.reason == .interfaceDown }
    let others = report.blindIntervals.filter {
      $0.reason != .interfaceDown && $0.reason != .restart
    }
    var lines = Set(down.map(\.point)).sorted().prefix(10).map { point in
      let count = down.count { $0.point == point }
      return "\(printable(name(point, in: report.points))) was down or without carrier in "
        + counted(count, "interval")
    }
    if let restart = report.blindIntervals.first(where: { $0.reason == .restart }),
      let start = restart.start, let end = restart.end
    {
      let nanoseconds = end.nanosecondsSinceEpoch &- start.nanosecondsSinceEpoch
      lines.append(
        "the run before was cut short: \(humane(nanoseconds: UInt64(max(0, nanoseconds)))) went "
          + "unseen before this one began")
    }
    guard !others.isEmpty, drops.isEmpty else { return lines }
    let dropped = others.reduce(0 as UInt64) { sum, interval in
      var sum = sum
      sum.addClamped(interval.drops)
      return sum
    }
    lines.append(
      "blind in \(counted(others.count, "interval")): \(counted(dropped, "drop")) recorded")
    return lines
  }

  private var captureLosses: [String] {
    let losses = report.captureLosses
    guard let longest = losses.max(by: { $0.nanoseconds < $1.nanoseconds }) else { return [] }
    let (gaps, lost) = (sum(losses.map(\.gaps)), sum(losses.map(\.lost)))
    let times = losses.count == 1 ? "once" : "\(grouped(UInt64(losses.count))) times"
    return [
      "\(times), for up to \(humane(nanoseconds: longest.nanoseconds)), nearly all lost packets at once "
        + "(\(grouped(UInt64(longest.associations))) of "
        + "\(counted(longest.activeAssociations, "active association")) of "
        + "\(counted(longest.senders, "sender"))): the capture itself probably lost them, "
        + "\(counted(gaps, "gap")), \(grouped(lost)) of the lost"
    ]
  }

  private var doubts: [String] {
    let captures = report.captures
    let frames = sum(captures.map(\.packets))
    let snapped = sum(captures.map(\.snappedFrames))
    let steps = sum(captures.map(\.timeSteps))
    let longest = captures.filter { $0.linkType == .ethernet }.map(\.longestFrameOctets).max() ?? 0
    let limit = longestPlainFrameOctets
    var doubts: [String] = []
    if snapped > 0 {
      let length = captures.filter { $0.snappedFrames > 0 }.map(\.snapLength).max() ?? 0
      let limit = length > 0 ? " (snap length \(grouped(UInt64(length))))" : ""
      doubts.append(
        "\(humane(snapped)) frames (\(percentage(snapped, of: frames))) captured in part\(limit)")
    }
    if steps > 0 {
      doubts.append(
        "time goes backwards \(steps == 1 ? "once" : grouped(steps) + " times"): "
          + "order is that of the file")
    }
    if frames > 0 && !captures.contains(where: { $0.firstTime?.known != nil }) {
      doubts.append("no times: no rates, no durations")
    }
    if longest > limit {
      doubts.append(
        "a frame of \(grouped(UInt64(longest))) octets: more than \(grouped(UInt64(limit))), the "
          + "most at an MTU of 1,500. Jumbo frames, or the capturing machine joined segments and "
          + "did not see what was on the wire")
    }
    if report.totals.mka > 0 && report.totals.macsec == 0 {
      doubts.append(
        "\(counted(report.totals.mka, "MKA frame")) but no MACsec: the key agreement runs, the "
          + "protected traffic is not in this capture")
    }
    return doubts
  }

  /// 1,518 octets of Ethernet, 32 of SecTAG and ICV (IEEE Std 802.1AE-2018, 10.1), and 4 for each
  /// VLAN tag, of which two are common.
  private var longestPlainFrameOctets: UInt32 {
    1_518 + (report.totals.macsec > 0 ? 32 : 0) + 8
  }

  private func sum(_ values: [UInt64]) -> UInt64 {
    var sum: UInt64 = 0
    for value in values { sum.addClamped(value) }
    return sum
  }
}

extension CaptureLoss {
  fileprivate var nanoseconds: UInt64 {
    UInt64(clamping: end.nanosecondsSinceEpoch &- start.nanosecondsSinceEpoch)
  }
}
