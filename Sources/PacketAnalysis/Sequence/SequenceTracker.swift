/// Follows the numbers of every association by the rules of `docs/sequence-tracking.md`.
///
/// A packet in order takes the short path of `observeInOrder`: one cache line. All else goes through
/// `observeWithCare`, which settles what the short path left implicit, judges the frame, and lets a
/// `Deliberation` hold what cannot be understood yet.
struct SequenceTracker<Sink: ArrivalSink>: ~Copyable {
  let rules: SequenceRules
  let limits: AnalysisLimits
  var table: AssociationTable
  /// Of all associations, in the order of their first frames: each at the index of its slot.
  var starts: RecordArray<AssociationStart>
  /// Of unbroken associations that paused.
  var pauses = RecordArray<Pauses>()
  /// Of those that are not unbroken, in the order in which they got one.
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
    starts = RecordArray()
    records = RecordArray()
    counting = Counting(sink: sink, rules: rules, copyLimit: limits.copies)
    partNotes = isPart ? PartNotes() : nil
  }

  /// What `other` knows, to be finished while `other` goes on. It must have caught up.
  init(copying other: borrowing SequenceTracker) {
    precondition(other.foundGaps.count == 0, "what was observed last is not complete")
    (rules, limits) = (other.rules, other.limits)
    table = AssociationTable(copying: other.table)
    starts = RecordArray(copying: other.starts)
    pauses = RecordArray(copying: other.pauses)
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
  mutating func observeInOrder(
    _ key: CompactKey, hint: UInt64, number: UInt32, octets: UInt32, time: Timestamp,
    place: @autoclosure () -> FramePlace, shape: @autoclosure () -> FrameShape
  ) -> Bool {
    guard let slot = table.find(key, located: hint),
      slot.pointee.takeInOrder(
        number: number, octets: octets, time: time, place: place(), shape: shape())
    else { return false }
    noteInOrder(slot.pointee.place, time: time, octets: octets)
    return true
  }

  /// Observes any packet.
  mutating func observe(_ observation: Observation, _ details: ObservationDetails, hint: UInt64) {
    guard
      let slot = table.find(observation.key, located: hint)
        ?? table.find(observation.key, hash: observation.hash)
    else {
      catchUp()
      return begin(observation, details)
    }
    if slot.pointee.takeInOrder(observation) {
      return noteInOrder(slot.pointee.place, time: observation.time, octets: observation.octets)
    }
    if !observeGap(observation, slot) { observeWithCare(observation, details, slot) }
  }

  @inline(__always)
  private mutating func noteInOrder(_ place: AssociationPlace, time: Timestamp, octets: UInt32) {
    guard Sink.wantsArrivals else { return }
    counting.sink.arrived(
      epoch: newestOrdinal(place), time: time, octets: octets, outcome: .new)
  }

  /// The same for one packet before which numbers are missing, as rule 3 takes it.
  private mutating func observeGap(
    _ observation: Observation, _ slot: UnsafeMutablePointer<AssociationSlot>
  ) -> Bool {
    let step = slot.pointee.step(to: observation.time)
    let expected = slot.pointee.expected
    // Not across the wrap: settling counts the numbers since the last time in 32 bits.
    guard observation.number > expected, expected != 0,
      UInt64(observation.number &- expected) < rules.horizon,
      slot.pointee.shape == observation.shape, step <= UInt64(UInt32.max)
    else { return false }
    // A record is settled by its pauses when it is made, and this gap is not in the record yet.
    if slot.pointee.place.isUnbroken, slot.pointee.mayHavePaused { _ = record(of: slot) }
    prefetch(slot.pointee.place)
    note(
      FoundGap(
        association: slot.pointee.place, firstMissing: expected,
        missing: observation.number &- expected, octets: observation.octets,
        beforePlace: slot.pointee.highestPlace,
        lastTime: Timestamp(nanosecondsSinceEpoch: slot.pointee.lastTime),
        afterPlace: observation.place, afterTime: observation.time))
    slot.pointee.take(observation, step: UInt32(truncatingIfNeeded: step))
    return true
  }

  // MARK: With care

  @inline(never)
  private mutating func observeWithCare(
    _ observation: Observation, _ details: ObservationDetails,
    _ slot: UnsafeMutablePointer<AssociationSlot>
  ) {
    catchUp()
    if observeNext(observation, slot) { return }
    _ = record(of: slot)  // From here on it has one.
    settleSlot(slot)
    closeIfSilent(slot, until: observation.time)
    if slot.pointee.shape.ofAny != observation.shape.ofAny { note(observation, details, slot) }
    consider(observation, slot)
  }

  mutating func consider(
    _ observation: Observation, _ slot: UnsafeMutablePointer<AssociationSlot>
  ) {
    var frame = TrackedFrame(observation)
    let record = record(of: slot)
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
    records[Int(record(of: slot))].newest.badTags += times
  }

  /// Decides what is still open: the capture is over.
  ///
  /// - Returns: whether each association is seen at once to have a single epoch, which began with it.
  @discardableResult
  mutating func finish() -> Bool {
    catchUp()
    let areSingle = settle()
    let open = (0..<records.count).filter { records[$0].isDeliberated || records[$0].hasOlder }
    for index in open.sorted(by: { records[$0].start < records[$1].start }) {
      let record = UInt32(index)
      if records[index].isDeliberated, let deliberation = deliberations[record] {
        conclude(deliberation, record)
      }
      if records[index].hasOlder { finishOlder(record) }
    }
    return areSingle && open.isEmpty && finished.isEmpty && foldedCounts.isEmpty
      && epochsBefore.isEmpty
  }

  // MARK: Slots and records

  /// Brings all records up to date with what the short path counted.
  ///
  /// - Returns: whether the newest epoch of each has a packet and began with the association.
  @discardableResult
  mutating func settle() -> Bool {
    var areSingle = true
    for index in 0..<records.count {
      if index + 8 < records.count {
        table.prefetch(at: Int(records[index + 8].start))
        starts.prefetch(Int(records[index + 8].start))
      }
      let association = Int(records[index].start)
      settleSlot(table.slot(at: association))
      areSingle =
        areSingle && records[index].newest.packets > 0
        && records[index].newest.firstPlace == starts[association].place
    }
    return areSingle
  }

  /// Brings the record up to date with what the short path counted; there must be one.
  mutating func settleSlot(_ slot: UnsafeMutablePointer<AssociationSlot>) {
    records[slot.pointee.place.record].settle(slot.pointee)
  }

  /// Prepares the slot for the short path, or closes it where frames need care.
  mutating func refreshSlot(_ slot: UnsafeMutablePointer<AssociationSlot>) {
    let index = slot.pointee.place.record
    let numbers = records[index].newest.numbers
    let lastTime = records[index].newest.arrivals.last
    slot.pointee.octets = records[index].newest.octets
    slot.pointee.lastTime = lastTime.nanosecondsSinceEpoch
    slot.pointee.highestPlace = records[index].newest.highestPlace
    slot.pointee.expected = UInt32(truncatingIfNeeded: numbers.highest) &+ 1
    slot.pointee.minimumStep = .max
    slot.pointee.maximumStep = 0
    slot.pointee.shape.needsCare =
      numbers.distinct == 0 || lastTime == .absent || records[index].isAbsent
      || records[index].isDeliberated || records[index].hasOlder || isNotCurrent(index)
  }

  /// The first frame of an association.
  mutating func begin(_ observation: Observation, _ details: ObservationDetails) {
    guard rowCount < limits.associations || makeRoom(at: observation.time) else {
      return givenUp.unfollowed.add(octets: observation.octets)
    }
    let start = AssociationStart(observation, details, ordinal: nextEpoch())
    // Before it has a slot itself.
    let sibling =
      observation.key.isOfChannel
      ? table.sibling(of: observation.key, hash: observation.hash)?.pointee.key : nil
    let slot = add(observation.key, start, shape: observation.shape.ofAny)
    let badTags = earlyBadTags.isEmpty ? 0 : earlyBadTags.take(observation.key)
    if start.number != 0, sibling == nil, badTags == 0, AssociationStart.holds(details.vlans) {
      return noteFirst(observation, start.ordinal)
    }
    let record = record(of: slot)
    let index = Int(record)
    records[index].vlans = details.vlans
    records[index].newest.badTags = badTags
    if let sibling { joinChannel(record, sibling: sibling) }
    guard start.number != 0 else { return consider(observation, slot) }
    // It counts those before.
    records[index].framesSeen = 0
    _ = presence(record, time: observation.time)
    records[index].framesSeen = 1
    noteFirst(observation, start.ordinal)
    refreshSlot(slot)
  }

  private mutating func noteFirst(_ observation: Observation, _ epoch: UInt32) {
    counting.sink.arrived(
      epoch: epoch, time: observation.time, octets: observation.octets, outcome: .new)
  }

  /// Looks at the flags and addresses of a frame.
  mutating func note(
    _ observation: Observation, _ details: ObservationDetails,
    _ slot: UnsafeMutablePointer<AssociationSlot>
  ) {
    let needsCare = slot.pointee.shape.needsCare
    slot.pointee.shape = observation.shape.ofAny
    slot.pointee.shape.needsCare = needsCare
    let index = slot.pointee.place.record
    if observation.shape.isEncrypted { records[index].sawEncrypted = true }
    if observation.shape.isChanged { records[index].sawChanged = true }
    let start = starts[Int(records[index].start)]
    if let source = details.source, start.sourceAddress != source.rawValue {
      moreAddresses[UInt32(index), default: AddressSets()].add(source: source)
    }
    if let destination = details.destination, start.destinationAddress != destination.rawValue {
      moreAddresses[UInt32(index), default: AddressSets()].add(destination: destination)
    }
  }

  mutating func nextEpoch() -> UInt32 {
    epochCount += 1
    return epochCount - 1
  }
}
