internal import PacketAnalysis

/// What a run is recognised by: 128 bits over its options and all that was found.
///
/// Only the names of files and the notes are left out, so that a capture is the same after it was
/// moved or renamed. Two captures that differ in a single number of a single gap are different
/// runs. It guards against doing work twice, not against forgery: it is no cryptographic hash.
struct RunFingerprint: Equatable {
  let value: UInt128

  static func of(_ report: AnalysisReport, options: AnalysisOptions) -> RunFingerprint {
    var digest = RunDigest()
    digest.add(options)
    digest.add(report)
    return RunFingerprint(value: digest.state)
  }

  /// Of a run that lasts, which nothing is the same as.
  static func random() -> RunFingerprint {
    RunFingerprint(value: .random(in: 0 ... .max))
  }

  /// As a literal of SQL.
  var literal: String {
    let digits = String(value, radix: 16)
    return "x'" + String(repeating: "0", count: 32 - digits.count) + digits + "'"
  }
}

/// Takes in 64 bits at a time. Every step is a bijection of the state, so that a difference, once
/// in it, cannot vanish by itself.
///
/// The multiplier is that of the PCG family for 128 bits; the shift brings the well mixed high
/// half down.
private struct RunDigest {
  private(set) var state: UInt128 = 0

  mutating func add(_ word: UInt64) {
    state = (state ^ UInt128(word)) &* 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645
    state ^= state >> 67
  }

  mutating func add(_ value: Int) { add(UInt64(bitPattern: Int64(value))) }

  mutating func add(_ value: Bool) { add(UInt64(value ? 1 : 0)) }

  /// One word where there is a value would be ambiguous: the count of words says which it is.
  mutating func add(_ value: UInt64?) {
    add(value != nil)
    if let value { add(value) }
  }

  mutating func add(_ value: Int64?) { add(value.map { UInt64(bitPattern: $0) }) }

  mutating func add(_ value: Timestamp?) { add(value?.nanosecondsSinceEpoch) }

  mutating func add(_ value: String) {
    add(value.utf8.count)
    for octet in value.utf8 { add(UInt64(octet)) }
  }

  mutating func add(_ value: IPAddress) {
    add(UInt64(value.family.rawValue))
    add(UInt64(truncatingIfNeeded: value.bits >> 64))
    add(UInt64(truncatingIfNeeded: value.bits))
  }

  mutating func add(_ value: FrameReference) {
    add(value.file)
    add(value.frame)
    add(value.time)
  }

  /// A list begins with its length, so that no element can be taken for one of the next list.
  mutating func add<Element>(
    _ list: some Collection<Element>, _ add: (inout RunDigest, Element) -> Void
  ) {
    self.add(list.count)
    for element in list { add(&self, element) }
  }
}

extension RunDigest {
  mutating func add(_ options: AnalysisOptions) {
    let tracking = options.tracking
    add(tracking.horizon)
    add(tracking.window)
    add(tracking.start)
    add(tracking.confirmations)
    add(tracking.fastestFramesPerSecond)
    add(tracking.retireNanoseconds as Int64?)
    add(options.bucketNanoseconds)
    add(options.macsecEtherTypes) { $0.add(UInt64($1)) }
    add(options.espPorts) { $0.add(UInt64($1)) }
    add(options.from)
    add(options.to)
  }

  /// Nothing, where no limit was reached: then the limits do not matter either.
  mutating func add(_ givenUp: GivenUp?) {
    guard let givenUp else { return }
    let (limits, folded, forgotten) = (givenUp.limits, givenUp.folded.sums, givenUp.forgotten)
    for limit in [
      limits.associations, limits.gaps, limits.heldFrames, limits.buckets, limits.copies,
    ] {
      add(limit)
    }
    for count in [
      givenUp.unfollowed.packets, givenUp.unfollowed.octets, givenUp.folded.count, folded.packets,
      folded.octets, folded.expected, folded.distinct, folded.skipped, folded.duplicates,
      folded.reordered, folded.suspects, folded.gaps, folded.badTags, forgotten.gaps,
      forgotten.missing, forgotten.skips, forgotten.skipped, givenUp.hastyFrames,
      givenUp.flows.packets, givenUp.flows.octets, givenUp.unlistedCopies,
    ] {
      add(count)
    }
    add(givenUp.askedBucketNanoseconds)
    guard givenUp.silent.count > 0 || givenUp.judgedBySilence > 0 else { return }
    let silent = givenUp.silent.sums
    add(limits.idleNanoseconds)
    for count in [
      givenUp.silent.count, givenUp.judgedBySilence, silent.packets, silent.octets,
      silent.expected, silent.distinct, silent.skipped, silent.duplicates, silent.reordered,
      silent.suspects, silent.gaps, silent.badTags,
    ] {
      add(count)
    }
  }

