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
