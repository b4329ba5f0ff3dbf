import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// Associations of which each packet was simply the next have no record.
@Suite("Unbroken associations")
struct UnbrokenTests {
  private typealias Tracker = SequenceTracker<NoSink>

  private func observation(
    _ number: UInt32, sci: UInt64 = 7, an: UInt8 = 0, frame: UInt64, milliseconds: Int64? = nil,
    tci: UInt8 = 0x2C
  ) -> Observation {
    let key = CompactKey(kind: .macsec, an: an, point: 0, context: 0, first: sci)
    let shape = FrameShape(tci: tci, addresses: (1, 2))
    return Observation(
      key: key, hash: 0, number: number, octets: 100 + number % 7, isNested: false,
      time: Timestamp(nanosecondsSinceEpoch: (milliseconds ?? Int64(frame)) * 1_000_000),
      place: FramePlace(file: 0, frame: frame), shape: number == 0 ? shape.ofZero : shape)
  }

  private let usualDetails = ObservationDetails(
    sciSource: .explicit, vlans: VLANStack(), source: MACAddress(rawValue: 1),
    destination: MACAddress(rawValue: 2))

  private func observe(
    _ observations: [Observation], _ details: ObservationDetails? = nil,
    by tracker: inout Tracker
  ) {
    for var observation in observations {
      observation.hash = tracker.hash(
        observation.key.first, channelWord: observation.key.channelWord)
      tracker.observe(observation, details ?? usualDetails)
    }
    tracker.catchUp()
  }

  private func tracker(isPart: Bool = false) -> Tracker {
    Tracker(options: TrackingOptions(), sink: NoSink(), isPart: isPart)
  }

  /// Of 1,000 senders, one packet after the other.
  private func rounds(_ numbers: ClosedRange<UInt32>, from frame: UInt64 = 1) -> [Observation] {
    var (all, frame) = ([Observation](), frame)
    for number in numbers {
      for sci in 1...1_000 as ClosedRange<UInt64> {
        all.append(observation(number + UInt32(sci), sci: sci, frame: frame))
        frame += 1
      }
    }
    return all
  }

  @Test("take 48 octets besides their slot, which is a cache line; a record takes four")
  func size() {
    #expect(MemoryLayout<AssociationStart>.stride == 48)
    #expect(MemoryLayout<AssociationSlot>.stride == 64)
    #expect(MemoryLayout<AssociationRecord>.stride == 256)
  }

