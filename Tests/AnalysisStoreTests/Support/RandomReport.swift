import CaptureTestSupport
import PacketAnalysis

/// A report that nobody measured, with every field in use and every optional one now and then
/// absent. It keeps the order and the equations of a real one.
struct RandomReport {
  private var random: SplitMix64
  private var report = AnalysisReport()

  static func make(seed: UInt64, associations: Int = 60) -> AnalysisReport {
    var generator = RandomReport(random: SplitMix64(seed: seed))
    return generator.make(associations: associations)
  }

  static func options(seed: UInt64) -> AnalysisOptions {
    var random = SplitMix64(seed: seed)
    var options = AnalysisOptions()
    options.tracking.horizon = random.below(100_000)
    options.tracking.window = random.below(10_000)
    options.tracking.start = random.below(1_000)
    options.tracking.confirmations = Int(random.below(10))
    options.tracking.fastestFramesPerSecond = random.below(1 << 40)
    options.tracking.retireNanoseconds = Int64(random.below(1 << 40))
    options.bucketNanoseconds = 10_000_000_000
    options.macsecEtherTypes = [0x9999, 0x88E6]
    options.espPorts = [4501, 60_000, 1]
    options.from = Timestamp(nanosecondsSinceEpoch: -5)
    options.to = Timestamp(nanosecondsSinceEpoch: .max)
    return options
  }

  private mutating func make(associations count: Int) -> AnalysisReport {
    report.points = ["default", "tap-ä", "o'clock"]
    report.files = ["first.pcap", "rotated/second.pcapng", "-"]
    report.notes = ["first.pcap and rotated/second.pcapng overlap: merged by time"]
    report.captures = report.files.indices.map { capture(file: $0) }
    report.totals = totals()
    report.bucketNanoseconds = 10_000_000_000
    for position in 0..<count { addAssociation(position) }
    report.flows = (0..<40).map { _ in flow() }
    addBucketsOfNoAssociation()
    report.blindIntervals = (0..<5).map { _ in blind() }
    report.captureLosses = (0..<5).map { _ in captureLoss() }
    report.malformed = ["secTAG", "ipv4", "esp"].map { layer in
      MalformedSummary(
        layer: layer, reason: "length", count: random.below(1_000), firstFrame: frame())
    }
    report.reopenings = random.below(1 << 40)
    return report
  }

  private mutating func captureLoss() -> CaptureLoss {
    let start = Int64(random.below(1 << 60))
    var loss = CaptureLoss(
      point: Int(random.below(3)), start: Timestamp(nanosecondsSinceEpoch: start),
      end: Timestamp(nanosecondsSinceEpoch: start + 1 + Int64(random.below(1 << 40))))
    loss.associations = 1 + Int(random.below(1_000))
    loss.activeAssociations = loss.associations + Int(random.below(1_000))
    loss.senders = 1 + Int(random.below(1_000))
    loss.gaps = 1 + random.below(1_000)
    loss.lost = 1 + random.below(1 << 62)
    return loss
  }

  // MARK: Captures and totals

  private mutating func capture(file: Int) -> CaptureSummary {
    var capture = CaptureSummary(
      file: file, format: [.pcap, .pcapng, .live][Int(random.below(3))],
      point: file % report.points.count)
    capture.packets = random.below(1 << 40)
    capture.octets = random.below(1 << 50)
    (capture.firstTime, capture.lastTime) = times()
    if random.chance(50) { capture.damaged = .init(offset: random.next() >> 2, reason: "record") }
    if random.chance(50) { capture.capturedDrops = random.below(1 << 40) }
    capture.timeSteps = random.below(100)
    capture.snapLength = UInt32(truncatingIfNeeded: random.next())
    capture.snappedFrames = random.below(100)
    capture.longestFrameOctets = UInt32(truncatingIfNeeded: random.next())
    capture.linkType = LinkType(rawValue: UInt16(truncatingIfNeeded: random.next()))
    return capture
  }

  private mutating func totals() -> FrameTotals {
    var totals = FrameTotals()
    for field: WritableKeyPath<FrameTotals, UInt64> in [
      \.macsec, \.esp, \.ah, \.mka, \.eapol, \.ike, \.plain, \.fragments, \.other, \.malformed,
      \.truncated,
    ] {
      totals[keyPath: field] = random.below(1 << 40)
      totals.packets += totals[keyPath: field]
    }
    totals.nested = random.below(1 << 40)
    totals.octets = random.below(1 << 50)
    return totals
  }

  // MARK: Associations and what was found about them

  private mutating func addAssociation(_ position: Int) {
    var association = AssociationSummary(key: key())
    // Spread over all bit patterns, without a repetition.
    association.id = random.next() & ~0xFFFF | UInt64(position)
    association.epoch = Int(random.below(4))
    if case .macsec(let identity) = association.key.identity {
      association.sciSource = SCISource(rawValue: UInt8(random.below(4))) ?? .explicit
      association.vlans = identity.vlans.isEmpty ? vlans() : identity.vlans
      association.encrypted = random.chance(50)
      association.changed = random.chance(50)
      association.badTags = random.below(5)
      association.sourceAddresses = MACAddressList(addresses())
    }
    association.destinationAddresses = MACAddressList(addresses())
    association.duplicates = random.below(100)
    association.suspects = random.below(10)
    association.reordered = random.below(100)
    addFindings(to: &association)
    association.packets = association.distinct + association.duplicates + association.suspects
    association.octets = random.below(1 << 45)
    (association.firstTime, association.lastTime) = times()
    association.firstFrame = frame()
    if random.chance(70) {
      association.interArrival = InterArrival(
        minimumNanoseconds: random.below(10), meanNanoseconds: random.below(1_000),
        maximumNanoseconds: random.below(1 << 62))
    }
    report.associations.append(association)
    addBuckets(of: association.id)
    if association.suspects > 0 {
      report.suspectFrames.append(
        SuspectFrame(
          association: association.id, number: UInt32(truncatingIfNeeded: random.next()),
          frame: frame()))
    }
  }

