/// Follows the numbers of every association by the rules of `docs/sequence-tracking.md`.
///
/// A packet in order takes the short path of `observeInOrder`: one cache line. All else goes through
/// `observeWithCare`, which settles what the short path left implicit, judges the frame, and lets a
/// `Deliberation` hold what cannot be understood yet.
struct SequenceTracker<Sink: ArrivalSink>: ~Copyable {
  let rules: SequenceRules
  let limits: AnalysisLimits
  var table: AssociationTable
  var records: RecordArray<AssociationRecord>
  var counting: Counting<Sink>
  /// See `catchUp`.
  var foundGaps = RecordArray<FoundGap>()
  /// Epochs that are open for stragglers, by record.
  var older: [UInt32: EpochState] = [:]
  /// Epochs that are over, with their record.
  var finished: [(record: Int, epoch: EpochState)] = []
  var deliberations: [UInt32: Deliberation] = [:]
  var channels: [ChannelPresence] = []
  var moreAddresses: [UInt32: AddressSets] = [:]
  var zeros = ZeroNumbers()
  var earlyBadTags = EarlyBadTags()
  /// Frames in all deliberations, and what these cost besides: see `AnalysisLimits.heldFrames`.
  var heldFrames = 0
  var givenUp = GivenUp()
  /// Its part in single epochs, by ordinal.
  var epochsGivenUp: [UInt32: EpochGivenUp] = [:]
  /// Epochs that were counted together with others, by record.
  var foldedCounts: [UInt32: UInt32] = [:]
  /// Epochs that were counted together with others before all that are kept, by record.
  var epochsBefore: [UInt32: UInt32] = [:]
  /// Before this time nobody looks for room again.
  var nextRoom = Int64.min
  /// Epochs that began; some turn out to be none.
  var epochCount: UInt32 = 0
  /// `nil` where frames are observed from the beginning of a run.
  var partNotes: PartNotes?

  /// - Parameter isPart: observes a later part of a file, to be added to the part before.
  init(
    options: TrackingOptions, sink: Sink, limits: AnalysisLimits = .unlimited, isPart: Bool = false
  ) {
    rules = SequenceRules(options)
    self.limits = limits
    table = AssociationTable()
    records = RecordArray()
    counting = Counting(sink: sink, rules: rules, copyLimit: limits.copies)
    partNotes = isPart ? PartNotes() : nil
  }

  /// What `other` knows, to be finished while `other` goes on. It must have caught up.
  init(copying other: borrowing SequenceTracker) {
    precondition(other.foundGaps.count == 0, "what was observed last is not complete")
    (rules, limits) = (other.rules, other.limits)
    table = AssociationTable(copying: other.table)
    records = RecordArray(copying: other.records)
    counting = Counting(copying: other.counting)
    (older, finished) = (other.older, other.finished)
    deliberations = other.deliberations.mapValues { Deliberation(copying: $0) }
    (channels, moreAddresses) = (other.channels, other.moreAddresses)
    (zeros, earlyBadTags) = (other.zeros, other.earlyBadTags)
    (heldFrames, givenUp) = (other.heldFrames, other.givenUp)
    (epochsGivenUp, foldedCounts) = (other.epochsGivenUp, other.foldedCounts)
    (epochsBefore, nextRoom) = (other.epochsBefore, other.nextRoom)
    (epochCount, partNotes) = (other.epochCount, other.partNotes)
  }

  // MARK: The short path

  @inline(__always)
  func hash(_ word: UInt64, channelWord: UInt64) -> UInt32 {
    table.hasher.hash(word, channelWord: channelWord)
  }

  /// Asks for a slot that will soon be needed, and returns a hash that leads to it at once.
  @inline(__always)
  func prefetch(_ hash: UInt32, an: UInt8) -> UInt32 {
    let located = table.located(hash, an: an)
    table.prefetch(located)
    return located
  }

  @inline(__always)
  mutating func observeInOrder(
    _ key: CompactKey, hash: UInt32, number: UInt32, octets: UInt32, time: Timestamp,
    place: @autoclosure () -> FramePlace, shape: @autoclosure () -> FrameShape
  ) -> Bool {
    guard let slot = table.find(key, located: hash),
      slot.pointee.takeInOrder(
        number: number, octets: octets, time: time, place: place(), shape: shape())
    else { return false }
    if Sink.wantsArrivals {
      counting.sink.arrived(
        epoch: records[Int(slot.pointee.record)].newest.ordinal, time: time, octets: octets,
        outcome: .new)
    }
    return true
  }

