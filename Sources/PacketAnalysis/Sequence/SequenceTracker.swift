/// A protected header on its way into the tracker.
struct Observation: BitwiseCopyable {
  var key: CompactKey
  var hash: UInt64
  /// As on the wire: 32 bits.
  var number: UInt32
  /// On the wire.
  var octets: UInt32
  var time: Timestamp
  var place: FramePlace
  /// The TCI bits of a SecTAG; 0 for ESP and AH.
  var tci: UInt8
  /// A hash of the MAC addresses of the frame.
  var addressMix: UInt32
  /// Where it stands: the frame in its batch, and the header in its frame.
  var position: UInt8
  var header: UInt8

  /// It stood inside another protected header.
  var isNested: Bool { header > 0 }
}

/// What is looked at when an association begins, or a frame of it differs from the one before.
struct ObservationDetails: BitwiseCopyable {
  var sciSource: SCISource
  var vlans: VLANStack
  /// `nil` where the link has no MAC addresses.
  var source: MACAddress?
  var destination: MACAddress?

  init(header: Int, of frame: borrowing DecodedFrame) {
    sciSource = frame.headers[header].sciSource
    vlans = frame.headers[header].clearVLANs
    source = frame.sourceMAC
    destination = frame.destinationMAC
  }
}

/// What counting a frame touches besides its epoch.
struct Counting<Sink: ArrivalSink>: ~Copyable {
  var sink: Sink
  var ranges = MissingRangePool()
  var suspects = SuspectList()

  init(sink: Sink) { self.sink = sink }
}

/// Follows the numbers of every association by the rules of `docs/sequence-tracking.md`.
///
/// A packet in order takes the short path of `observeInOrder`: one cache line. All else goes through
/// `observeWithCare`, which settles what the short path left implicit, judges the frame, and lets a
/// `Deliberation` hold what cannot be understood yet.
struct SequenceTracker<Sink: ArrivalSink>: ~Copyable {
  let rules: SequenceRules
  private(set) var table = AssociationTable()
  private(set) var records = RecordArray<AssociationRecord>()
  private(set) var counting: Counting<Sink>
  /// Epochs that are open for stragglers, by record.
  private var older: [UInt32: EpochState] = [:]
  /// Epochs that are over, with their record.
  private(set) var finished: [(record: Int, epoch: EpochState)] = []
  private var deliberations: [UInt32: Deliberation] = [:]
  private var channels: [ChannelPresence] = []
  private(set) var moreAddresses: [UInt32: AddressSets] = [:]
  private(set) var zeros = ZeroNumbers()
  /// Epochs that began; some turn out to be none.
  private(set) var epochCount: UInt32 = 0

  init(options: TrackingOptions, sink: Sink) {
    rules = SequenceRules(options)
    counting = Counting(sink: sink)
  }

  // MARK: The short path

  /// The hash of a key; its slot is asked for, since it will soon be needed.
  @inline(__always)
  func prefetch(_ key: CompactKey) -> UInt64 {
    let hash = table.hasher.hash(key)
    table.prefetch(hash)
    return hash
  }

  /// Counts the packet if it is the next of its association and nothing about it is new; false if
  /// it must be looked at with care.
  @inline(__always)
  mutating func observeInOrder(_ observation: ObservationView) -> Bool {
    guard let slot = table.find(observation.key, hash: observation.hash) else { return false }
    let step = UInt64(
      bitPattern: observation.time.nanosecondsSinceEpoch &- slot.pointee.lastTime)
    guard slot.pointee.expected == observation.number, observation.number != 0,
      slot.pointee.state == UInt32(observation.tci),
      slot.pointee.addressMix == observation.addressMix, step <= UInt64(UInt32.max)
    else { return false }
    let step32 = UInt32(truncatingIfNeeded: step)
    slot.pointee.expected &+= 1
    slot.pointee.octets &+= UInt64(observation.octets)
    slot.pointee.lastTime = observation.time.nanosecondsSinceEpoch
    slot.pointee.highestPlace = observation.place
    if step32 < slot.pointee.minimumStep { slot.pointee.minimumStep = step32 }
    if step32 > slot.pointee.maximumStep { slot.pointee.maximumStep = step32 }
    if Sink.wantsArrivals {
      counting.sink.arrived(
        epoch: records[Int(slot.pointee.record)].newest.ordinal, time: observation.time,
        octets: observation.octets, outcome: .new)
    }
    return true
  }

