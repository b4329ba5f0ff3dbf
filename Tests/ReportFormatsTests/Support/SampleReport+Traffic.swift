import PacketAnalysis

extension SampleReport {
  /// An hour of two directions, a tunnel and a rekey, with nothing wrong.
  static let healthy: AnalysisReport = {
    var report = AnalysisReport()
    report.files = ["link.pcap"]
    report.points = ["all"]
    var capture = CaptureSummary(file: 0, format: .pcap, point: 0)
    capture.packets = 1_230_000
    capture.octets = 615_000_000
    capture.firstTime = time(0)
    capture.lastTime = time(900)
    capture.snapLength = 262_144
    capture.longestFrameOctets = 1_546
    report.captures = [capture]
    var rekeyed = association(3, macsec(port: 1), packets: 300_000)
    rekeyed.epoch = 1
    report.associations = [
      association(1, macsec(port: 1), packets: 900_000), rekeyed,
      association(4, macsec(port: 1, an: 1), packets: 30_000),
    ]
    report.totals.packets = 1_230_000
    report.totals.octets = 615_000_000
    report.totals.macsec = 1_230_000
    return report
  }()

  /// Many IPv6 and IPv4 tunnels, losses of every size, seen over time.
  static let busy: AnalysisReport = {
    var report = AnalysisReport()
    report.files = ["ring-00001.pcapng", "ring-00002.pcapng"]
    report.points = ["eth0"]
    report.captures = [0, 1].map { file in
      var capture = CaptureSummary(file: file, format: .pcapng, point: 0)
      capture.packets = 12_000_000
      capture.octets = 6_100_000_000
      capture.firstTime = time(Double(file) * 300)
      capture.lastTime = time(Double(file) * 300 + 299.9)
      capture.longestFrameOctets = 1_514
      return capture
    }
    let near = IPAddress(ipv6: 0x2001_0DB8_0001_0002_0003_0004_0005_0006)
    report.bucketNanoseconds = 1_000_000_000
    for index in 0..<70 as Range<UInt32> {
      let far =
        index % 2 == 0
        ? IPAddress(ipv6: 0x2001_0DB8_AAAA_BBBB_CCCC_DDDD_EEEE_0000 | UInt128(index))
        : ipv4(203, 0, 113, index)
      let lost: UInt64 = index < 9 ? (0..<index).reduce(1) { product, _ in product * 7 } : 0
      var row = association(
        UInt64(index) + 1,
        ipsec(
          .esp, from: index % 2 == 0 ? near : ipv4(192, 0, 2, 1), to: far,
          spi: 0x1000 + index), packets: 300_000, lost: lost, frameOctets: 1_400)
      row.gaps = min(lost, 60)
      row.reordered = index % 5 == 0 ? UInt64(index) * 1_000 : 0
      report.associations.append(row)
      for step in 0..<300 as Range<UInt64> where lost > 0 {
        var bucket = TimeBucket(association: row.id, start: time(Double(step)))
        bucket.packets = 1_000
        if step % (10 + UInt64(index)) == 3 { bucket.lost = lost / (step + 1) }
        if (120..<140).contains(step) { bucket.packets = 0 }
        report.buckets.append(bucket)
      }
      guard lost > 0 else { continue }
      report.gaps.append(
        SequenceGap(
          association: row.id, firstMissing: 100_000, lastMissing: 100_000 + lost - 1,
          before: frame(7_000_000, 100), after: frame(7_000_100, 100.25)))
    }
    report.totals.packets = 24_000_000
    report.totals.octets = 12_200_000_000
    report.totals.esp = 21_000_000
    report.totals.ike = 40
    report.totals.plain = 2_999_960
    return report
  }()
}