  /// Observes any packet.
  mutating func observe(_ observation: Observation, _ details: ObservationDetails) {
    if isInOrder(observation) || observeGap(observation) { return }
    observeWithCare(observation, details)
  }

  private mutating func isInOrder(_ observation: Observation) -> Bool {
    guard let slot = table.find(observation.key, hash: observation.hash),
      slot.pointee.takeInOrder(observation)
    else { return false }
    if Sink.wantsArrivals {
      counting.sink.arrived(
        epoch: records[Int(slot.pointee.record)].newest.ordinal, time: observation.time,
        octets: observation.octets, outcome: .new)
    }
    return true
  }

  /// The same for one packet before which numbers are missing, as rule 3 takes it.
  private mutating func observeGap(_ observation: Observation) -> Bool {
    guard let slot = table.find(observation.key, hash: observation.hash) else { return false }
    let step = slot.pointee.step(to: observation.time)
    let expected = slot.pointee.expected
    // Not across the wrap: settling counts the numbers since the last time in 32 bits.
    guard observation.number > expected, expected != 0,
      UInt64(observation.number &- expected) < rules.horizon,
      slot.pointee.shape == observation.shape, step <= UInt64(UInt32.max)
    else { return false }
    records.prefetch(Int(slot.pointee.record))
    note(
      FoundGap(
        record: slot.pointee.record, firstMissing: expected,
        missing: observation.number &- expected, octets: observation.octets,
        beforePlace: slot.pointee.highestPlace,
        lastTime: Timestamp(nanosecondsSinceEpoch: slot.pointee.lastTime),
        afterPlace: observation.place, afterTime: observation.time))
    slot.pointee.take(observation, step: UInt32(truncatingIfNeeded: step))
    return true
  }

  // MARK: With care

  @inline(never)
  mutating func observeWithCare(_ observation: Observation, _ details: ObservationDetails) {
    catchUp()
    guard let slot = table.find(observation.key, hash: observation.hash) else {
      begin(observation, details)
      return
    }
    settleSlot(slot)
    closeIfSilent(slot, until: observation.time)
    if slot.pointee.shape.ofAny != observation.shape.ofAny { note(observation, details, slot) }
    consider(observation, slot)
  }

  mutating func consider(
    _ observation: Observation, _ slot: UnsafeMutablePointer<AssociationSlot>
  ) {
    var frame = TrackedFrame(observation)
    let record = slot.pointee.record
    frame.isReturn = presence(record, time: observation.time)
    if records[Int(record)].framesSeen == 0 {
      records[Int(record)].newest.firstPlace = observation.place
    }
    records[Int(record)].framesSeen += 1
    consider(frame, record)
    refreshSlot(slot)
  }

  /// A frame whose SecTAG is illegal names this association. A tag that cannot be trusted begins
  /// none: it counts once the association is there.
  mutating func countBadTag(_ key: CompactKey) { countBadTags(key, times: 1) }

  mutating func countBadTags(_ key: CompactKey, times: UInt64) {
    guard let slot = table.find(key) else {
      earlyBadTags.count(key, times: times)
      return
    }
    records[Int(slot.pointee.record)].newest.badTags += times
  }

