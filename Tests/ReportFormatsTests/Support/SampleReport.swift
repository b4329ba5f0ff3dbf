import PacketAnalysis
import ReportFormats

/// A report made by hand in which every field has a value of its own.
enum SampleReport {
  /// 2026-03-01T08:00:00Z.
  static let start: Int64 = 1_772_352_000_000_000_000

  static func time(_ seconds: Double) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: start + Int64(seconds * 1_000_000) * 1_000)
  }

  static func macsec(port: UInt16, an: UInt8 = 0, address: UInt64 = 0x0200_0000_0A01)
    -> AssociationKey
  {
    AssociationKey(
      point: 0,
      identity: .macsec(
        MACsecIdentity(
          sci: SCI(systemIdentifier: MACAddress(rawValue: address), portIdentifier: port),
          an: an, vlans: VLANStack())))
  }

  static func ipsec(
    _ securityProtocol: IPsecIdentity.SecurityProtocol, from source: IPAddress,
    to destination: IPAddress, spi: UInt32, ports: IPsecIdentity.UDPPorts? = nil
  ) -> AssociationKey {
    AssociationKey(
      point: 0,
      identity: .ipsec(
        IPsecIdentity(
          securityProtocol: securityProtocol, source: source, destination: destination,
          spi: spi, ports: ports)))
  }

  static func ipv4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> IPAddress {
    IPAddress(ipv4: a << 24 | b << 16 | c << 8 | d)
  }

  /// A healthy association of `packets` numbers from 1, one frame a millisecond.
  static func association(
    _ id: UInt64, _ key: AssociationKey, packets: UInt64, lost: UInt64 = 0,
    frameOctets: UInt64 = 500
  ) -> AssociationSummary {
    var row = AssociationSummary(key: key)
    row.id = id
    row.packets = packets
    row.distinct = packets
    row.octets = packets * frameOctets
    row.lowestNumber = 1
    row.highestNumber = packets + lost
    row.firstTime = time(0)
    row.lastTime = time(Double(packets - 1) / 1_000)
    row.firstFrame = FrameReference(file: 0, frame: 1, time: row.firstTime)
    if packets > 1 {
      row.interArrival = InterArrival(
        minimumNanoseconds: 900_000, meanNanoseconds: 1_000_000, maximumNanoseconds: 5_000_000)
    }
    row.sourceAddresses = [MACAddress(rawValue: 0x0200_0000_0A01)]
    row.destinationAddresses = [MACAddress(rawValue: 0x0200_0000_0B01)]
    return row
  }

  static func frame(_ number: UInt64, _ seconds: Double, file: Int = 0) -> FrameReference {
    FrameReference(file: file, frame: number, time: time(seconds))
  }

  /// Losses, two files, IPv6, NAT traversal, damage: everything that a report can say.
  static let full: AnalysisReport = {
    var report = AnalysisReport()
    report.files = ["captures/link-a.pcap", "captures/link-b \"2\".pcapng"]
    report.points = ["all", "tap\\2"]

    var first = CaptureSummary(file: 0, format: .pcap, point: 0)
    first.packets = 2_096_155
    first.octets = 1_047_000_000
    first.firstTime = time(0)
    first.lastTime = time(2_100)
    first.snapLength = 96
    first.snappedFrames = 2_000_000
    first.timeSteps = 3
    first.longestFrameOctets = 1_518
    var second = CaptureSummary(file: 1, format: .pcapng, point: 1)
    second.packets = 4_000
    second.octets = 2_000_000
    second.damaged = .init(offset: 1_048_576, reason: "a block of 12 octets claims 4,294,967,295")
    second.capturedDrops = 12
    second.longestFrameOctets = 9_018
    second.linkType = .linuxSLL2
    report.captures = [first, second]

    var lossy = association(0x0123_4567_89AB_CDEF, macsec(port: 1), packets: 2_000_000, lost: 1_340)
    lossy.encrypted = true
    lossy.changed = true
    lossy.duplicates = 7
    lossy.packets += 10
    lossy.suspects = 3
    lossy.reordered = 25
    lossy.gaps = 3
    lossy.lostBlind = 40
    lossy.badTags = 1
    lossy.sciSource = .endStation
    lossy.vlans.append(100)
    lossy.vlans.append(7)
    var nat = association(
      2,
      ipsec(
        .esp, from: ipv4(192, 0, 2, 1), to: ipv4(198, 51, 100, 7), spi: 0x0000_ABCD,
        ports: .init(source: 4_500, destination: 31_337)), packets: 80_000, lost: 5)
    nat.gaps = 1
    nat.skipped = 1_000_000
    nat.highestNumber = 1_080_005
    nat.epoch = 1
    let six = IPAddress(ipv6: 0x2001_0DB8_0000_0000_0000_0000_0000_0001)
    var ah = association(
      3, ipsec(.ah, from: six, to: IPAddress(ipv6: 1), spi: 4_096), packets: 16_000)
    ah.key.point = 1
    ah.sourceAddresses = []
    ah.firstTime = nil
    ah.lastTime = nil
    ah.interArrival = nil
    var suspect = association(4, macsec(port: 9, an: 3), packets: 1)
    suspect.distinct = 0
    suspect.suspects = 1
    suspect.lowestNumber = nil
    suspect.highestNumber = nil
    let singles = (5...9 as ClosedRange<UInt64>).map {
      association($0, macsec(port: 1, address: 0x0200_0000_0C00 + $0), packets: 1)
    }
    report.associations = [lossy, nat, ah, suspect] + singles

    report.gaps = [
      SequenceGap(
        association: lossy.id, firstMissing: 11, lastMissing: 14, before: frame(112, 0.5),
        after: frame(114, 0.500_25)),
      SequenceGap(
        association: lossy.id, firstMissing: 900, lastMissing: 2_199, before: frame(5_000, 12),
        after: frame(5_001, 13.25)),
      SequenceGap(
        association: lossy.id, firstMissing: 5_000, lastMissing: 5_035,
        before: FrameReference(file: 0, frame: 90_000, time: nil),
        after: FrameReference(file: 1, frame: 4, time: nil)),
      SequenceGap(
        association: nat.id, firstMissing: 77, lastMissing: 81, before: frame(600, 1),
        after: frame(602, 1.001)),
    ]
    report.gaps[1].cause = "rekey"
    report.gaps[3].provisional = true
    report.skips = [
      SequenceGap(
        association: nat.id, firstMissing: 2_000, lastMissing: 1_001_999, before: frame(9_000, 20),
        after: frame(9_002, 20.000_001))
    ]
    report.suspectFrames = [
      SuspectFrame(association: suspect.id, number: .max, frame: frame(77, 3, file: 1))
    ]
    var flow = FlowSummary(
      key: FlowKey(
        point: 1, ipProtocol: 17, source: six, destination: IPAddress(ipv6: 0xFFFF_C000_0201),
        sourcePort: 53, destinationPort: 40_000))
    flow.packets = 12
    flow.octets = 1_234
    flow.firstTime = time(4)
    flow.lastTime = time(5)
    report.flows = [flow]
    report.malformed = [
      MalformedSummary(layer: "SecTAG", reason: "PN 0", count: 4, firstFrame: frame(31, 1)),
      MalformedSummary(layer: "IPv4", reason: "header length", count: 1, firstFrame: frame(40, 1)),
    ]
    report.bucketNanoseconds = 10_000_000_000
    var bucket = TimeBucket(association: lossy.id, start: time(0))
    (bucket.packets, bucket.octets, bucket.lost, bucket.skipped) = (9_900, 4_950_000, 4, 2)
    (bucket.duplicates, bucket.reordered, bucket.suspects) = (7, 6, 5)
    var timeless = TimeBucket(association: 0, start: nil)
    timeless.packets = 3
    report.buckets = [bucket, timeless]
    report.blindIntervals = [
      BlindInterval(point: 1, start: nil, end: time(9), reason: .interfaceStatistics, drops: 12)
    ]
    report.notes = ["2 files of one point are merged by time\tas they overlap"]
    report.totals.packets = 2_100_155
    report.totals.octets = 1_049_000_000
    report.totals.macsec = 2_000_016
    report.totals.esp = 80_000
    report.totals.ah = 16_000
    report.totals.mka = 100
    report.totals.eapol = 2
    report.totals.ike = 8
    report.totals.plain = 12
    report.totals.fragments = 1
    report.totals.other = 4_000
    report.totals.malformed = 5
    report.totals.truncated = 11
    report.totals.nested = 6
    return report
  }()
}
