/// Remembers the arrivals of every association as runs, in the order of the capture.
///
/// Stands where the `SequenceTracker` stands and takes the same short path: a packet in order changes
/// one cache line, the slot of its association, which has what its run has become since its first
/// frame. The run itself is brought up to date when it ends.
struct ArrivalRecorder: ~Copyable {
  /// What is known of an association within the part.
  struct Association: BitwiseCopyable {
    let key: CompactKey
    /// Index of the run that goes on.
    var openRun: Int?
    /// Of the nanoseconds between frames of that run for which the slot has no room: the shortest
    /// and the longest.
    var longSteps = (shortest: UInt64.max, longest: UInt64(0))
    /// Index of the shape of the last frame.
    var shape: UInt32?
    /// Index of the channel of which more than one AN has been seen.
    var channel: Int?
    var steadiness = Steadiness()
  }

  private let rules: SequenceRules
  private let eachFrame: Bool
  private(set) var table = AssociationTable()
  /// By first frame.
  private(set) var runs = RecordArray<ArrivalRun>()
  /// Each at the index of its slot.
  private(set) var associations = RecordArray<Association>()
  private(set) var shapes: [ObservedShape] = []
  private var shapeIndices: [ObservedShape: UInt32] = [:]
  /// By channel: the association of the AN that sent last.
  private var currents: [UInt32] = []

  init(options: TrackingOptions, eachFrame: Bool) {
    rules = SequenceRules(options)
    // Where K frames do not fit in W nothing is ever confirmed, and every frame of a new epoch is in
    // doubt.
    self.eachFrame = eachFrame || UInt64(rules.confirmations) > rules.window + 1
  }

  /// Ends all runs: the part is over.
  mutating func finish() {
    for index in 0..<associations.count {
      endRun(table.slot(at: index))
    }
  }
}

extension ArrivalRecorder: HeaderTracker {
  mutating func catchUp() {}

  /// Adds a frame to the run of its association, if it is the next of one that may be counted
  /// together.
  @inline(__always)
  mutating func observeInOrder(
    _ key: CompactKey, hint: UInt64, number: UInt32, octets: UInt32, time: Timestamp,
    place: @autoclosure () -> FramePlace, shape: @autoclosure () -> FrameShape
  ) -> Bool {
    guard let slot = table.find(key, located: hint) else { return false }
    return slot.pointee.takeInOrder(
      number: number, octets: octets, time: time, place: place(), shape: shape())
  }

  mutating func observe(_ observation: Observation, _ details: ObservationDetails, hint _: UInt64) {
    if isInOrder(observation) || observeAfterSilence(observation) { return }
    beginRun(observation, details)
  }

  private mutating func isInOrder(_ observation: Observation) -> Bool {
    table.find(observation.key, hash: observation.hash)?.pointee.takeInOrder(observation) ?? false
  }

  /// The same for a frame that comes so late that the slot has no room for the time.
  private mutating func observeAfterSilence(_ observation: Observation) -> Bool {
    guard let slot = table.find(observation.key, hash: observation.hash) else { return false }
    let index = Int(slot.pointee.record)
    guard slot.pointee.expected == observation.number, slot.pointee.shape == observation.shape,
      observation.time.nanosecondsSinceEpoch >= slot.pointee.lastTime,
      let run = associations[index].openRun,
      // What the steps add up to has 63 bits.
      !observation.time.nanosecondsSinceEpoch
        .subtractingReportingOverflow(runs[run].time.nanosecondsSinceEpoch).overflow
    else { return false }
    let step = slot.pointee.step(to: observation.time)
    let known = associations[index].longSteps
    associations[index].longSteps = (min(known.shortest, step), max(known.longest, step))
    slot.pointee.take(observation, step: .max)
    return true
  }

  mutating func countBadTag(_ key: CompactKey) {
    let hash = table.hasher.hash(key)
    let slot = table.find(key, hash: hash) ?? add(key, hash: hash)
    _ = runs.append(ArrivalRun(association: slot.pointee.record, isBadTag: true))
  }
}