  // MARK: With care

  /// Whether the association is new, or the frame's flags or addresses are not those of the frame
  /// before it.
  func needsDetails(of observation: Observation) -> Bool {
    guard let slot = table.find(observation.key, hash: observation.hash) else { return true }
    return slot.pointee.state & 0xFF != UInt32(observation.tci)
      || slot.pointee.addressMix != observation.addressMix
  }

  /// - Parameter details: wanted where `needsDetails` says so.
  @inline(never)
  mutating func observeWithCare(_ observation: Observation, details: ObservationDetails?) {
    var frame = TrackedFrame(
      number: observation.number, octets: observation.octets, time: observation.time,
      place: observation.place, isNested: observation.isNested)
    let slot: UnsafeMutablePointer<AssociationSlot>
    if let known = table.find(observation.key, hash: observation.hash) {
      slot = known
      settleSlot(slot)
    } else {
      slot = begin(observation, details)
    }
    let record = slot.pointee.record
    if let details { note(observation, details, slot) }
    frame.isReturn = presence(record, time: observation.time)
    records[Int(record)].framesSeen += 1
    consider(frame, record)
    refreshSlot(slot)
  }

  /// A frame whose SecTAG is illegal names this association. Counted only where the association is
  /// known: a tag that cannot be trusted begins none.
  mutating func countBadTag(_ key: CompactKey) {
    guard let slot = table.find(key) else { return }
    records[Int(slot.pointee.record)].newest.badTags += 1
  }

  /// Decides what is still open: the capture is over.
  mutating func finish() {
    for index in 0..<records.count {
      let record = UInt32(index)
      if index + 8 < records.count { table.prefetch(table.hasher.hash(records[index + 8].key)) }
      if let slot = table.find(records[index].key) {
        settleSlot(slot)
      }
      if records[index].isDeliberated, let deliberation = deliberations.removeValue(forKey: record)
      {
        hand(on: deliberation, record, isEnd: true)
      }
      if records[index].hasOlder { finishOlder(record) }
    }
  }

  // MARK: Slots and records

  /// Brings the record up to date with what the short path counted.
  private mutating func settleSlot(_ slot: UnsafeMutablePointer<AssociationSlot>) {
    let index = Int(slot.pointee.record)
    let settled = UInt32(truncatingIfNeeded: records[index].newest.numbers.highest) &+ 1
    let run = UInt64(slot.pointee.expected &- settled)
    guard run > 0, records[index].newest.numbers.distinct > 0 else { return }
    let time = Timestamp(nanosecondsSinceEpoch: slot.pointee.lastTime)
    records[index].frameIndex += run
    records[index].framesSeen += run
    let from = records[index].newest.numbers.highest
    records[index].newest.numbers.highest += run
    records[index].newest.numbers.distinct += run
    records[index].newest.packets += run
    records[index].newest.octets = slot.pointee.octets
    records[index].newest.highestPlace = slot.pointee.highestPlace
    records[index].newest.highestTime = time
    if records[index].newest.lastTime == .absent || time > records[index].newest.lastTime {
      records[index].newest.lastTime = time
    }
    let arrivals = records[index].newest.arrivals
    records[index].newest.arrivals.count += run
    records[index].newest.arrivals.sumNanoseconds &+= UInt64(
      bitPattern: time.nanosecondsSinceEpoch &- arrivals.last.nanosecondsSinceEpoch)
    records[index].newest.arrivals.last = time
    records[index].newest.arrivals.minimumNanoseconds = min(
      arrivals.minimumNanoseconds, UInt64(slot.pointee.minimumStep))
    records[index].newest.arrivals.maximumNanoseconds = max(
      arrivals.maximumNanoseconds, UInt64(slot.pointee.maximumStep))
    if records[index].hasOlder { closeOlderPassed(UInt32(index), from: from, run: run) }
  }

