/// A packet that came after missing numbers, as the short path found it: what its record has yet to
/// learn.
///
/// A record is several cache misses away, and seldom needed. So the short path asks for it and goes
/// on; when the next headers are observed, it is there.
struct FoundGap: BitwiseCopyable {
  /// Where it was when the gap was found: it may have got its record since.
  var association: AssociationPlace
  /// The low 32 bits of the first missing number.
  var firstMissing: UInt32
  var missing: UInt32
  var octets: UInt32
  /// The frame before: of the highest number, and of the last arrival.
  var beforePlace: FramePlace
  var lastTime: Timestamp
  var afterPlace: FramePlace
  var afterTime: Timestamp
}

extension SequenceTracker {
  /// So many wait for their records at most.
  private static var mostFoundGaps: Int { 16 }

  @inline(__always)
  mutating func note(_ gap: FoundGap) {
    if foundGaps.count == Self.mostFoundGaps { insertFoundGaps() }
    _ = foundGaps.append(gap)
  }

  /// Brings the records up to date with the gaps that were found; to be called before anything else
  /// looks at them.
  @inline(__always)
  mutating func catchUp() {
    if foundGaps.count > 0 { insertFoundGaps() }
  }

  @inline(never)
  private mutating func insertFoundGaps() {
    for index in 0..<foundGaps.count {
      makeRoomForRange()
      insert(foundGaps[index])
    }
    foundGaps.removeAll()
  }

  private mutating func insert(_ gap: FoundGap) {
    let index = Int(record(at: gap.association))
    let settled = records[index].newest.numbers.highest
    // Packets in order since the record was settled.
    let run = UInt64(gap.firstMissing &- 1 &- UInt32(truncatingIfNeeded: settled))
    let missing = UInt64(gap.missing)
    counting.ranges.insert(
      MissingRange(
        first: settled + run + 1, last: settled + run + missing,
        beforePlace: gap.beforePlace,
        // The last arrival was the highest number, unless it was late.
        beforeTime: run == 0 ? records[index].newest.highestTime : gap.lastTime,
        afterPlace: gap.afterPlace, afterTime: gap.afterTime, revealedTime: gap.afterTime),
      isHighest: true, into: &records[index].newest.missing)
    records[index].newest.missingCount += 1
    records[index].newest.unsettledMissing &+= gap.missing
    if Sink.wantsArrivals {
      let epoch = records[index].newest.ordinal
      counting.sink.arrived(
        epoch: epoch, time: gap.afterTime, octets: gap.octets, outcome: .new)
      counting.sink.revealed(
        epoch: epoch, time: gap.afterTime, count: missing, isSkipped: false)
    }
  }
}
