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

    /// Of an epoch that had a single number, and so lost nothing.
    fileprivate var ofSuspects: Sums {
      var sums = Sums()
      (sums.packets, sums.octets, sums.suspects) = (packets, octets, packets)
      return sums
    }
  }

  /// Twice as wide, again and again, where there would be too many buckets.
  private(set) var widthNanoseconds: Int64
  private let limit: Int
  /// The epochs in their keys are `numbers`.
  private var counted: [Key: Sums] = [:]

  // Nobody looks through all buckets for each of many epochs that turn out to be none: what was counted of
  // one until then stays where it is, and is found with its owner when all is over.

  /// Under which number an epoch that went on from there is counted; others under their own.
  private var numbers: [UInt32: UInt32] = [:]
  private var nextNumber = UInt32.max
  private struct Owner {
    var epoch: UInt32
    /// All that was counted under the number are.
    var areSuspects: Bool
  }
  /// Of numbers that are not, or no longer, those of their epochs.
  private var owners: [UInt32: Owner] = [:]
  /// Of epochs that did not go on.
  private var heirs: [UInt32: UInt32] = [:]

  init(widthNanoseconds: Int64, limit: Int = .max) {
    self.widthNanoseconds = max(widthNanoseconds, 1)
    self.limit = limit
  }

  mutating func arrived(
    epoch: UInt32, time: Timestamp, octets: UInt32, outcome: ArrivalOutcome
  ) {
    if counted.count >= limit { widen() }
    let key = key(epoch, time)
    counted[key, default: Sums()].packets += 1
    counted[key, default: Sums()].octets += UInt64(octets)
    switch outcome {
    case .new: break
    case .duplicate: counted[key, default: Sums()].duplicates += 1
    case .reordered: counted[key, default: Sums()].reordered += 1
    case .suspect: counted[key, default: Sums()].suspects += 1
    }
  }

  mutating func revealed(epoch: UInt32, time: Timestamp, count: UInt64, isSkipped: Bool) {
    if isSkipped {
      counted[key(epoch, time), default: Sums()].skipped += count
    } else {
      counted[key(epoch, time), default: Sums()].lost += count
    }
  }

  mutating func healed(epoch: UInt32, time: Timestamp, isSkipped: Bool) {
    // The bucket has at least what was revealed in it and not healed yet.
    if isSkipped {
      counted[key(epoch, time), default: Sums()].skipped -= 1
    } else {
      counted[key(epoch, time), default: Sums()].lost -= 1
    }
  }

  mutating func dissolved(epoch: UInt32, into heir: UInt32) {
    owners[number(of: epoch)] = Owner(epoch: heir, areSuspects: true)
    guard heir == epoch else { return heirs[epoch] = heir }
    numbers[epoch] = nextNumber
    owners[nextNumber] = Owner(epoch: epoch, areSuspects: false)
    nextNumber -= 1
  }

  private func number(of epoch: UInt32) -> UInt32 {
    numbers.isEmpty ? epoch : numbers[epoch] ?? epoch
  }

  /// What was counted, by epochs that remained.
  var sums: [Key: Sums] {
    guard !owners.isEmpty else { return counted }
    var sums: [Key: Sums] = [:]
    for (key, part) in counted {
      let owner = owners[key.epoch] ?? Owner(epoch: key.epoch, areSuspects: false)
      var epoch = owner.epoch
      while let heir = heirs[epoch] { epoch = heir }
      sums[Key(epoch: epoch, start: key.start), default: Sums()]
        .add(owner.areSuspects ? part.ofSuspects : part)
    }
    return sums
  }

  /// Makes the buckets wider, until they are half as many as may be; so all sums stay what they are.
  @inline(never)
  private mutating func widen() {
    counted = sums
    (numbers, owners, heirs, nextNumber) = ([:], [:], [:], .max)
    while counted.count > limit / 2, widthNanoseconds <= Int64.max / 2 {
      widthNanoseconds *= 2
      var wide: [Key: Sums] = [:]
      for (old, more) in counted {
        let start = start(of: Timestamp(nanosecondsSinceEpoch: old.start))
        wide[Key(epoch: old.epoch, start: start), default: Sums()].add(more)
      }
      counted = wide
    }
  }

  private func key(_ epoch: UInt32, _ time: Timestamp) -> Key {
    Key(epoch: number(of: epoch), start: start(of: time))
  }

  private func start(of time: Timestamp) -> Int64 {
    time == .absent
      ? time.nanosecondsSinceEpoch : time.floored(to: widthNanoseconds).nanosecondsSinceEpoch
  }
}
