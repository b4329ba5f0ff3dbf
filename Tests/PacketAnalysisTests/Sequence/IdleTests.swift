@testable import PacketAnalysis
import CaptureTestSupport
import Testing

/// Associations that are silent for long: what is decided then, and how they make room for others.
@Suite("The idle timeout")
struct IdleTests {
  static let seeds: ClosedRange<UInt64> = 1...150
  private static let second: Int64 = 1_000_000_000

  private func tracker(
    idleSeconds: Int64?, associations: Int = .max,
    options: TrackingOptions = TrafficSimulator.smallOptions
  ) -> SequenceTracker<NoSink> {
    var limits = AnalysisLimits.unlimited
    limits.idleNanoseconds = idleSeconds.map { $0 * Self.second }
    limits.associations = associations
    return SequenceTracker(options: options, sink: NoSink(), limits: limits)
  }

  private struct Frame {
    var channel: UInt64 = 1
    var an: UInt8 = 0
    var number: UInt32
    var seconds: Double
    var isMACsec = false
  }

  private func observe(_ frames: [Frame], by tracker: inout SequenceTracker<NoSink>) {
    for (index, frame) in frames.enumerated() {
      let key = CompactKey(
        kind: frame.isMACsec ? .macsec : .espIPv4, an: frame.an, point: 0, context: 0,
        first: frame.channel)
      let shape = FrameShape(tci: 0, addresses: (0, 0))
      tracker.observe(
        Observation(
          key: key, hash: tracker.hash(key.first, channelWord: key.channelWord),
          number: frame.number, octets: 100, isNested: false,
          time: Timestamp(nanosecondsSinceEpoch: Int64(frame.seconds * 1e9)),
          place: FramePlace(file: 0, frame: UInt64(index) + 1),
          shape: frame.number == 0 ? shape.ofZero : shape),
        ObservationDetails(
          sciSource: .explicit, vlans: VLANStack(), source: MACAddress(rawValue: 0),
          destination: MACAddress(rawValue: 0)))
      tracker.catchUp()
      let rows = tracker.rowCount
      #expect(rows <= tracker.limits.associations)
    }
  }

  private func frames(
    _ numbers: ClosedRange<UInt32>, of channel: UInt64 = 1, from seconds: Double,
    every: Double = 0.1
  ) -> [Frame] {
    numbers.map {
      Frame(
        channel: channel, number: $0, seconds: seconds + Double($0 - numbers.lowerBound) * every)
    }
  }

  /// Packets and octets of all rows, and of what has none.
  private func sums(_ tracker: borrowing SequenceTracker<NoSink>) -> (UInt64, UInt64) {
    let givenUp = tracker.givenUp
    let silent = givenUp.silent.sums
    var (packets, octets) = (
      silent.packets + givenUp.folded.sums.packets + givenUp.unfollowed.packets,
      silent.octets + givenUp.folded.sums.octets + givenUp.unfollowed.octets
    )
    for index in 0..<tracker.starts.count {
      packets += tracker.anyRecord(at: index).newest.packets
      octets += tracker.anyRecord(at: index).newest.octets
    }
    for (_, epoch) in tracker.finished {
      packets += epoch.packets
      octets += epoch.octets
    }
    return (packets, octets)
  }