  /// Decides what is still open: the capture is over.
  mutating func finish() {
    catchUp()
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
  mutating func settleSlot(_ slot: UnsafeMutablePointer<AssociationSlot>) {
    let index = Int(slot.pointee.record)
    let settled = UInt32(truncatingIfNeeded: records[index].newest.numbers.highest) &+ 1
    let run = UInt64(slot.pointee.expected &- settled)
    guard run > 0, records[index].newest.numbers.distinct > 0 else { return }
    let time = Timestamp(nanosecondsSinceEpoch: slot.pointee.lastTime)
    let packets = run - records[index].newest.unsettledMissing
    records[index].newest.unsettledMissing = 0
    records[index].frameIndex += packets
    records[index].framesSeen += packets
    records[index].newest.numbers.highest += run
    records[index].newest.numbers.distinct += packets
    records[index].newest.octets = slot.pointee.octets
    records[index].newest.highestPlace = slot.pointee.highestPlace
    records[index].newest.highestTime = time
    if records[index].newest.lastTime == .absent || time > records[index].newest.lastTime {
      records[index].newest.lastTime = time
    }
    let arrivals = records[index].newest.arrivals
    records[index].newest.arrivals.count += packets
    records[index].newest.arrivals.sumNanoseconds &+= UInt64(
      bitPattern: time.nanosecondsSinceEpoch &- arrivals.last.nanosecondsSinceEpoch)
    records[index].newest.arrivals.last = time
    records[index].newest.arrivals.minimumNanoseconds = min(
      arrivals.minimumNanoseconds, UInt64(slot.pointee.minimumStep))
    records[index].newest.arrivals.maximumNanoseconds = max(
      arrivals.maximumNanoseconds, UInt64(slot.pointee.maximumStep))
  }

  /// Prepares the slot for the short path, or closes it where frames need care.
  mutating func refreshSlot(_ slot: UnsafeMutablePointer<AssociationSlot>) {
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
      || records[index].isAbsent || records[index].isDeliberated || records[index].hasOlder
      || isNotCurrent(index)
    slot.pointee.shape.needsCare = needsCare
  }

  /// The first frame of an association.
  mutating func begin(_ observation: Observation, _ details: ObservationDetails) {
    guard rowCount < limits.associations || makeRoom(at: observation.time) else {
      return givenUp.unfollowed.add(octets: observation.octets)
    }
    let kind = observation.key.kind
    let isMACsec = kind == .macsec || kind == .macsecInContext
    let isFirst = observation.number != 0
    let frame = TrackedFrame(observation)
    let index = records.append(
      AssociationRecord(
        newest: isFirst
          ? EpochState(
            SequenceRules.begin(frame.number), of: frame, ordinal: nextEpoch(), origin: .first)
          : EpochState(ordinal: nextEpoch(), origin: .first, firstPlace: frame.place),
        key: observation.key, isMACsec: isMACsec, sciSource: details.sciSource,
        vlans: details.vlans, sourceAddress: details.source?.rawValue ?? AddressSets.none,
        destinationAddress: details.destination?.rawValue ?? AddressSets.none))
    // Before it has a slot: all others of its channel stand before the empty one.
    if isMACsec { joinChannel(UInt32(index), hash: observation.hash) }
    let slot = table.insert(observation.key, hash: observation.hash, record: UInt32(index))
    if !earlyBadTags.isEmpty {
      records[index].newest.badTags = earlyBadTags.take(observation.key)
    }
    note(observation, details, slot)
    guard isFirst else { return consider(observation, slot) }
    records[index].anchor = records[index].newest.numbers.lowest
    records[index].frameIndex = 1
    _ = presence(UInt32(index), time: frame.time)
    records[index].framesSeen = 1
    counting.sink.arrived(
      epoch: records[index].newest.ordinal, time: frame.time, octets: frame.octets, outcome: .new)
    refreshSlot(slot)
  }

  /// Looks at the flags and addresses of a frame.
  mutating func note(
    _ observation: Observation, _ details: ObservationDetails,
    _ slot: UnsafeMutablePointer<AssociationSlot>
  ) {
    let needsCare = slot.pointee.shape.needsCare
    slot.pointee.shape = observation.shape.ofAny
    slot.pointee.shape.needsCare = needsCare
    let index = Int(slot.pointee.record)
    if observation.shape.tci & TCI.e.rawValue != 0 { records[index].sawEncrypted = true }
    if observation.shape.tci & TCI.c.rawValue != 0 { records[index].sawChanged = true }
    if let source = details.source, records[index].sourceAddress != source.rawValue {
      moreAddresses[UInt32(index), default: AddressSets()].add(source: source)
    }
    if let destination = details.destination,
      records[index].destinationAddress != destination.rawValue
    {
      moreAddresses[UInt32(index), default: AddressSets()].add(destination: destination)
    }
  }

  mutating func nextEpoch() -> UInt32 {
    epochCount += 1
    return epochCount - 1
  }
}