  @Test("have no record, neither on the way nor at the end")
  func noRecords() {
    var tracker = tracker()
    observe(rounds(1...20), by: &tracker)
    let snapshot = Tracker(copying: tracker)
    tracker.finish()
    let counts = (tracker.starts.count, tracker.records.count, snapshot.records.count)
    #expect(counts == (1_000, 0, 0))
    let record = tracker.anyRecord(at: 4)
    #expect(
      record.newest.numbers
        == NumberRange(
          lowest: SequenceRules.begin(6), highest: SequenceRules.begin(25), distinct: 20))
    #expect(record.newest.arrivals.count == 19)
    #expect(record.newest.arrivals.sumNanoseconds == 19_000_000_000)
    #expect((record.framesSeen, record.frameIndex) == (20, 20))
  }

  @Test(
    "become what they would have been with a record from the beginning",
    arguments: [true, false])
  func unfolding(isMACsec: Bool) {
    let options = TrafficSimulator.smallOptions
    for seed in 1...300 as ClosedRange<UInt64> {
      var arrivals = TrafficSimulator.arrivals(seed: seed, count: 120, options: options)
      if !isMACsec { for index in arrivals.indices { arrivals[index].an = 0 } }
      var lazy = Tracker(options: options, sink: NoSink())
      var eager = Tracker(options: options, sink: NoSink())
      for arrival in arrivals {
        lazy.observe(CollectionOfOne(arrival), isMACsec: isMACsec)
        eager.observe(CollectionOfOne(arrival), isMACsec: isMACsec)
        for index in 0..<eager.starts.count { _ = eager.record(at: AssociationPlace(start: index)) }
      }
      lazy.finish()
      eager.finish()
      let (result, expected) = (lazy.channelResult(), eager.channelResult())
      #expect(result == expected, "seed \(seed)")
    }
  }

  @Test("get their record with the first packet that is not simply the next")
  func firstOther() {
    func records(_ others: [Observation], _ details: ObservationDetails? = nil) -> Int {
      var tracker = tracker()
      observe((1...9).map { observation(UInt32($0), frame: $0) }, details, by: &tracker)
      observe(others, by: &tracker)
      return tracker.records.count
    }
    #expect(records([observation(10, frame: 10)]) == 0)
    #expect(records([observation(11, frame: 10)]) == 1)
    #expect(records([observation(9, frame: 10)]) == 1)
    #expect(records([observation(10, frame: 10, milliseconds: 8)]) == 1)
    #expect(records([observation(10, frame: 10, milliseconds: 5_000)]) == 0)
    #expect(records([observation(10, frame: 10, tci: 0x20)]) == 1)
    #expect(records([observation(0, frame: 10)]) == 1)
    // Rule 1 looks at both.
    #expect(records([observation(1, an: 1, frame: 10)]) == 2)
    // A start has no room for two tags.
    var details = usualDetails
    details.vlans.append(5)
    #expect(records([], details) == 0)
    details.vlans.append(6)
    #expect(records([], details) == 1)
  }

  @Test("of which a gap is found twice before their record is there get one")
  func gapsInARow() {
    var tracker = tracker()
    observe(
      [1, 2, 5, 6, 9, 10].enumerated().map { observation($1, frame: UInt64($0 + 1)) }, by: &tracker)
    tracker.finish()
    let records = tracker.records.count
    let epoch = tracker.records[0].newest
    #expect(records == 1)
    #expect(epoch.missingCount == 2)
    #expect(epoch.numbers.distinct == 6)
    #expect(epoch.highestPlace == FramePlace(file: 0, frame: 6))
  }

  @Test("know again all that they began with")
  func allDetails() {
    for sciSource in [.explicit, .endStation, .singleCopyBroadcast, .implicit] as [SCISource] {
      for tci in [0x20, 0x24, 0x28, 0x2C] as [UInt8] {
        for address in [nil, MACAddress(rawValue: 0), MACAddress(rawValue: 0xFFFF_FFFF_FFFF)] {
          for identifier in [nil, 0, 4_095] as [UInt16?] {
            var vlans = VLANStack()
            if let identifier { vlans.append(identifier) }
            let other = address.map { MACAddress(rawValue: ~$0.rawValue) }
            let start = AssociationStart(
              observation(5, frame: 9, tci: tci),
              ObservationDetails(
                sciSource: sciSource, vlans: vlans, source: address, destination: other),
              ordinal: 3)
            let record = AssociationRecord(start, at: 8)
            #expect(start.sciSource == sciSource && record.vlans == vlans)
            #expect(record.sawEncrypted == (tci & 8 != 0) && record.sawChanged == (tci & 4 != 0))
            #expect(start.sourceAddress == address?.rawValue ?? AddressSets.none)
            #expect(start.destinationAddress == other?.rawValue ?? AddressSets.none)
            #expect(record.newest.ordinal == 3 && record.start == 8)
          }
        }
      }
    }
  }

  /// Few numbers are missing, and times between packets are of all lengths.
  private func hesitant(seed: UInt64) -> [Arrival] {
    var random = SplitMix64(seed: seed)
    let largest = Int64(UInt32.max)
    let steps =
      [
        [0, 5, 1_000_000, largest - 1], [largest, largest + 1, 3_600_000_000_000],
        [7, largest, 10_000_000_000], [.min, 1, 10_000_000_000],
      ][Int(seed % 4)] as [Int64]
    var (arrivals, time, number) = ([Arrival](), Int64(1_000_000_000), UInt32(1))
    for frame in 1...12 as ClosedRange<UInt64> {
      arrivals.append(
        Arrival(
          number: number, timeNanoseconds: time == .min ? nil : time, frame: frame,
          octets: UInt32(64 + frame)))
      number += Int.random(in: 0..<15, using: &random) == 0 ? 3 : 1
      let step = steps.randomElement(using: &random) ?? 0
      time = step == .min ? .min : max(time, 0) + step
    }
    return arrivals
  }

  @Test("keep the times between their packets, however long")
  func pauses() {
    var unbroken = 0
    for seed in 1...2_000 as ClosedRange<UInt64> {
      let options = TrackingOptions()
      var lazy = Tracker(options: options, sink: NoSink())
      var eager = Tracker(options: options, sink: NoSink())
      for arrival in hesitant(seed: seed) {
        lazy.observe(CollectionOfOne(arrival), isMACsec: true)
        eager.observe(CollectionOfOne(arrival), isMACsec: true)
        _ = eager.record(at: AssociationPlace(start: 0))
      }
      if lazy.pauses.count > 0, lazy.records.count == 0 { unbroken += 1 }
      lazy.finish()
      eager.finish()
      let (result, expected) = (lazy.channelResult(), eager.channelResult())
      #expect(result == expected, "seed \(seed)")
      #expect(result == RuleModel.judge(hesitant(seed: seed), isMACsec: true, options: options))
    }
    #expect(unbroken > 200)
  }

  @Test("count in their rows what they would have counted with a record")
  func rows() {
    var run = RunDescription()
    run.points = ["tap"]
    var unbroken = 0
    for seed in 1...1_000 as ClosedRange<UInt64> {
      var lazy = Tracker(options: TrackingOptions(), sink: NoSink())
      var eager = Tracker(options: TrackingOptions(), sink: NoSink())
      for arrival in hesitant(seed: seed) {
        lazy.observe(CollectionOfOne(arrival), isMACsec: false)
        eager.observe(CollectionOfOne(arrival), isMACsec: false)
        _ = eager.record(at: AssociationPlace(start: 0))
      }
      if lazy.records.count == 0 { unbroken += 1 }
      let report = ReportBuilder(tracker: lazy).finish(run)
      let expected = ReportBuilder(tracker: eager).finish(run)
      #expect(report.associations.map(\.counts) == expected.associations.map(\.counts))
    }
    #expect(unbroken > 100)
  }

  @Test("are joined as if one tracker had observed all of both parts, wherever they are cut")
  func hesitantParts() {
    for seed in 1...600 as ClosedRange<UInt64> {
      let arrivals = hesitant(seed: seed)
      let options = TrackingOptions()
      for cut in 0...arrivals.count {
        var whole = Tracker(options: options, sink: NoSink())
        var earlier = Tracker(options: options, sink: NoSink())
        var later = Tracker(options: options, sink: NoSink(), isPart: true)
        whole.observe(arrivals, isMACsec: true)
        earlier.observe(arrivals[..<cut], isMACsec: true)
        later.observe(
          arrivals[cut...].map {
            var arrival = $0
            arrival.frame -= UInt64(cut)
            return arrival
          }, isMACsec: true)
        later.settle()
        let again = earlier.goOn(
          with: later, translation: KeyTranslation(contextNumbers: []), doubtful: [],
          framesBefore: UInt64(cut))
        guard again.isEmpty else { continue }
        whole.finish()
        earlier.finish()
        let (result, expected) = (earlier.channelResult(), whole.channelResult())
        #expect(result == expected, "seed \(seed), cut \(cut)")
      }
    }
  }

  @Test("of two parts of a file are joined without a record where the later one goes on")
  func parts() {
    var whole = tracker()
    var earlier = tracker()
    var later = tracker(isPart: true)
    observe(rounds(1...10), by: &earlier)
    // A part numbers its frames from 1 on. A sender is new in it, one misses a packet.
    let others = [
      observation(1, sci: 5_000, frame: 11_001), observation(14, sci: 1, frame: 11_002),
    ]
    let second = rounds(11...11, from: 10_001) + others
    observe(second.map(moved), by: &later)
    observe(rounds(1...10) + second, by: &whole)
    later.settle()
    let again = earlier.goOn(
      with: later, translation: KeyTranslation(contextNumbers: []), doubtful: [],
      framesBefore: 10_000)
    #expect(again.isEmpty)
    earlier.finish()
    whole.finish()
    let counts = (earlier.starts.count, earlier.records.count, whole.records.count)
    #expect(counts == (1_001, 1, 1))
    for index in 0..<earlier.starts.count {
      let (joined, expected) = (
        earlier.anyRecord(at: index).newest, whole.anyRecord(at: index).newest
      )
      #expect(joined.numbers == expected.numbers && joined.octets == expected.octets)
      #expect(joined.missingCount == expected.missingCount)
      #expect(joined.firstPlace == expected.firstPlace)
      #expect(joined.highestPlace == expected.highestPlace)
      #expect(joined.lastTime == expected.lastTime)
      #expect(joined.arrivals.interArrival == expected.arrivals.interArrival)
    }
  }

  @Test("of two parts of a file keep no missing ranges of what is observed again")
  func rangesOfRepeatedChannels() {
    var earlier = tracker()
    var later = tracker(isPart: true)
    observe((1...3).map { observation(1, sci: $0, frame: $0) }, by: &earlier)
    // The first one of them is said to be doubtful, the second one is: its AN changes.
    let second: [Observation] =
      (1...3).map { observation(10, sci: $0, frame: 10_010 + $0) }
      + (1...3).map { observation(20, sci: $0, frame: 10_020 + $0) }
      + [observation(1, sci: 2, an: 1, frame: 10_030)]
    observe(second.map(moved), by: &later)
    later.settle()
    let translation = KeyTranslation(contextNumbers: [])
    let doubtful = CompactKey(kind: .macsec, an: 0, point: 0, context: 0, first: 1)
    let again = earlier.goOn(
      with: later, translation: translation,
      doubtful: earlier.doubtfulChannels(of: later, translation: translation).channels
        .union([doubtful]), framesBefore: 10_000)
    #expect(again.map(\.first).sorted() == [1, 2])
    // Of the third one: before 10, and before 20.
    #expect(earlier.counting.ranges.count == 2)
    #expect(earlier.anyRecord(at: 2).newest.missingCount == 2)
  }

  private func moved(_ observation: Observation) -> Observation {
    var moved = observation
    moved.place = FramePlace(file: 0, frame: observation.place.frame - 10_000)
    return moved
  }
}
