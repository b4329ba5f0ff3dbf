import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// What is given up is counted, and all else stays what it is.
@Suite("Limits")
struct LimitTests {
  static let seeds: ClosedRange<UInt64> = 1...150

  /// Lower than random traffic needs.
  private func limits(_ seed: UInt64) -> AnalysisLimits {
    var random = SplitMix64(seed: seed &* 77)
    var limits = AnalysisLimits.unlimited
    limits.associations = .random(in: 1...6, using: &random)
    limits.gaps = .random(in: 1...12, using: &random)
    limits.heldFrames = .random(in: 0...200, using: &random)
    limits.copies = .random(in: 0...3, using: &random)
    return limits
  }

  private func tracker(_ limits: AnalysisLimits) -> SequenceTracker<NoSink> {
    SequenceTracker(options: TrafficSimulator.smallOptions, sink: NoSink(), limits: limits)
  }

  @Test("a capture that was read again and again held more and more, and was judged in haste")
  func loops() {
    var tracker = tracker(.unlimited)
    var heldCount = 0
    for seed in Self.seeds {
      tracker.observe(TrafficSimulator.arrivals(seed: seed, count: 100), isMACsec: true)
      if tracker.heldFrames > 0 { heldCount += 1 }
      tracker.beginAgain()
      let held = tracker.heldFrames
      let areDeliberated = (0..<tracker.records.count).map { tracker.records[$0].isDeliberated }
      #expect(held == 0 && !areDeliberated.contains(true))
    }
    #expect(heldCount > 5)
  }

  @Test("whatever comes, every frame and every number is counted once", arguments: seeds)
  func invariants(seed: UInt64) {
    let arrivals = TrafficSimulator.arrivals(seed: seed, count: 1_500)
    let limits = limits(seed)
    var tracker = tracker(limits)
    for arrival in arrivals {
      tracker.observe([arrival], isMACsec: true)
      tracker.catchUp()
      let (ranges, held, rows) = (
        tracker.counting.ranges.count, tracker.heldFrames, tracker.rowCount
      )
      #expect(ranges <= limits.gaps)
      #expect(held <= limits.heldFrames + AnalysisLimits.deliberationFrames + 1)
      #expect(rows <= limits.associations)
    }
    tracker.finish()
    let (rows, copies) = (tracker.rowCount, tracker.counting.suspects.copyCount)
    #expect(rows <= limits.associations)
    #expect(copies <= limits.copies)

    let result = tracker.channelResult()
    let forgotten = tracker.forgottenByEpoch()
    for (epoch, forgotten) in zip(result.epochs, forgotten) {
      #expect(epoch.packets == epoch.distinct + epoch.duplicates + epoch.suspects)
      if let lowest = epoch.lowest, let highest = epoch.highest {
        #expect(highest - lowest + 1 == epoch.distinct + epoch.lost + epoch.skipped)
      }
      let placed = epoch.gaps.reduce(0) { $0 + $1.last - $1.first + 1 }
      #expect(placed + forgotten.missing == epoch.lost)
      let placedSkips = epoch.skips.reduce(0) { $0 + $1.last - $1.first + 1 }
      #expect(placedSkips + forgotten.skipped == epoch.skipped)
    }
    let givenUp = tracker.givenUp
    let sums = givenUp.folded.sums
    #expect(sums.packets == sums.distinct + sums.duplicates + sums.suspects)
    #expect(sums.expected == sums.distinct + sums.lost)
    let packets =
      result.epochs.reduce(0) { $0 + $1.packets } + result.badTags.values.reduce(0, +)
      + sums.packets + sums.badTags + givenUp.unfollowed.packets
    #expect(packets == UInt64(arrivals.count))
    let octets =
      result.epochs.reduce(0) { $0 + $1.octets } + sums.octets
      + givenUp.unfollowed.octets
    #expect(octets <= arrivals.reduce(0) { $0 + UInt64($1.octets) })
  }

