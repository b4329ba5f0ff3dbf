/// The times between successive packets of an unbroken association for which its slot has no room:
/// 2^32 ns and more.
///
/// Those that send rarely have many of them, and would all need records.
struct Pauses: BitwiseCopyable {
  private(set) var count: UInt64 = 0
  /// Nanoseconds.
  private(set) var shortest = UInt64.max
  private(set) var longest: UInt64 = 0

  mutating func add(_ nanoseconds: UInt64) {
    count += 1
    shortest = min(shortest, nanoseconds)
    longest = max(longest, nanoseconds)
  }
}

extension ArrivalTimes {
  /// The pauses among all that have been counted.
  mutating func mark(_ pauses: Pauses) {
    // Where there was nothing else, the slot has no shortest time.
    if pauses.count == count { minimumNanoseconds = pauses.shortest }
    maximumNanoseconds = pauses.longest
  }
}

extension AssociationSlot {
  /// There may have been pauses.
  var mayHavePaused: Bool { maximumStep == .max }
}

extension SequenceTracker {
  /// Counts a packet that is simply the next of an unbroken association, however long ago the one
  /// before came; returns whether it is.
  mutating func observeNext(
    _ observation: Observation, _ slot: UnsafeMutablePointer<AssociationSlot>
  ) -> Bool {
    let place = slot.pointee.place
    guard place.isUnbroken, slot.pointee.expected == observation.number,
      slot.pointee.shape == observation.shape,
      case let (difference, overflow) = observation.time.nanosecondsSinceEpoch
        .subtractingReportingOverflow(slot.pointee.lastTime), !overflow, difference >= 0
    else { return false }
    let step = UInt64(difference)
    makeRoomForRange()
    if let timeout = limits.idleNanoseconds, difference > timeout { givenUp.reopenings += 1 }
    if step > UInt64(UInt32.max) {
      let index = starts[place.start].pauses ?? pauses.append(Pauses())
      starts[place.start].pauses = index
      pauses[index].add(step)
    }
    slot.pointee.take(observation, step: UInt32(clamping: step))
    counting.sink.arrived(
      epoch: starts[place.start].ordinal, time: observation.time, octets: observation.octets,
      outcome: .new)
    return true
  }
}
