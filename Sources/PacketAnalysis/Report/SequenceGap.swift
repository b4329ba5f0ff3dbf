/// A maximal run of consecutive missing numbers of an association: lost, or skipped by the sender.
public struct SequenceGap: Sendable, Equatable {
  /// `AssociationSummary.id`.
  public var association: UInt64
  public var firstMissing: UInt64
  public var lastMissing: UInt64
  /// The first arrival of the number just below.
  public var before: FrameReference
  /// The first arrival of the number just above.
  public var after: FrameReference
  /// Why, where something speaks for it: `captureLossCause`; `nil`: not known.
  public var cause: String?
  /// A late frame may still heal it. Never in a finished run.
  public var provisional = false

  public init(
    association: UInt64, firstMissing: UInt64, lastMissing: UInt64, before: FrameReference,
    after: FrameReference
  ) {
    self.association = association
    self.firstMissing = firstMissing
    self.lastMissing = lastMissing
    self.before = before
    self.after = after
  }

  public var missing: UInt64 { lastMissing - firstMissing + 1 }
}
