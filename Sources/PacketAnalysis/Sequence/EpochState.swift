/// Everything counted of one epoch of an association.
///
/// What a new gap touches comes first, in one cache line.
struct EpochState: BitwiseCopyable {
  var numbers = NumberRange(lowest: 0, highest: 0, distinct: 0)
  /// The missing ranges (`MissingRangePool`), and how many there are.
  var missing: MissingRangePool.Root = 0
  var missingCount: UInt32 = 0
  /// Numbers that the short path found missing above `numbers.highest`, which `settle` has not seen yet:
  /// fewer than it settles at a time, which is a matter of 32 bits.
  var unsettledMissing: UInt32 = 0
  /// Names the epoch within the run: for the time buckets.
  var ordinal: UInt32

  /// First arrivals of `numbers.highest` and `numbers.lowest`.
  var highestTime = Timestamp.absent
  var highestPlace: FramePlace
  var lowestPlace: FramePlace
  var lowestTime = Timestamp.absent
  var firstPlace: FramePlace
  /// The smallest and largest of the times that are known.
  var firstTime = Timestamp.absent
  var lastTime = Timestamp.absent

  var octets: UInt64 = 0
  var duplicates: UInt64 = 0
  var reordered: UInt64 = 0
  var suspects: UInt64 = 0
  var skipped: UInt64 = 0
  /// SecTAGs that name this association and are illegal.
  var badTags: UInt64 = 0
  var arrivals = ArrivalTimes()
  var origin: EpochOrigin

  var packets: UInt64 { numbers.distinct + duplicates + suspects }

  init(ordinal: UInt32, origin: EpochOrigin, firstPlace: FramePlace) {
    self.ordinal = ordinal
    self.origin = origin
    self.firstPlace = firstPlace
    lowestPlace = firstPlace
    highestPlace = firstPlace
  }

  /// Brings it up to date with what the short path counted since it was last settled; returns how many
  /// packets that were.
  @discardableResult
  mutating func settle(_ slot: AssociationSlot) -> UInt64 {
    let settled = UInt32(truncatingIfNeeded: numbers.highest) &+ 1
    let run = UInt64(slot.expected &- settled)
    guard run > 0, numbers.distinct > 0 else { return 0 }
    let time = Timestamp(nanosecondsSinceEpoch: slot.lastTime)
    let packets = run - UInt64(unsettledMissing)
    unsettledMissing = 0
    numbers.highest += run
    numbers.distinct += packets
    octets = slot.octets
    highestPlace = slot.highestPlace
    highestTime = time
    if lastTime == .absent || time > lastTime { lastTime = time }
    arrivals.count += packets
    arrivals.sumNanoseconds &+= UInt64(
      bitPattern: time.nanosecondsSinceEpoch &- arrivals.last.nanosecondsSinceEpoch)
    arrivals.last = time
    arrivals.minimumNanoseconds = min(arrivals.minimumNanoseconds, UInt64(slot.minimumStep))
    arrivals.maximumNanoseconds = max(arrivals.maximumNanoseconds, UInt64(slot.maximumStep))
    return packets
  }

  /// The times and octets of a frame, whatever becomes of it.
  mutating func countFrame(_ frame: TrackedFrame) {
    octets += UInt64(frame.octets)
    guard frame.time != .absent else { return }
    if firstTime == .absent || frame.time < firstTime { firstTime = frame.time }
    if lastTime == .absent || frame.time > lastTime { lastTime = frame.time }
  }

  /// The same, where `frames` others of its file come before those that were counted.
  func moved(by frames: UInt64) -> EpochState {
    var epoch = self
    epoch.firstPlace = firstPlace.moved(by: frames)
    epoch.lowestPlace = lowestPlace.moved(by: frames)
    epoch.highestPlace = highestPlace.moved(by: frames)
    return epoch
  }

  /// All its frames but the suspects become suspects: its single number fits nothing (rules 4, 5).
  mutating func dissolve() {
    suspects = packets
    numbers = NumberRange(lowest: 0, highest: 0, distinct: 0)
    duplicates = 0
    reordered = 0
    arrivals = ArrivalTimes()
  }

  /// Takes the frames of a dissolved epoch, which came before this one, as suspects.
  mutating func absorb(_ other: EpochState) {
    octets += other.octets
    suspects += other.suspects
    badTags += other.badTags
    firstPlace = other.firstPlace
    spanTimes(of: other)
  }

  /// Lets the smallest and the largest time be those of both.
  mutating func spanTimes(of other: EpochState) {
    if other.firstTime != .absent, firstTime == .absent || other.firstTime < firstTime {
      firstTime = other.firstTime
    }
    if other.lastTime != .absent, lastTime == .absent || other.lastTime > lastTime {
      lastTime = other.lastTime
    }
  }
}

/// The times between successive arrivals of an epoch, suspects left out (rule 10).
struct ArrivalTimes: BitwiseCopyable {
  /// Of the last arrival; it may be absent, and it is where there was none yet.
  var last = Timestamp.absent
  /// Of the first arrival.
  var first = Timestamp.absent
  var count: UInt64 = 0
  var sumNanoseconds: UInt64 = 0
  var minimumNanoseconds = UInt64.max
  var maximumNanoseconds: UInt64 = 0

  mutating func add(_ time: Timestamp) {
    defer { last = time }
    guard last != .absent, time != .absent, time >= last else { return }
    let step = UInt64(bitPattern: time.nanosecondsSinceEpoch &- last.nanosecondsSinceEpoch)
    count += 1
    sumNanoseconds &+= step
    minimumNanoseconds = min(minimumNanoseconds, step)
    maximumNanoseconds = max(maximumNanoseconds, step)
  }

  /// Adds those of frames that arrived later.
  mutating func append(_ later: ArrivalTimes) {
    add(later.first)
    count += later.count
    sumNanoseconds &+= later.sumNanoseconds
    minimumNanoseconds = min(minimumNanoseconds, later.minimumNanoseconds)
    maximumNanoseconds = max(maximumNanoseconds, later.maximumNanoseconds)
    last = later.last
  }

  var interArrival: InterArrival? {
    guard count > 0 else { return nil }
    return InterArrival(
      minimumNanoseconds: minimumNanoseconds, meanNanoseconds: sumNanoseconds / count,
      maximumNanoseconds: maximumNanoseconds)
  }
}
