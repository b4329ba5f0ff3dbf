@testable import PacketAnalysis

extension RuleImplementation {
  /// The tracker itself, fed one frame at a time.
  static let tracker = RuleImplementation(name: "tracker") { arrivals, isMACsec, options in
    var tracker = SequenceTracker(options: options, sink: NoSink())
    tracker.observe(arrivals, isMACsec: isMACsec)
    tracker.finish()
    return tracker.channelResult()
  }
}

extension HeaderTracker where Self: ~Copyable {
  /// Observes the frames of one channel, one at a time.
  mutating func observe(_ arrivals: some Sequence<Arrival>, isMACsec: Bool) {
    for arrival in arrivals {
      let key = CompactKey(
        kind: isMACsec ? .macsec : .espIPv4, an: arrival.an, point: 0, context: 0, first: 7)
      let shape = FrameShape(tci: 0, addresses: (0, 0))
      observe(
        Observation(
          key: key, hash: hash(key.first, channelWord: key.channelWord), number: arrival.number,
          octets: arrival.octets, isNested: false,
          time: arrival.timeNanoseconds.map { Timestamp(nanosecondsSinceEpoch: $0) } ?? .absent,
          place: FramePlace(file: 0, frame: arrival.frame),
          shape: arrival.number == 0 ? shape.ofZero : shape),
        ObservationDetails(
          sciSource: .explicit, vlans: VLANStack(), source: MACAddress(rawValue: 0),
          destination: MACAddress(rawValue: 0)))
      catchUp()
    }
  }
}

extension SequenceTracker {
  func channelResult() -> ChannelResult {
    var result = ChannelResult()
    var epochs: [(an: UInt8, epoch: EpochState)] = []
    for finished in finished { epochs.append((key(ofRecord: finished.record).an, finished.epoch)) }
    for index in 0..<starts.count {
      let record = anyRecord(at: index)
      let an = key(at: index).an
      if record.newest.packets > 0 { epochs.append((an, record.newest)) }
      for epoch in epochs where epoch.an == an {
        result.badTags[an, default: 0] += epoch.epoch.badTags
      }
      if record.newest.packets == 0 { result.badTags[an, default: 0] += record.newest.badTags }
      if result.badTags[an] == 0 { result.badTags[an] = nil }
    }
    epochs.sort { a, b in
      a.an != b.an ? a.an < b.an : a.epoch.firstPlace.precedes(b.epoch.firstPlace)
    }
    result.epochs = epochs.map { epochResult($0.an, $0.epoch) }
    return result
  }

  private func epochResult(_ an: UInt8, _ epoch: EpochState) -> EpochResult {
    var result = EpochResult(an: an)
    result.packets = epoch.packets
    result.octets = epoch.octets
    result.distinct = epoch.numbers.distinct
    result.duplicates = epoch.duplicates
    result.reordered = epoch.reordered
    result.suspects = epoch.suspects
    result.skipped = epoch.skipped
    if epoch.numbers.distinct > 0 {
      let (lowest, highest) = (epoch.wire(epoch.numbers.lowest), epoch.wire(epoch.numbers.highest))
      (result.lowest, result.highest) = (lowest, highest)
      result.lost = highest - lowest + 1 - epoch.skipped - epoch.numbers.distinct
    }
    counting.ranges.forEach(in: epoch.missing) { range, _ in
      let gap = EpochResult.Gap(
        first: epoch.wire(range.first), last: epoch.wire(range.last),
        before: EpochResult.Edge(
          frame: range.beforePlace.frame,
          timeNanoseconds: range.beforeTime.known?.nanosecondsSinceEpoch),
        after: EpochResult.Edge(
          frame: range.afterPlace.frame,
          timeNanoseconds: range.afterTime.known?.nanosecondsSinceEpoch))
      if range.isSkipped { result.skips.append(gap) } else { result.gaps.append(gap) }
    }
    result.suspectFrames = counting.suspects.first.filter {
      counting.suspects.owner(of: $0.epoch) == epoch.ordinal
    }
    .map { EpochResult.Suspect(number: $0.number, frame: $0.place.frame) }
    result.firstTimeNanoseconds = epoch.firstTime.known?.nanosecondsSinceEpoch
    result.lastTimeNanoseconds = epoch.lastTime.known?.nanosecondsSinceEpoch
    result.interArrival = epoch.arrivals.interArrival.map {
      EpochResult.InterArrival(
        minimumNanoseconds: $0.minimumNanoseconds, meanNanoseconds: $0.meanNanoseconds,
        maximumNanoseconds: $0.maximumNanoseconds)
    }
    return result
  }
}