  /// Prepares the slot for the short path, or closes it where frames need care.
  private mutating func refreshSlot(_ slot: UnsafeMutablePointer<AssociationSlot>) {
    let index = Int(slot.pointee.record)
    let newest = records[index].newest
    slot.pointee.octets = newest.octets
    slot.pointee.lastTime = newest.arrivals.last.nanosecondsSinceEpoch
    slot.pointee.highestPlace = newest.highestPlace
    slot.pointee.expected = UInt32(truncatingIfNeeded: newest.numbers.highest) &+ 1
    slot.pointee.minimumStep = .max
    slot.pointee.maximumStep = 0
    let needsCare =
      newest.numbers.distinct == 0 || newest.arrivals.last == .absent
      || records[index].isAbsent || records[index].isDeliberated || isNotCurrent(index)
    slot.pointee.state =
      slot.pointee.state & 0xFF | (needsCare ? AssociationSlot.needsCare : 0)
  }

  /// A new association.
  private mutating func begin(
    _ observation: Observation, _ details: ObservationDetails?
  ) -> UnsafeMutablePointer<AssociationSlot> {
    let kind = observation.key.kind
    let isMACsec = kind == .macsec || kind == .macsecInContext
    let index = records.append(
      AssociationRecord(
        key: observation.key,
        newest: EpochState(
          ordinal: nextEpoch(), origin: .first, firstPlace: observation.place),
        isMACsec: isMACsec, sciSource: details?.sciSource ?? .explicit,
        vlans: details?.vlans ?? VLANStack(),
        sourceAddress: details?.source.map { $0.rawValue } ?? AddressSets.none,
        destinationAddress: details?.destination.map { $0.rawValue } ?? AddressSets.none))
    let slot = table.insert(observation.key, record: UInt32(index))
    if isMACsec { joinChannel(UInt32(index)) }
    return slot
  }

  /// Looks at the flags and addresses of a frame.
  private mutating func note(
    _ observation: Observation, _ details: ObservationDetails,
    _ slot: UnsafeMutablePointer<AssociationSlot>
  ) {
    slot.pointee.state =
      slot.pointee.state & ~0xFF | UInt32(observation.tci)
    slot.pointee.addressMix = observation.addressMix
    let index = Int(slot.pointee.record)
    if observation.tci & TCI.e.rawValue != 0 { records[index].sawEncrypted = true }
    if observation.tci & TCI.c.rawValue != 0 { records[index].sawChanged = true }
    if let source = details.source, records[index].sourceAddress != source.rawValue {
      moreAddresses[UInt32(index), default: AddressSets()].add(source: source)
    }
    if let destination = details.destination,
      records[index].destinationAddress != destination.rawValue
    {
      moreAddresses[UInt32(index), default: AddressSets()].add(destination: destination)
    }
  }

  private mutating func nextEpoch() -> UInt32 {
    epochCount += 1
    return epochCount - 1
  }

  // MARK: Channels

  /// Looks for other ANs of the same channel, which make rule 1 apply to it.
  private mutating func joinChannel(_ record: UInt32) {
    let key = records[Int(record)].key
    for an in 0..<4 as Range<UInt8> where an != key.an {
      let sibling = key.with(an: an)
      guard let slot = table.find(sibling) else { continue }
      var channel = records[Int(slot.pointee.record)].channel
      if channel < 0 {
        channel = Int32(channels.count)
        channels.append(ChannelPresence(current: an))
        channels[Int(channel)].records[Int(an)] = Int32(slot.pointee.record)
        records[Int(slot.pointee.record)].channel = channel
      }
      channels[Int(channel)].records[Int(key.an)] = Int32(record)
      records[Int(record)].channel = channel
      return
    }
  }

  /// Rule 1: whether the AN was away when this frame of it arrived.
  private mutating func presence(_ record: UInt32, time: Timestamp) -> Bool {
    let channel = Int(records[Int(record)].channel)
    guard channel >= 0 else { return false }
    let an = records[Int(record)].key.an
    guard channels[channel].current != an else { return false }
    let before = channels[channel].current
    var frames: InlineArray<4, UInt64> = .init(repeating: 0)
    for other in 0..<4 where channels[channel].records[other] >= 0 {
      let sibling = Int(channels[channel].records[other])
      if sibling != Int(record),
        let slot = table.find(records[sibling].key)
      {
        settleSlot(slot)
        refreshSlot(slot)
        // From now on a frame of it is a change back, which the short path must not take.
        if other == Int(before) { slot.pointee.state |= AssociationSlot.needsCare }
      }
      frames[other] = records[sibling].framesSeen
    }
    return channels[channel].change(to: an, time: time, frames: frames, rules: rules)
  }