  mutating func add(_ report: AnalysisReport) {
    add(report.points) { $0.add($1) }
    add(report.captures) { $0.add($1) }
    add(report.totals)
    add(report.givenUp)
    add(report.associations) { $0.add($1) }
    add(report.gaps) { $0.add($1) }
    add(report.skips) { $0.add($1) }
    add(report.suspectFrames) {
      $0.add($1.association)
      $0.add(UInt64($1.number))
      $0.add($1.frame)
    }
    add(report.flows) { $0.add($1) }
    add(report.malformed) {
      $0.add($1.layer)
      $0.add($1.reason)
      $0.add($1.count)
      $0.add($1.firstFrame)
    }
    add(report.bucketNanoseconds)
    add(report.buckets) { $0.add($1) }
    add(report.blindIntervals) {
      $0.add($1.point)
      $0.add($1.start)
      $0.add($1.end)
      $0.add($1.reason.rawValue)
      $0.add($1.drops)
    }
  }

  mutating func add(_ capture: CaptureSummary) {
    add(capture.file)
    add(capture.format.rawValue)
    add(capture.point)
    add(capture.packets)
    add(capture.octets)
    add(capture.firstTime)
    add(capture.lastTime)
    add(capture.damaged?.offset)
    add(capture.damaged?.reason ?? "")
    add(capture.capturedDrops)
    add(capture.timeSteps)
    add(UInt64(capture.snapLength))
    add(capture.snappedFrames)
    add(UInt64(capture.longestFrameOctets))
    add(UInt64(capture.linkType.rawValue))
  }

  mutating func add(_ totals: FrameTotals) {
    for field in FrameTotals.fields { add(totals[keyPath: field.path]) }
  }

  mutating func add(_ association: AssociationSummary) {
    add(association.id)
    add(association.key)
    add(association.epoch)
    add(UInt64(association.sciSource.rawValue))
    add(association.vlans.packed)
    add(association.encrypted)
    add(association.changed)
    add(association.badTags)
    add(association.sourceAddresses) { $0.add($1.rawValue) }
    add(association.destinationAddresses) { $0.add($1.rawValue) }
    add(association.packets)
    add(association.octets)
    add(association.firstTime)
    add(association.lastTime)
    add(association.firstFrame)
    add(association.lowestNumber)
    add(association.highestNumber)
    add(association.distinct)
    add(association.lostBlind)
    add(association.skipped)
    add(association.duplicates)
    add(association.reordered)
    add(association.suspects)
    add(association.gaps)
    add(association.interArrival != nil)
    if let interArrival = association.interArrival {
      add(interArrival.minimumNanoseconds)
      add(interArrival.meanNanoseconds)
      add(interArrival.maximumNanoseconds)
    }
  }

  mutating func add(_ key: AssociationKey) {
    add(UInt64(key.point))
    switch key.identity {
    case .macsec(let identity):
      add(identity.sci.rawValue)
      add(UInt64(identity.an))
      add(identity.vlans.packed)
    case .ipsec(let identity):
      add(UInt64(identity.securityProtocol.rawValue))
      add(identity.source)
      add(identity.destination)
      add(UInt64(identity.spi))
      add(identity.ports.map { UInt64($0.source) << 16 | UInt64($0.destination) })
    }
  }

  mutating func add(_ gap: SequenceGap) {
    add(gap.association)
    add(gap.firstMissing)
    add(gap.lastMissing)
    add(gap.before)
    add(gap.after)
    add(gap.cause ?? "")
    add(gap.provisional)
  }

  mutating func add(_ flow: FlowSummary) {
    add(
      UInt64(flow.key.point) << 40 | UInt64(flow.key.ipProtocol) << 32
        | UInt64(flow.key.sourcePort) << 16 | UInt64(flow.key.destinationPort))
    add(flow.key.source)
    add(flow.key.destination)
    add(flow.packets)
    add(flow.octets)
    add(flow.firstTime)
    add(flow.lastTime)
    add(flow.firstFrame)
  }

  mutating func add(_ bucket: TimeBucket) {
    add(bucket.association)
    add(bucket.start)
    add(bucket.packets)
    add(bucket.octets)
    add(bucket.lost)
    add(bucket.skipped)
    add(bucket.duplicates)
    add(bucket.reordered)
    add(bucket.suspects)
  }
}