  /// Lays out the numbers from the lowest on: runs that arrived, with gaps and skips between.
  private mutating func addFindings(to association: inout AssociationSummary) {
    guard random.chance(90) else { return }
    var number = random.below(1 << 40)
    association.lowestNumber = number
    for _ in 0...random.below(4) {
      let arrived = 1 + random.below(1_000)
      association.distinct += arrived
      association.highestNumber = number + arrived - 1
      number += arrived
    }
    for _ in 0..<random.below(5) {
      let length = 1 + random.below(1 << 20)
      var gap = SequenceGap(
        association: association.id, firstMissing: number, lastMissing: number + length - 1,
        before: frame(), after: frame())
      if random.chance(20) {
        association.skipped += length
        report.skips.append(gap)
      } else {
        association.gaps += 1
        if random.chance(20) { association.lostBlind += length }
        if random.chance(30) { gap.cause = "own drops – „blind“" }
        gap.provisional = random.chance(10)
        report.gaps.append(gap)
      }
      association.distinct += 1
      association.highestNumber = number + length
      number += length + 1
    }
  }

  private mutating func addBuckets(of association: UInt64) {
    for index in 0..<Int64(random.below(4)) {
      // Frames without a time come first.
      let start =
        index > 0 || random.chance(90)
        ? Timestamp(nanosecondsSinceEpoch: index * 10_000_000_000) : nil
      report.buckets.append(bucket(association, start: start))
    }
  }

  private mutating func addBucketsOfNoAssociation() {
    report.buckets.append(bucket(0, start: nil))
    report.buckets.append(bucket(0, start: Timestamp(nanosecondsSinceEpoch: 10_000_000_000)))
  }

  private mutating func bucket(_ association: UInt64, start: Timestamp?) -> TimeBucket {
    var bucket = TimeBucket(association: association, start: start)
    bucket.packets = random.below(1 << 40)
    bucket.octets = random.below(1 << 50)
    bucket.lost = random.below(1 << 40)
    bucket.skipped = random.below(1 << 40)
    bucket.duplicates = random.below(100)
    bucket.reordered = random.below(100)
    bucket.suspects = random.below(100)
    return bucket
  }

  private mutating func blind() -> BlindInterval {
    let (start, end) = times()
    return BlindInterval(
      point: Int(random.below(3)), start: start, end: random.chance(50) ? end : nil,
      reason: random.chance(50) ? .interfaceStatistics : .ringFull, drops: random.below(1 << 50))
  }

  // MARK: Keys, addresses, frames

  /// From few values, so that channels have several associations.
  private mutating func key() -> AssociationKey {
    let point = UInt16(random.below(3))
    if random.chance(50) {
      // The first is that of the questions of docs/database.md; the others have the sign bit.
      let sci = SCI(
        rawValue: [0x0200_0000_0A01_0001, 0xFE00_0000_000A_0001][Int(random.below(2))]
          + random.below(2))
      return AssociationKey(
        point: point,
        identity: .macsec(
          MACsecIdentity(
            sci: sci, an: UInt8(random.below(4)), vlans: random.chance(50) ? vlans() : VLANStack()))
      )
    }
    let ports = IPsecIdentity.UDPPorts(source: UInt16(random.below(65_536)), destination: 4_500)
    return AssociationKey(
      point: point,
      identity: .ipsec(
        IPsecIdentity(
          securityProtocol: random.chance(70) ? .esp : .ah, source: address(),
          destination: address(), spi: UInt32.max - UInt32(random.below(4)),
          ports: random.chance(30) ? ports : nil)))
  }

  private mutating func address() -> IPAddress {
    random.chance(50)
      ? IPAddress(ipv4: 0xC000_0200 + UInt32(random.below(3)))
      : IPAddress(ipv6: UInt128(random.next()) << 64 | UInt128(random.below(3)))
  }

  private mutating func vlans() -> VLANStack {
    var vlans = VLANStack()
    for _ in 0..<random.below(6) { vlans.append(UInt16(random.below(4_096))) }
    return vlans
  }

  private mutating func addresses() -> [MACAddress] {
    let addresses = (0..<random.below(5)).map { _ in MACAddress(rawValue: random.next()) }
    return addresses.sorted()
  }

  private mutating func flow() -> FlowSummary {
    var flow = FlowSummary(
      key: FlowKey(
        point: UInt16(random.below(3)), ipProtocol: UInt8(random.below(256)), source: address(),
        destination: address(), sourcePort: UInt16(random.below(65_536)),
        destinationPort: UInt16(random.below(65_536))))
    flow.packets = random.below(1 << 40)
    flow.octets = random.below(1 << 50)
    (flow.firstTime, flow.lastTime) = times()
    flow.firstFrame = frame()
    return flow
  }

  private mutating func frame() -> FrameReference {
    FrameReference(
      file: Int(random.below(3)), frame: 1 + random.below(1 << 40),
      time: random.chance(90) ? times().first : nil)
  }

  private mutating func times() -> (first: Timestamp?, last: Timestamp?) {
    guard random.chance(80) else { return (nil, nil) }
    let first = Int64(random.below(1 << 61))
    return (
      Timestamp(nanosecondsSinceEpoch: first),
      Timestamp(nanosecondsSinceEpoch: first + Int64(random.below(1 << 50)))
    )
  }
}