  /// The last frame of the channel had another AN: the next one of this AN is a change.
  private func isNotCurrent(_ index: Int) -> Bool {
    let channel = Int(records[index].channel)
    return channel >= 0 && channels[channel].current != records[index].key.an
  }

  // MARK: Judging

  private mutating func consider(_ frame: TrackedFrame, _ record: UInt32) {
    if records[Int(record)].isDeliberated, let deliberation = deliberations[record] {
      deliberate(deliberation, frame, record)
      return
    }
    closeOlderIfDue(record)
    let judgement = judge(frame, record)
    if judgement.question == nil, !judgement.mayReturn {
      apply(judgement, .asSeen, frame, record)
      return
    }
    let deliberation = Deliberation(
      standing: standing(record), rules: rules, isMACsec: records[Int(record)].isMACsec)
    deliberations[record] = deliberation
    records[Int(record)].isDeliberated = true
    deliberate(deliberation, frame, record)
  }

  private mutating func deliberate(
    _ deliberation: Deliberation, _ frame: TrackedFrame, _ record: UInt32
  ) {
    let settled = standing(record)
    deliberation.add(frame, settledStanding: settled) { number, slot in
      presence(of: number, in: slot, record)
    }
    hand(on: deliberation, record, isEnd: false)
    if deliberation.isEmpty {
      deliberations[record] = nil
      records[Int(record)].isDeliberated = false
    }
  }

  /// Counts the frames of a deliberation that are open no longer.
  private mutating func hand(on deliberation: Deliberation, _ record: UInt32, isEnd: Bool) {
    while let (frame, verdict) = deliberation.nextSettled(isEnd: isEnd) {
      let epoch = records[Int(record)].newest.ordinal
      let lowest = records[Int(record)].newest.numbers.lowest
      settle(frame, verdict, record)
      // The sketch goes on from the counted epochs: tell it when they are others.
      if !isEnd,
        records[Int(record)].newest.ordinal != epoch
          || verdict == .jumps && records[Int(record)].newest.numbers.lowest > lowest
      {
        let settled = standing(record)
        deliberation.sketchAnew(from: settled)
        deliberation.judgeAll(settled) { number, slot in presence(of: number, in: slot, record) }
      }
    }
  }

  /// Counts one frame, its verdict being known.
  private mutating func settle(
    _ frame: TrackedFrame, _ verdict: Deliberation.Verdict, _ record: UInt32
  ) {
    closeOlderIfDue(record)
    switch verdict {
    case .begins(let origin): beginEpoch(frame, origin, record)
    case .joins:
      let judgement = rules.join(frame.number, standing: standing(record)) { number, slot in
        presence(of: number, in: slot, record)
      }
      apply(judgement, verdict, frame, record)
    case .asSeen, .jumps, .replayed: apply(judge(frame, record), verdict, frame, record)
    }
  }

  private func judge(_ frame: TrackedFrame, _ record: UInt32) -> Judgement {
    rules.judge(
      frame.number, isReturn: frame.isReturn, isMACsec: records[Int(record)].isMACsec,
      standing: standing(record)
    ) { number, slot in presence(of: number, in: slot, record) }
  }

  private func standing(_ record: UInt32) -> Standing {
    let index = Int(record)
    return Standing(
      frameIndex: records[index].frameIndex, newest: records[index].newest.numbers,
      older: records[index].hasOlder ? older[record]?.numbers : nil,
      olderDeadline: records[index].olderDeadline, isAbsent: records[index].isAbsent,
      anchor: records[index].anchor, highestTime: records[index].newest.highestTime)
  }

  private func presence(
    of number: UInt64, in slot: EpochSlot, _ record: UInt32
  ) -> NumberPresence {
    if slot == .newest {
      let newest = records[Int(record)].newest
      return counting.ranges.presence(of: number, within: newest.numbers, newest.missing)
    }
    guard let epoch = older[record] else { return .missing }
    return counting.ranges.presence(of: number, within: epoch.numbers, epoch.missing)
  }

  // MARK: Counting