  @Test("below all limits the result is that without any, which is the model's", arguments: seeds)
  func belowLimits(seed: UInt64) {
    let arrivals = TrafficSimulator.arrivals(seed: seed, count: 600)
    var free = tracker(.unlimited)
    var (held, rows) = (0, 0)
    for arrival in arrivals {
      free.observe([arrival], isMACsec: true)
      held = max(held, free.heldFrames)
    }
    free.catchUp()
    free.finish()
    rows = free.rowCount
    // As much as is needed, and no more.
    var limits = AnalysisLimits.unlimited
    limits.associations = rows
    limits.gaps = free.counting.ranges.peak + 1
    limits.heldFrames = held + 1
    var limited = tracker(limits)
    limited.observe(arrivals, isMACsec: true)
    limited.finish()
    let hasReachedLimit = limited.hasReachedLimit
    #expect(!hasReachedLimit)
    let result = limited.channelResult()
    let freeResult = free.channelResult()
    #expect(result == freeResult)
    #expect(
      result
        == RuleModel.judge(
          arrivals, isMACsec: true, options: TrafficSimulator.smallOptions))
  }

  @Test("a limit of associations does not touch those that are followed", arguments: seeds)
  func otherAssociations(seed: UInt64) {
    // ESP: associations have nothing to do with each other.
    let known = TrafficSimulator.arrivals(seed: seed, count: 300).map {
      Arrival(
        an: 0, number: $0.number, timeNanoseconds: $0.timeNanoseconds, frame: 2 * $0.frame,
        octets: $0.octets)
    }
    var limits = AnalysisLimits.unlimited
    var alone = tracker(limits)
    alone.observe(known, isMACsec: false)
    alone.finish()
    limits.associations = alone.rowCount
    var limited = tracker(limits)
    limited.observe(known.prefix(1), isMACsec: false)
    // All other rows are gone before they are needed, unless they are those of the first.
    var others: UInt64 = 0
    for (index, arrival) in known.dropFirst().enumerated() {
      limited.observe([arrival], isMACsec: false)
      guard limited.rowCount == limits.associations, index % 3 == 0 else { continue }
      let other = Arrival(
        an: 1 + UInt8(index % 3), number: 1, timeNanoseconds: nil, frame: arrival.frame + 1)
      limited.observe([other], isMACsec: false)
      others += 1
    }
    limited.finish()
    let givenUp = limited.givenUp
    #expect(givenUp.unfollowed.packets == others)
    #expect(givenUp.folded.count == 0)
    let (result, expected) = (limited.channelResult(), alone.channelResult())
    #expect(result == expected)
  }

  @Test("only the epochs with the most gaps lose places, the lowest first")
  func fairness() {
    var limits = AnalysisLimits.unlimited
    limits.gaps = 100
    var tracker = tracker(limits)
    // AN 1 has 5 gaps, AN 0 as many as there is room for, and more.
    let few = (0..<6).map { Arrival(an: 1, number: 2 * $0 + 1, frame: UInt64($0) + 1) }
    let many = (0..<1_000).map { Arrival(an: 0, number: 2 * $0 + 1, frame: UInt64($0) + 10) }
    tracker.observe(few + many, isMACsec: false)
    // The last gap is as fresh as can be: it is healed. The first is forgotten.
    tracker.observe(
      [Arrival(an: 0, number: 1_998, frame: 2_000), Arrival(an: 0, number: 2, frame: 2_001)],
      isMACsec: false)
    tracker.observe([Arrival(an: 1, number: 4, frame: 2_002)], isMACsec: false)
    tracker.finish()
    let result = tracker.channelResult()
    #expect(result.epochs.map(\.lost) == [998, 4])
    #expect(result.epochs.map(\.duplicates) == [1, 0])
    #expect(result.epochs.map(\.reordered) == [1, 1])
    #expect(result.epochs[1].gaps.count == 4)
    #expect((40...95).contains(result.epochs[0].gaps.count))
    let givenUp = tracker.givenUp
    #expect(givenUp.forgotten.missing == 998 - UInt64(result.epochs[0].gaps.count))
  }

  @Test("buckets become wider until there are few enough, and lose nothing")
  func buckets() {
    var sink = BucketSink(widthNanoseconds: 1_000, limit: 64)
    for frame in 0..<10_000 as Range<Int64> {
      let time = Timestamp(nanosecondsSinceEpoch: (frame &* 7_919 % 10_000 - 5_000) * 1_000)
      let epoch = UInt32(frame % 3)
      sink.arrived(epoch: epoch, time: time, octets: 64, outcome: .new)
      sink.revealed(epoch: epoch, time: time, count: 2, isSkipped: false)
      sink.healed(epoch: epoch, time: time, isSkipped: false)
      #expect(sink.sums.count <= 65)
    }
    #expect(sink.sums.values.reduce(0) { $0 + $1.packets } == 10_000)
    #expect(sink.sums.values.reduce(0) { $0 + $1.lost } == 10_000)
    #expect(sink.widthNanoseconds.isMultiple(of: 1_000))
    #expect((sink.widthNanoseconds / 1_000).nonzeroBitCount == 1)
    #expect(sink.sums.keys.allSatisfy { $0.start.isMultiple(of: sink.widthNanoseconds) })
  }

  @Test("flows beyond the limit are counted together")
  func flows() {
    var flows = FlowTable(limit: 10)
    for frame in 0..<100 as Range<UInt64> {
      let key = FlowKey(
        point: 0, ipProtocol: 17, source: IPAddress(ipv4: 1), destination: IPAddress(ipv4: 2),
        sourcePort: UInt16(frame % 20), destinationPort: 9)
      flows.count(key, octets: 100, time: .absent, place: FramePlace(file: 0, frame: frame + 1))
    }
    let (summaries, leftOut) = (flows.summaries, flows.leftOut)
    #expect(summaries.count == 10)
    #expect(summaries.allSatisfy { $0.packets == 5 })
    #expect(leftOut.packets == 50 && leftOut.octets == 5_000)
  }

  @Test("addresses beyond the limit name no association")
  func contexts() {
    var contexts = ContextTable(limit: 3)
    func identity(_ host: UInt64) -> AssociationKey.Identity {
      .ipsec(
        IPsecIdentity(
          securityProtocol: .esp, source: IPAddress(ipv4: 1), destination: IPAddress(ipv4: 2),
          spi: 5, ports: IPsecIdentity.UDPPorts(source: UInt16(host), destination: 4500)))
    }
    let keys = (0..<10 as Range<UInt64>).map { contexts.keyWithinLimit(identity($0), point: 0) }
    #expect(keys.map { $0 != nil } == (0..<10).map { $0 < 3 })
    #expect(contexts.keyWithinLimit(identity(2), point: 0) == keys[2])
  }
}

extension SequenceTracker {
  /// In the order of `channelResult`.
  fileprivate func forgottenByEpoch() -> [ForgottenRanges] {
    var epochs = finished.map { (an: key(ofRecord: $0.record).an, epoch: $0.epoch) }
    for index in 0..<starts.count {
      let record = anyRecord(at: index)
      if record.newest.packets > 0 { epochs.append((key(at: index).an, record.newest)) }
    }
    epochs.sort { a, b in
      a.an != b.an ? a.an < b.an : a.epoch.firstPlace.precedes(b.epoch.firstPlace)
    }
    return epochs.map { epochsGivenUp[$0.epoch.ordinal]?.forgotten ?? ForgottenRanges() }
  }
}
