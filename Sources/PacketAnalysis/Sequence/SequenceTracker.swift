/// Follows the numbers of every association by the rules of `docs/sequence-tracking.md`.
///
/// A packet in order takes the short path of `observeInOrder`: one cache line. All else goes through
/// `observeWithCare`, which settles what the short path left implicit, judges the frame, and lets a
/// `Deliberation` hold what cannot be understood yet.
struct SequenceTracker<Sink: ArrivalSink>: ~Copyable {
  let rules: SequenceRules
  var table = AssociationTable()
  var records = RecordArray<AssociationRecord>()
  var counting: Counting<Sink>
  /// Epochs that are open for stragglers, by record.
  var older: [UInt32: EpochState] = [:]
  /// Epochs that are over, with their record.
  var finished: [(record: Int, epoch: EpochState)] = []
  var deliberations: [UInt32: Deliberation] = [:]
  var channels: [ChannelPresence] = []
  var moreAddresses: [UInt32: AddressSets] = [:]
  var zeros = ZeroNumbers()
  /// Epochs that began; some turn out to be none.
  var epochCount: UInt32 = 0

  init(options: TrackingOptions, sink: Sink) {
    rules = SequenceRules(options)
    counting = Counting(sink: sink, rules: rules)
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
  mutating func settleSlot(_ slot: UnsafeMutablePointer<AssociationSlot>) {
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
      || records[index].isAbsent || records[index].isDeliberated || isNotCurrent(index)
    slot.pointee.state =
      slot.pointee.state & 0xFF | (needsCare ? AssociationSlot.needsCare : 0)
  }

  /// A new association.
  mutating func begin(
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
  mutating func note(
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

  mutating func nextEpoch() -> UInt32 {
    epochCount += 1
    return epochCount - 1
  }
}