extension ArrivalRecorder {
  @inline(never)
  private mutating func beginRun(_ observation: Observation, _ details: ObservationDetails) {
    let slot =
      table.find(observation.key, hash: observation.hash)
      ?? add(observation.key, hash: observation.hash)
    endRun(slot)
    let index = Int(slot.pointee.record)
    if changesAN(slot) { associations[index].steadiness.disturb() }
    associations[index].steadiness.observe(observation.number, rules: rules)

    if associations[index].shape == nil || slot.pointee.shape.ofAny != observation.shape.ofAny {
      associations[index].shape = number(of: ObservedShape(observation.shape, details))
    }
    associations[index].openRun = runs.append(
      ArrivalRun(
        association: slot.pointee.record, shape: associations[index].shape ?? 0,
        number: observation.number, isNested: observation.isNested,
        frame: observation.place.frame, time: observation.time, octets: observation.octets))

    slot.pointee.octets = 0
    slot.pointee.lastTime = observation.time.nanosecondsSinceEpoch
    slot.pointee.highestPlace = observation.place
    slot.pointee.expected = observation.number &+ 1
    slot.pointee.minimumStep = .max
    slot.pointee.maximumStep = 0
    slot.pointee.shape = observation.shape.ofAny
    slot.pointee.shape.needsCare =
      eachFrame || !associations[index].steadiness.isSteady || observation.time == .absent
  }

  private mutating func endRun(_ slot: UnsafeMutablePointer<AssociationSlot>) {
    let index = Int(slot.pointee.record)
    guard let run = associations[index].openRun else { return }
    let longSteps = associations[index].longSteps
    associations[index].openRun = nil
    associations[index].longSteps = (.max, 0)
    let count = slot.pointee.expected &- runs[run].number &- 1
    guard count > 0 else { return }
    runs[run].tail = RunTail(
      count: count, octets: slot.pointee.octets, frame: slot.pointee.highestPlace.frame,
      time: Timestamp(nanosecondsSinceEpoch: slot.pointee.lastTime),
      minimumStep: slot.pointee.minimumStep < .max
        ? UInt64(slot.pointee.minimumStep) : longSteps.shortest,
      maximumStep: max(longSteps.longest, UInt64(slot.pointee.maximumStep)))
    associations[index].steadiness.pass(to: runs[run].lastNumber)
  }

  // MARK: Associations

  private mutating func add(
    _ key: CompactKey, hash: UInt32
  ) -> UnsafeMutablePointer<AssociationSlot> {
    let index = associations.append(Association(key: key))
    let slot = table.insert(key, record: UInt32(index))
    slot.pointee.shape.needsCare = true
    if key.isOfChannel { joinChannel(index, hash: hash) }
    return slot
  }

  private mutating func joinChannel(_ index: Int, hash: UInt32) {
    guard let slot = table.sibling(of: associations[index].key, hash: hash) else { return }
    let sibling = Int(slot.pointee.record)
    if associations[sibling].channel == nil {
      associations[sibling].channel = currents.count
      currents.append(UInt32(sibling))
    }
    associations[index].channel = associations[sibling].channel
  }

  /// Whether the last frame of the channel had another AN. The run of that ends here: its next
  /// frame may be the return of an AN that was away (rule 1).
  private mutating func changesAN(_ slot: UnsafeMutablePointer<AssociationSlot>) -> Bool {
    let record = slot.pointee.record
    guard let channel = associations[Int(record)].channel, currents[channel] != record else {
      return false
    }
    table.slot(at: Int(currents[channel])).pointee.shape.needsCare = true
    currents[channel] = record
    return true
  }

  private mutating func number(of shape: ObservedShape) -> UInt32 {
    if let known = shapeIndices[shape] { return known }
    let index = UInt32(shapes.count)
    shapes.append(shape)
    shapeIndices[shape] = index
    return index
  }
}
