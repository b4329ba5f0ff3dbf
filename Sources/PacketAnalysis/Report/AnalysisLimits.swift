/// How much an analysis keeps at once, so that no capture can take all memory.
///
/// What would go beyond is given up, counted and said (`GivenUp`); everything else stays exact. The
/// defaults are far above what honest captures need, and fit in the memory of a usual machine:
/// `docs/sequence-tracking.md` says what each costs.
public struct AnalysisLimits: Sendable, Equatable {
  /// Epochs of associations, which are the rows of a report; as many plain flows; and as many
  /// addresses and VLAN stacks that name associations.
  public var associations = 4_194_304
  /// Missing ranges: gaps and skips.
  public var gaps = 16_777_216
  /// Frames in doubt that wait for a verdict. An association with any counts for
  /// `deliberationFrames` more.
  public var heldFrames = 8_388_608
  /// Time buckets.
  public var buckets = 4_194_304
  /// Without a frame for so long an association is closed: what was in doubt is decided, and where
  /// there are as many rows as the limit allows it makes room for others. At least
  /// `leastIdleNanoseconds`; `nil`: never.
  public var idleNanoseconds: Int64?
  /// Copies of the only number of an epoch, which are suspect frames if that number is one.
  public var copies = 1_048_576

  static let deliberationFrames = 32
  /// Shorter silences are not looked for.
  public static let leastIdleNanoseconds: Int64 = 10_000_000_000

  public init() {}

  public static let unlimited: AnalysisLimits = {
    var limits = AnalysisLimits()
    limits.associations = .max
    limits.gaps = .max
    limits.heldFrames = .max
    limits.buckets = .max
    limits.copies = .max
    return limits
  }()

  /// For each of several trackers that together must not have more.
  public func divided(by count: Int) -> AnalysisLimits {
    var limits = self
    limits.associations = max(1, associations / count)
    limits.gaps = max(1, gaps / count)
    limits.heldFrames = max(1, heldFrames / count)
    limits.buckets = max(1, buckets / count)
    limits.copies = max(1, copies / count)
    return limits
  }
}

/// What an analysis gave up since it reached a limit. Nothing of it is in any row of the report.
public struct GivenUp: Sendable, Equatable {
  /// A number of frames.
  public struct Frames: Sendable, Equatable {
    public var packets: UInt64 = 0
    /// On the wire.
    public var octets: UInt64 = 0
    public init() {}

    mutating func add(octets length: UInt32) {
      packets += 1
      octets += UInt64(length)
    }

    mutating func add(_ other: Frames) {
      packets += other.packets
      octets += other.octets
    }
  }

  public var limits = AnalysisLimits()
  /// Protected headers of associations that were not followed, since there were as many as the
  /// limit allows.
  public var unfollowed = Frames()
  /// Epochs of associations that went on, counted together, since there were as many rows as the
  /// limit allows.
  public var folded = RowlessEpochs()
  /// Missing ranges whose place was forgotten.
  public var forgotten = ForgottenRanges()
  /// Epochs of associations that were silent for `idleNanoseconds` and made room for others.
  public var silent = RowlessEpochs()
  /// Frames in doubt that were judged since a silence followed.
  public var judgedBySilence: UInt64 = 0
  /// How often an association went on after such a silence; nothing is given up by that alone.
  public var reopenings: UInt64 = 0
  /// Frames that were judged before all was known that could have decided their doubt.
  public var hastyFrames: UInt64 = 0
  /// Frames of plain flows that were not told apart.
  public var flows = Frames()
  /// The width that was asked for, where there would have been too many buckets of it.
  public var askedBucketNanoseconds: Int64?
  /// Copies of single numbers that were counted but would not be listed as suspect frames.
  public var unlistedCopies: UInt64 = 0

  public init() {}

  public var isEmpty: Bool {
    var nothing = GivenUp()
    nothing.limits = limits
    nothing.reopenings = reopenings
    return self == nothing
  }

  /// Frames are missing in the rows of the report.
  public var leavesOutFrames: Bool { unfollowed.packets > 0 || rowless.count > 0 }

  /// All epochs without a row.
  public var rowless: RowlessEpochs {
    var all = folded
    all.add(silent)
    return all
  }
}

/// Missing ranges whose numbers still count as lost, or skipped, but whose place is not known any
/// more: a frame that brings one of them counts as a duplicate.
public struct ForgottenRanges: Sendable, Equatable {
  public var gaps: UInt64 = 0
  /// Numbers in them.
  public var missing: UInt64 = 0
  public var skips: UInt64 = 0
  /// Numbers in them.
  public var skipped: UInt64 = 0
  public init() {}

  public var isEmpty: Bool { self == ForgottenRanges() }

  mutating func add(_ other: ForgottenRanges) {
    gaps += other.gaps
    missing = missing.addingClamped(other.missing)
    skips += other.skips
    skipped = skipped.addingClamped(other.skipped)
  }

  mutating func add(_ range: MissingRange) {
    let count = range.last - range.first + 1
    if range.isSkipped {
      skips += 1
      skipped = skipped.addingClamped(count)
    } else {
      gaps += 1
      missing = missing.addingClamped(count)
    }
  }
}

/// What several epochs amount to.
public struct AssociationSums: Sendable, Equatable {
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var expected: UInt64 = 0
  public var distinct: UInt64 = 0
  public var skipped: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var reordered: UInt64 = 0
  public var suspects: UInt64 = 0
  public var gaps: UInt64 = 0
  public var badTags: UInt64 = 0
  public init() {}

  public var lost: UInt64 { expected - distinct }
}

extension AssociationSums {
  mutating func add(_ other: AssociationSums) {
    packets += other.packets
    octets += other.octets
    expected = expected.addingClamped(other.expected)
    distinct += other.distinct
    skipped = skipped.addingClamped(other.skipped)
    duplicates += other.duplicates
    reordered += other.reordered
    suspects += other.suspects
    gaps += other.gaps
    badTags += other.badTags
  }
}

/// What was given up of one epoch of an association.
public struct EpochGivenUp: Sendable, Equatable {
  public var forgotten = ForgottenRanges()
  /// See `GivenUp.hastyFrames`.
  public var hastyFrames: UInt64 = 0
  public init() {}

  mutating func add(_ other: EpochGivenUp) {
    forgotten.add(other.forgotten)
    hastyFrames += other.hastyFrames
  }
}
