/// What an analysis was asked for, with the defaults of `docs/sequence-tracking.md`.
public struct AnalysisOptions: Sendable, Equatable {
  public var tracking = TrackingOptions()
  /// Width of the time buckets in nanoseconds; `nil`: none.
  public var bucketNanoseconds: Int64?
  /// EtherTypes that carry a SecTAG besides 0x88E5.
  public var macsecEtherTypes: [UInt16] = []
  /// UDP ports that carry ESP besides 4500.
  public var espPorts: [UInt16] = []
  /// Frames before or after are left out.
  public var from: Timestamp?
  public var to: Timestamp?
  public var limits = AnalysisLimits()
  public init() {}
}

/// The limits of the rules for numbers (`docs/sequence-tracking.md`).
public struct TrackingOptions: Sendable, Equatable {
  /// H: how far above the highest a number is taken at once.
  public var horizon: UInt64 = 65_536
  /// W: how far below the lowest a number is taken at once, how far apart rising numbers may be,
  /// and within how many frames what is held is decided.
  public var window: UInt64 = 1_024
  /// S: how near its beginning a restarted sender is recognised, and how many frames of another AN
  /// make an AN away.
  public var start: UInt64 = 64
  /// K: how many rising numbers confirm a jump, a restart or a return.
  public var confirmations: Int = 4
  /// Numbers that the fastest link could carry in a second (rule 9).
  public var fastestFramesPerSecond: UInt64 = 1_200_000_000
  /// SAK retire time (rule 1), in nanoseconds.
  public var retireNanoseconds: Int64 = 3_000_000_000
  public init() {}

  // What whoever sets them may choose from.

  /// Of `horizon`.
  public static let horizonLimits: ClosedRange<UInt64> = 1...(1 << 30)
  /// Of `window`, which is at most `horizon`, and of `start`, which is at most `window`. Doubts are settled
  /// within so many frames, each of which may have to be held against all others.
  public static let windowLimits: ClosedRange<UInt64> = 1...(1 << 14)
  /// Of `confirmations`.
  public static let confirmationLimits = 2...16
  /// Of `fastestFramesPerSecond`.
  public static let fastestFramesLimits: ClosedRange<UInt64> = 1...1_000_000_000_000
}