  private mutating func apply(
    _ judgement: Judgement, _ verdict: Deliberation.Verdict, _ frame: TrackedFrame,
    _ record: UInt32
  ) {
    let index = Int(record)
    if judgement.outcome == .malformed {
      records[index].newest.badTags += 1
      records[index].isAbsent = judgement.isAbsent
      zeros.add(frame)
      return
    }
    records[index].frameIndex += 1
    records[index].isAbsent = judgement.isAbsent
    if case .farAbove(let number) = judgement.question, verdict == .jumps {
      jump(to: number, frame, record)
    } else {
      switch judgement.outcome {
      case .malformed: break
      case .suspect: suspect(frame, record)
      case .first(let number): first(number, frame, record)
      case .take(.newest, let number, let isNew):
        Self.take(
          number, isNew: isNew, isJump: false, frame, rules, into: &records[index].newest,
          &counting)
      case .take(.older, let number, let isNew):
        if var epoch = older[record] {
          Self.take(
            number, isNew: isNew, isJump: false, frame, rules, into: &epoch, &counting)
          older[record] = epoch
        }
      }
    }
    closeOlderIfReached(record)
  }

  private mutating func first(_ number: UInt64, _ frame: TrackedFrame, _ record: UInt32) {
    let index = Int(record)
    records[index].newest.numbers = NumberRange(single: number)
    records[index].newest.lowestPlace = frame.place
    records[index].newest.lowestTime = frame.time
    records[index].newest.highestPlace = frame.place
    records[index].newest.highestTime = frame.time
    records[index].newest.countFrame(frame)
    records[index].newest.arrivals.add(frame.time)
    counting.sink.arrived(
      epoch: records[index].newest.ordinal, time: frame.time, octets: frame.octets, outcome: .new)
  }

  private mutating func suspect(_ frame: TrackedFrame, _ record: UInt32) {
    let index = Int(record)
    records[index].newest.suspects += 1
    records[index].newest.countFrame(frame)
    counting.suspects.add(
      epoch: records[index].newest.ordinal, number: frame.number, place: frame.place,
      time: frame.time)
    counting.sink.arrived(
      epoch: records[index].newest.ordinal, time: frame.time, octets: frame.octets,
      outcome: .suspect)
  }

  /// A confirmed jump (rule 4).
  private mutating func jump(to number: UInt64, _ frame: TrackedFrame, _ record: UInt32) {
    let index = Int(record)
    records[index].anchor = number
    guard records[index].newest.numbers.distinct == 1 else {
      Self.take(
        number, isNew: true, isJump: true, frame, rules, into: &records[index].newest, &counting)
      return
    }
    let epoch = records[index].newest
    suspectSingle(of: epoch)
    records[index].newest.dissolve()
    counting.sink.dissolved(epoch: epoch.ordinal, into: epoch.ordinal)
    first(number, frame, record)
  }

  /// A frame that rule 3 takes, or a jump.
  private static func take(
    _ number: UInt64, isNew: Bool, isJump: Bool, _ frame: TrackedFrame, _ rules: SequenceRules,
    into epoch: inout EpochState, _ counting: inout Counting<Sink>
  ) {
    epoch.countFrame(frame)
    epoch.arrivals.add(frame.time)
    guard isNew else {
      epoch.duplicates += 1
      if epoch.numbers.distinct == 1 {
        counting.suspects.addCopy(
          SuspectList.Suspect(
            epoch: epoch.ordinal, number: frame.number, place: frame.place, time: frame.time))
      }
      counting.sink.arrived(
        epoch: epoch.ordinal, time: frame.time, octets: frame.octets, outcome: .duplicate)
      return
    }
    if epoch.numbers.distinct == 1, epoch.duplicates > 0 {
      counting.suspects.forgetCopies(of: epoch.ordinal)
    }
    let isReordered = number < epoch.numbers.highest
    if isReordered { epoch.reordered += 1 }
    counting.sink.arrived(
      epoch: epoch.ordinal, time: frame.time, octets: frame.octets,
      outcome: isReordered ? .reordered : .new)
    if number > epoch.numbers.highest {
      let missing = number - epoch.numbers.highest - 1
      let isSkipped =
        isJump
        && rules.isSkip(missing: missing, before: epoch.highestTime, after: frame.time)
      reveal(
        MissingRange(
          first: epoch.numbers.highest + 1, last: number &- 1, beforePlace: epoch.highestPlace,
          beforeTime: epoch.highestTime, afterPlace: frame.place, afterTime: frame.time,
          revealedTime: frame.time, isSkipped: isSkipped), &epoch, &counting)
      epoch.highestPlace = frame.place
      epoch.highestTime = frame.time
    } else if number < epoch.numbers.lowest {
      reveal(
        MissingRange(
          first: number + 1, last: epoch.numbers.lowest &- 1, beforePlace: frame.place,
          beforeTime: frame.time, afterPlace: epoch.lowestPlace, afterTime: epoch.lowestTime,
          revealedTime: frame.time), &epoch, &counting)
      epoch.lowestPlace = frame.place
      epoch.lowestTime = frame.time
    } else if let healed = counting.ranges.heal(
      number, place: frame.place, time: frame.time, in: &epoch.missing)
    {
      epoch.missingCount = epoch.missingCount &- 1 &+ UInt32(healed.remaining)
      if healed.range.isSkipped { epoch.skipped -= 1 }
      counting.sink.healed(
        epoch: epoch.ordinal, time: healed.range.revealedTime, isSkipped: healed.range.isSkipped)
    }
    epoch.numbers.insert(number)
  }

