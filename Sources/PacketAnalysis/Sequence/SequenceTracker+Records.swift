// Associations that have a record, and those that need none.

/// Where a tracker keeps an association, as its slot says it: the index of its record, or of its start
/// as long as it has none.
struct AssociationPlace: BitwiseCopyable {
  let word: UInt32

  private static let unbroken: UInt32 = 1 << 31

  @inline(__always)
  init(word: UInt32) { self.word = word }
  init(start: Int) {
    precondition(start < Self.unbroken, "more associations than can be named")
    word = UInt32(start) | Self.unbroken
  }
  init(record: Int) { word = UInt32(record) }

  var isUnbroken: Bool { word & Self.unbroken != 0 }
  /// Of an unbroken association.
  var start: Int { Int(word & ~Self.unbroken) }
  /// Of one that has a record.
  var record: Int { Int(word) }
}

extension AssociationSlot {
  var place: AssociationPlace { AssociationPlace(word: record) }
}

extension SequenceTracker {
  /// Adds an association, which is unbroken. Its start is at the index of its slot.
  mutating func add(
    _ key: CompactKey, _ start: AssociationStart, shape: FrameShape
  ) -> UnsafeMutablePointer<AssociationSlot> {
    let place = AssociationPlace(start: starts.append(start))
    let slot = table.insert(key, record: place.word)
    slot.pointee = AssociationSlot(key, start, shape: shape, record: place.word)
    return slot
  }

  /// The record of an association, which gets one if it has none. It may be unsettled.
  mutating func record(of slot: UnsafeMutablePointer<AssociationSlot>) -> UInt32 {
    record(at: slot.pointee.place)
  }

  /// - Parameter place: where the association was at some time.
  mutating func record(at place: AssociationPlace) -> UInt32 {
    guard place.isUnbroken else { return place.word }
    if let record = starts[place.start].record { return UInt32(record) }
    return makeRecord(place.start)
  }

  func key(at index: Int) -> CompactKey { table.slot(at: index).pointee.key }
  func key(ofRecord index: Int) -> CompactKey { key(at: Int(records[index].start)) }

  @inline(never)
  private mutating func makeRecord(_ index: Int) -> UInt32 {
    let place = AssociationPlace(
      record: records.append(AssociationRecord(starts[index], at: index)))
    let slot = table.slot(at: index)
    if let pauses = starts[index].pauses {
      // What the slot says of them is not all.
      records[place.record].settle(slot.pointee)
      records[place.record].newest.arrivals.mark(self.pauses[pauses])
      (slot.pointee.minimumStep, slot.pointee.maximumStep) = (.max, 0)
    }
    starts[index].record = place.record
    slot.pointee.record = place.word
    return place.word
  }

  /// Asks for what is kept there.
  @inline(__always)
  func prefetch(_ place: AssociationPlace) {
    if place.isUnbroken { starts.prefetch(place.start) } else { records.prefetch(place.record) }
  }

  /// Of the epoch that frames in order belong to.
  func newestOrdinal(_ place: AssociationPlace) -> UInt32 {
    place.isUnbroken ? starts[place.start].ordinal : records[place.record].newest.ordinal
  }

  // MARK: Of any association of a tracker that is settled

  /// What its record is, or would be.
  func anyRecord(at index: Int) -> AssociationRecord { withAnyRecord(at: index) { copy $0 } }

  /// The same where it is.
  @inline(__always)
  func withAnyRecord<Result>(
    at index: Int, _ body: (borrowing AssociationRecord) -> Result
  ) -> Result {
    if let record = starts[index].record { return body(records.pointer(at: record).pointee) }
    var record = AssociationRecord(starts[index], at: index)
    record.settle(table.slot(at: index).pointee)
    if let index = starts[index].pauses { record.newest.arrivals.mark(pauses[index]) }
    return body(record)
  }

  func framesSeen(at index: Int) -> UInt64 {
    let start = starts[index]
    if let record = start.record { return records[record].framesSeen }
    return UInt64(table.slot(at: index).pointee.expected &- start.number)
  }

  /// Asks for what is kept of it.
  func prefetchAny(at index: Int) {
    if let record = starts[index].record {
      records.prefetchAll(record)
    } else {
      table.prefetch(at: index)
    }
  }
}
