/// Sums per epoch and interval of capture time.
struct BucketSink: ArrivalSink {
  struct Key: Hashable {
    var epoch: UInt32
    /// Start of the interval in nanoseconds; `Timestamp.absent` for frames without a time.
    var start: Int64
  }
  struct Sums {
    var packets: UInt64 = 0
    var octets: UInt64 = 0
    var lost: UInt64 = 0
    var skipped: UInt64 = 0
    var duplicates: UInt64 = 0
    var reordered: UInt64 = 0
    var suspects: UInt64 = 0

    mutating func add(_ other: Sums) {
      packets += other.packets
      octets += other.octets
      lost += other.lost
      skipped += other.skipped
      duplicates += other.duplicates
      reordered += other.reordered
      suspects += other.suspects
    }
  }

  /// Twice as wide, again and again, where there would be too many buckets.
  private(set) var widthNanoseconds: Int64
  private let limit: Int
  private(set) var sums: [Key: Sums] = [:]

  init(widthNanoseconds: Int64, limit: Int = .max) {
    self.widthNanoseconds = max(widthNanoseconds, 1)
    self.limit = limit
  }

  mutating func arrived(
    epoch: UInt32, time: Timestamp, octets: UInt32, outcome: ArrivalOutcome
  ) {
    if sums.count >= limit { widen() }
    let key = key(epoch, time)
    sums[key, default: Sums()].packets += 1
    sums[key, default: Sums()].octets += UInt64(octets)
    switch outcome {
    case .new: break
    case .duplicate: sums[key, default: Sums()].duplicates += 1
    case .reordered: sums[key, default: Sums()].reordered += 1
    case .suspect: sums[key, default: Sums()].suspects += 1
    }
  }

  mutating func revealed(epoch: UInt32, time: Timestamp, count: UInt64, isSkipped: Bool) {
    if isSkipped {
      sums[key(epoch, time), default: Sums()].skipped += count
    } else {
      sums[key(epoch, time), default: Sums()].lost += count
    }
  }

  mutating func healed(epoch: UInt32, time: Timestamp, isSkipped: Bool) {
    // The bucket has at least what was revealed in it and not healed yet.
    if isSkipped {
      sums[key(epoch, time), default: Sums()].skipped -= 1
    } else {
      sums[key(epoch, time), default: Sums()].lost -= 1
    }
  }

  mutating func dissolved(epoch: UInt32, into heir: UInt32) {
    // A dissolved epoch had a single number: it lost nothing, and its buckets are few.
    for (key, old) in sums where key.epoch == epoch {
      sums[key] = nil
      var moved = old
      (moved.suspects, moved.duplicates, moved.reordered) = (old.packets, 0, 0)
      let target = Key(epoch: heir, start: key.start)
      sums[target, default: Sums()].packets += moved.packets
      sums[target, default: Sums()].octets += moved.octets
      sums[target, default: Sums()].suspects += moved.suspects
    }
  }

  /// Makes the buckets wider, until they are half as many as may be; so all sums stay what they are.
  @inline(never)
  private mutating func widen() {
    while sums.count > limit / 2, widthNanoseconds <= Int64.max / 2 {
      widthNanoseconds *= 2
      var wide: [Key: Sums] = [:]
      for (old, more) in sums {
        wide[key(old.epoch, Timestamp(nanosecondsSinceEpoch: old.start)), default: Sums()].add(more)
      }
      sums = wide
    }
  }

  private func key(_ epoch: UInt32, _ time: Timestamp) -> Key {
    guard time != .absent else {
      return Key(epoch: epoch, start: Timestamp.absent.nanosecondsSinceEpoch)
    }
    let nanoseconds = time.nanosecondsSinceEpoch
    let remainder = nanoseconds % widthNanoseconds
    let (start, isTooEarly) = nanoseconds.subtractingReportingOverflow(
      remainder < 0 ? remainder + widthNanoseconds : remainder)
    // The smallest value is taken: it means that there is no time.
    return Key(epoch: epoch, start: isTooEarly ? -.max : max(start, -.max))
  }
}
