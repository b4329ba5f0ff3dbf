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