  @Test("one that is longer than any silence changes nothing", arguments: seeds)
  func longTimeout(seed: UInt64) {
    var arrivals = TrafficSimulator.arrivals(seed: seed, count: 600)
    // Of seconds and more: the short path takes no such steps.
    let stretch: Int64 = [1, 1_000, 100_000][Int(seed % 3)]
    var start: Int64?
    for index in arrivals.indices {
      guard let time = arrivals[index].timeNanoseconds else { continue }
      if start == nil { start = time }
      arrivals[index].timeNanoseconds = (time - (start ?? 0)) &* stretch
    }
    var (last, longest): ([UInt8: Int64], Int64) = ([:], 1)
    for arrival in arrivals {
      guard let time = arrival.timeNanoseconds else { continue }
      if let before = last[arrival.an] { longest = max(longest, time - before) }
      last[arrival.an] = max(last[arrival.an] ?? time, time)
    }
    for isMACsec in [true, false] {
      var without = tracker(idleSeconds: nil)
      var limits = AnalysisLimits.unlimited
      limits.idleNanoseconds = longest
      var with = SequenceTracker(
        options: TrafficSimulator.smallOptions, sink: NoSink(), limits: limits)
      without.observe(arrivals, isMACsec: isMACsec)
      with.observe(arrivals, isMACsec: isMACsec)
      without.finish()
      with.finish()
      let (expected, result) = (without.channelResult(), with.channelResult())
      #expect(result == expected)
      let givenUp = with.givenUp
      #expect(givenUp.reopenings == 0)
      #expect(givenUp.isEmpty)
    }
  }

  @Test("whatever comes, every packet and every octet is counted once", arguments: seeds)
  func sums(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var numbers: [UInt64: UInt32] = [:]
    var frames: [Frame] = []
    var seconds = 0.0
    for _ in 0..<1_500 {
      let channel = UInt64.random(in: 1...30, using: &random)
      // Some are silent for long, now and then all.
      guard channel <= 5 || Int.random(in: 0..<4, using: &random) == 0 else { continue }
      seconds += [0.01, 0.01, 0.1, 1, 9, 30].randomElement(using: &random) ?? 1
      var number = numbers[channel, default: .random(in: 1...100, using: &random)] &+ 1
      switch Int.random(in: 0..<20, using: &random) {
      case 0: number &+= .random(in: 0..<20, using: &random)
      case 1: number = .random(in: 1 ... .max, using: &random)
      case 2: number = .random(in: 1..<10, using: &random)
      default: break
      }
      if number != 0, Int.random(in: 0..<3, using: &random) > 0 { numbers[channel] = number }
      frames.append(
        Frame(
          channel: channel / 2, an: UInt8(channel % 2), number: max(1, number), seconds: seconds,
          isMACsec: seed % 2 == 0))
    }
    let limit = Int.random(in: 1...12, using: &random)
    var tracker = tracker(idleSeconds: [5, 20, 60][Int(seed % 3)], associations: limit)
    observe(frames, by: &tracker)
    let held = tracker.heldFrames
    #expect(held >= 0)
    tracker.finish()
    let (packets, octets) = sums(tracker)
    #expect(packets == UInt64(frames.count))
    #expect(octets == UInt64(frames.count) * 100)
    let silent = tracker.givenUp.silent.sums
    #expect(silent.packets == silent.distinct + silent.duplicates + silent.suspects)
    #expect(silent.expected == silent.distinct + silent.lost)
  }

  @Test("an association that goes on after a silence is the same row, and its gap is known")
  func reopened() {
    var tracker = tracker(idleSeconds: 60)
    observe(
      frames(1...10, from: 0) + frames(12...20, from: 4_000) + frames(11...11, from: 9_000),
      by: &tracker)
    tracker.finish()
    let (rows, givenUp) = (tracker.rowCount, tracker.givenUp)
    #expect(rows == 1)
    #expect(givenUp.reopenings == 2)
    #expect(givenUp.isEmpty)
    let epoch = tracker.anyRecord(at: 0).newest
    #expect(epoch.numbers.distinct == 20)
    #expect(epoch.reordered == 1)
    #expect(epoch.missingCount == 0)
  }

  @Test("a silence as long as the timeout is none, a longer one is")
  func border() {
    for (seconds, reopenings) in [(60.0, 0), (60.1, 1)] as [(Double, UInt64)] {
      var tracker = tracker(idleSeconds: 60)
      observe(frames(1...1, from: 0) + frames(2...2, from: seconds), by: &tracker)
      let givenUp = tracker.givenUp
      #expect(givenUp.reopenings == reopenings)
    }
  }