  private static func reveal(
    _ range: MissingRange, _ epoch: inout EpochState, _ counting: inout Counting<Sink>
  ) {
    guard range.first <= range.last else { return }
    let count = range.last - range.first + 1
    if range.isSkipped { epoch.skipped += count }
    epoch.missingCount += 1
    counting.ranges.insert(
      range, isHighest: range.first > epoch.numbers.highest, into: &epoch.missing)
    counting.sink.revealed(
      epoch: epoch.ordinal, time: range.revealedTime, count: count, isSkipped: range.isSkipped)
  }

  // MARK: Epochs

  private mutating func beginEpoch(
    _ frame: TrackedFrame, _ origin: EpochOrigin, _ record: UInt32
  ) {
    let index = Int(record)
    if records[index].hasOlder { finishOlder(record) }
    records[index].frameIndex += 1
    older[record] = records[index].newest
    records[index].hasOlder = true
    records[index].olderDeadline = records[index].frameIndex + rules.window
    records[index].newest = EpochState(
      ordinal: nextEpoch(), origin: origin, firstPlace: frame.place)
    records[index].isAbsent = false
    records[index].anchor = SequenceRules.begin(frame.number)
    first(SequenceRules.begin(frame.number), frame, record)
    closeOlderIfReached(record)
  }

  private mutating func closeOlderIfDue(_ record: UInt32) {
    let index = Int(record)
    if records[index].hasOlder, records[index].frameIndex + 1 > records[index].olderDeadline {
      finishOlder(record)
    }
  }

  private mutating func closeOlderIfReached(_ record: UInt32) {
    let index = Int(record)
    guard records[index].hasOlder, let epoch = older[record] else { return }
    if rules.closesOlder(epoch.numbers.highest, newest: records[index].newest.numbers.highest) {
      finishOlder(record)
    }
  }

  /// Closes the older epoch where the short path, `run` packets in order, came near its highest.
  private mutating func closeOlderPassed(_ record: UInt32, from: UInt64, run: UInt64) {
    guard let epoch = older[record] else { return }
    if rules.closesOlder(epoch.numbers.highest, newest: from, run: run) { finishOlder(record) }
  }

  private mutating func finishOlder(_ record: UInt32) {
    guard var epoch = older.removeValue(forKey: record) else { return }
    let index = Int(record)
    records[index].hasOlder = false
    let neverBegan =
      epoch.numbers.distinct == 0
      || epoch.numbers.distinct == 1 && records[index].newest.origin == .farBelow
    guard neverBegan else {
      finished.append((index, epoch))
      return
    }
    if epoch.numbers.distinct == 1 { suspectSingle(of: epoch) }
    epoch.dissolve()
    records[index].newest.absorb(epoch)
    counting.suspects.inherit(epoch: epoch.ordinal, by: records[index].newest.ordinal)
    counting.sink.dissolved(epoch: epoch.ordinal, into: records[index].newest.ordinal)
  }

  private mutating func suspectSingle(of epoch: EpochState) {
    counting.suspects.add(
      epoch: epoch.ordinal, number: UInt32(truncatingIfNeeded: epoch.numbers.lowest),
      place: epoch.lowestPlace, time: epoch.lowestTime)
    counting.suspects.addCopies(of: epoch.ordinal)
  }
}
