import PacketAnalysis

/// What an observer of the capture can know, from what was written: with plain sets and sorting,
/// and the epochs as they were meant.
struct Truth {
  private(set) var report = AnalysisReport()
  private let emission: Emission
  /// The arrivals of the life in hand; kept for its memory.
  private var arrivals: [Arrival] = []

  private struct Arrival {
    var number: UInt64
    var frame: UInt32
  }

  init(_ emission: Emission, options: GeneratorOptions, file: String) {
    self.emission = emission
    report.points = ["default"]
    report.files = [file]
    summarizeCapture(options)
    var life = 0
    for flow in emission.flows.indices {
      let frames = emission.starts[flow]..<emission.starts[flow + 1]
      let first = life
      while life < emission.lives.count, emission.lives[life].flow == flow { life += 1 }
      count(emission.flows[flow].carrier, frames.count)
      if emission.flows[flow].carrier.hasNumbers {
        for index in first..<life { summarize(life: index, frames: frames) }
      } else {
        summarizePlain(flow: flow, life: first, frames: frames)
      }
    }
    putInOrder()
  }

  private func reference(_ frame: UInt32) -> FrameReference {
    FrameReference(file: 0, frame: UInt64(frame), time: time(frame))
  }

  private func time(_ frame: UInt32) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: emission.times[Int(frame) - 1])
  }

  // MARK: - The capture

  private mutating func summarizeCapture(_ options: GeneratorOptions) {
    var capture = CaptureSummary(
      file: 0, format: options.format == .pcapng ? .pcapng : .pcap, point: 0)
    capture.packets = UInt64(emission.times.count)
    capture.octets = emission.octets
    capture.firstTime = emission.times.min().map(Timestamp.init)
    capture.lastTime = emission.times.max().map(Timestamp.init)
    capture.timeSteps = emission.timeSteps
    capture.snapLength = UInt32(
      truncatingIfNeeded: options.snapLength ?? CaptureWriter.unlimitedSnapLength)
    capture.snappedFrames = emission.snappedFrames
    capture.longestFrameOctets = UInt32(truncatingIfNeeded: emission.longestFrame)
    report.captures = [capture]
    report.totals.packets = capture.packets
    report.totals.octets = capture.octets
  }

  private mutating func count(_ carrier: Carrier, _ frames: Int) {
    switch carrier {
    case .macsec: report.totals.macsec += UInt64(frames)
    case .esp, .espInUDP: report.totals.esp += UInt64(frames)
    case .ah: report.totals.ah += UInt64(frames)
    case .tcp, .udp: report.totals.plain += UInt64(frames)
    }
  }

  // MARK: - Associations

  private mutating func summarize(life index: Int, frames: Range<Int>) {
    let life = emission.lives[index]
    let flow = emission.flows[life.flow]
    var summary = AssociationSummary(key: key(of: life, flow))
    // Unique until the associations are in order.
    summary.id = UInt64(index)
    summary.epoch = life.epoch
    summary.packets = life.packets
    summary.octets = life.octets
    summary.destinationAddresses = [flow.destinationMAC]
    if flow.carrier.isMACsec {
      summary.sciSource = flow.sciSource
      summary.vlans = flow.vlans
      summary.encrypted = flow.isEncrypted
      summary.changed = flow.isEncrypted
      summary.sourceAddresses = [flow.sourceMAC]
    }

    arrivals.removeAll(keepingCapacity: true)
    var times: (first: Timestamp, last: Timestamp)?
    for frame in emission.frames[frames] where frame.life == index {
      if times == nil { summary.firstFrame = reference(frame.frame) }
      let now = time(frame.frame)
      times = times.map { (min($0.first, now), max($0.last, now)) } ?? (now, now)
      if frame.isSuspect {
        summary.suspects += 1
        report.suspectFrames.append(
          SuspectFrame(
            association: summary.id, number: UInt32(truncatingIfNeeded: frame.number),
            frame: reference(frame.frame)))
      } else {
        arrivals.append(Arrival(number: frame.number, frame: frame.frame))
      }
    }
    (summary.firstTime, summary.lastTime) = (times?.first, times?.last)
    summary.interArrival = interArrival()
    describeNumbers(&summary)
    report.associations.append(summary)
  }

  private func key(of life: Life, _ flow: Flow) -> AssociationKey {
    guard !flow.carrier.isMACsec else {
      let vlans = flow.sciSource == .explicit ? VLANStack() : flow.vlans
      return AssociationKey(
        point: 0, identity: .macsec(MACsecIdentity(sci: flow.sci, an: life.an, vlans: vlans)))
    }
    let ports = IPsecIdentity.UDPPorts(source: flow.sourcePort, destination: flow.destinationPort)
    return AssociationKey(
      point: 0,
      identity: .ipsec(
        IPsecIdentity(
          securityProtocol: flow.carrier == .ah ? .ah : .esp, source: flow.source,
          destination: flow.destination, spi: life.spi,
          ports: flow.carrier == .espInUDP ? ports : nil)))
  }

  /// Rule 10: between successive arrivals, copies too; steps back are left out.
  private func interArrival() -> InterArrival? {
    var (least, most, sum, count) = (UInt64.max, 0 as UInt64, 0 as UInt64, 0 as UInt64)
    for (before, after) in zip(arrivals, arrivals.dropFirst()) {
      let difference = emission.times[Int(after.frame) - 1] - emission.times[Int(before.frame) - 1]
      guard difference >= 0 else { continue }
      let nanoseconds = UInt64(difference)
      (least, most) = (min(least, nanoseconds), max(most, nanoseconds))
      sum += nanoseconds
      count += 1
    }
    guard count > 0 else { return nil }
    return InterArrival(
      minimumNanoseconds: least, meanNanoseconds: sum / count, maximumNanoseconds: most)
  }

  /// From the arrivals: what is distinct, a copy, reordered, missing.
  private mutating func describeNumbers(_ summary: inout AssociationSummary) {
    let all = arrivals.count
    arrivals.sort { ($0.number, $0.frame) < ($1.number, $1.frame) }
    var firsts: [Arrival] = []
    firsts.reserveCapacity(all)
    for arrival in arrivals where arrival.number != firsts.last?.number { firsts.append(arrival) }
    guard let lowest = firsts.first, let highest = firsts.last else { return }
    // The lowest number of an epoch has high half 0.
    let base = lowest.number & ~0xFFFF_FFFF
    summary.lowestNumber = lowest.number - base
    summary.highestNumber = highest.number - base
    summary.distinct = UInt64(firsts.count)
    summary.duplicates = UInt64(all - firsts.count)

    for (before, after) in zip(firsts, firsts.dropFirst()) where after.number > before.number + 1 {
      let gap = SequenceGap(
        association: summary.id, firstMissing: before.number + 1 - base,
        lastMissing: after.number - 1 - base, before: reference(before.frame),
        after: reference(after.frame))
      if isSkip(gap) {
        report.skips.append(gap)
        summary.skipped += gap.missing
      } else {
        report.gaps.append(gap)
        summary.gaps += 1
      }
    }

    firsts.sort { $0.frame < $1.frame }
    var highestSoFar = lowest.number
    for arrival in firsts {
      if arrival.number < highestSoFar { summary.reordered += 1 }
      highestSoFar = max(highestSoFar, arrival.number)
    }
  }

  /// Rule 9: more numbers than the fastest link could have carried between both arrivals.
  private func isSkip(_ gap: SequenceGap) -> Bool {
    guard gap.missing > 1 << 24, let before = gap.before.time, let after = gap.after.time,
      after > before
    else { return false }
    let elapsed = UInt128(after.nanosecondsSinceEpoch - before.nanosecondsSinceEpoch)
    let fastest = UInt128(TrackingOptions().fastestFramesPerSecond)
    return UInt128(gap.missing) * 1_000_000_000 > fastest * elapsed
  }

  // MARK: - Plain flows

  private mutating func summarizePlain(flow index: Int, life: Int, frames: Range<Int>) {
    let flow = emission.flows[index]
    var summary = FlowSummary(
      key: FlowKey(
        point: 0, ipProtocol: flow.carrier.ipProtocol, source: flow.source,
        destination: flow.destination, sourcePort: flow.sourcePort,
        destinationPort: flow.destinationPort))
    summary.packets = emission.lives[life].packets
    summary.octets = emission.lives[life].octets
    for frame in emission.frames[frames] {
      let now = time(frame.frame)
      summary.firstTime = min(summary.firstTime ?? now, now)
      summary.lastTime = max(summary.lastTime ?? now, now)
    }
    if let first = emission.frames[frames].first { summary.firstFrame = reference(first.frame) }
    report.flows.append(summary)
  }

  // MARK: - Order

  /// Associations and flows by first frame; what refers to associations follows them.
  private mutating func putInOrder() {
    report.associations.sort { $0.firstFrame.frame < $1.firstFrame.frame }
    report.flows.sort { $0.firstFrame.frame < $1.firstFrame.frame }
    var places = [UInt64](repeating: 0, count: emission.lives.count)
    for index in report.associations.indices {
      places[Int(report.associations[index].id)] = UInt64(index)
      report.associations[index].id = UInt64(index)
    }
    for index in report.gaps.indices {
      report.gaps[index].association = places[Int(report.gaps[index].association)]
    }
    for index in report.skips.indices {
      report.skips[index].association = places[Int(report.skips[index].association)]
    }
    for index in report.suspectFrames.indices {
      report.suspectFrames[index].association = places[Int(report.suspectFrames[index].association)]
    }
    report.gaps.sort { ($0.association, $0.firstMissing) < ($1.association, $1.firstMissing) }
    report.skips.sort { ($0.association, $0.firstMissing) < ($1.association, $1.firstMissing) }
    report.suspectFrames.sort { $0.frame.frame < $1.frame.frame }
    let excess = report.suspectFrames.count - AnalysisReport.suspectFrameLimit
    if excess > 0 { report.suspectFrames.removeLast(excess) }
  }
}