  @Test("what was in doubt is decided when a silence follows")
  func doubts() {
    let traffic =
      frames(1...100, from: 0) + frames(5_000_000...5_000_001, from: 11)
      + frames(5_000_002...5_000_004, from: 500) + frames(101...200, from: 501)
    var patient = tracker(idleSeconds: nil, options: TrackingOptions())
    observe(traffic, by: &patient)
    patient.finish()
    // Five rising numbers are a jump; two and three are suspects each time.
    #expect(patient.anyRecord(at: 0).newest.suspects == 0)
    var tracker = tracker(idleSeconds: 60, options: TrackingOptions())
    observe(traffic, by: &tracker)
    tracker.finish()
    let (suspects, givenUp) = (tracker.anyRecord(at: 0).newest.suspects, tracker.givenUp)
    #expect(suspects == 5)
    #expect(givenUp.judgedBySilence == 2)
    #expect(givenUp.hastyFrames == 0)
  }

  @Test("those that were silent for longest make room, and others are followed")
  func room() {
    var tracker = tracker(idleSeconds: 60, associations: 4)
    var traffic: [Frame] = []
    for channel in 1...4 as ClosedRange<UInt64> {
      traffic += frames(1...10, of: channel, from: Double(channel))
    }
    // The second goes on; a fifth comes.
    traffic += frames(11...20, of: 2, from: 100) + frames(1...10, of: 5, from: 102)
    observe(traffic, by: &tracker)
    let keys = (0..<tracker.starts.count).map { tracker.key(at: $0).first }
    // Room for a quarter of four is one row: the first and no other.
    #expect(keys == [2, 3, 4, 5])
    var givenUp = tracker.givenUp
    #expect(givenUp.silent.count == 1)
    #expect(givenUp.silent.sums.packets == 10)
    #expect(givenUp.unfollowed.packets == 0)
    // The first comes back: another makes room for it, and it begins anew.
    observe(frames(11...15, of: 1, from: 110), by: &tracker)
    tracker.finish()
    givenUp = tracker.givenUp
    #expect(givenUp.silent.count == 2)
    #expect(tracker.key(at: 3).first == 1)
    #expect(tracker.anyRecord(at: 3).newest.numbers.distinct == 5)
    #expect(tracker.anyRecord(at: 0).newest.numbers.distinct == 20)
  }

  @Test("without a silence there is no room: further ones are counted, as without a timeout")
  func noRoom() {
    var tracker = tracker(idleSeconds: 60, associations: 2)
    let traffic = (0..<50).flatMap { round in
      (1...3 as ClosedRange<UInt64>).map {
        Frame(channel: $0, number: UInt32(round) + 1, seconds: Double(round))
      }
    }
    observe(traffic, by: &tracker)
    let givenUp = tracker.givenUp
    #expect(givenUp.silent.count == 0)
    #expect(givenUp.unfollowed.packets == 50)
  }

  @Test("an AN that is away stays as long as its channel sends")
  func channel() {
    var tracker = tracker(idleSeconds: 60, associations: 3)
    var traffic = (1...100).map { Frame(an: 0, number: $0, seconds: 0.1, isMACsec: true) }
    traffic += (1...2_000).map {
      Frame(an: 1, number: $0, seconds: 1 + Double($0), isMACsec: true)
    }
    traffic.append(Frame(channel: 2, number: 1, seconds: 2_001, isMACsec: true))
    traffic.append(Frame(channel: 3, number: 1, seconds: 2_002, isMACsec: true))
    observe(traffic, by: &tracker)
    let givenUp = tracker.givenUp
    #expect(givenUp.silent.count == 0)
    #expect(givenUp.unfollowed.packets == 1)
    // When it returns, it does so by rule 1.
    observe((1...10).map { Frame(an: 0, number: $0, seconds: 2_003, isMACsec: true) }, by: &tracker)
    tracker.finish()
    let rows = tracker.rowCount
    #expect(rows == 3 || rows == 4)
  }
}
