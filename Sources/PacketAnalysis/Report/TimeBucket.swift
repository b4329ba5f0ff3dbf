/// What happened to one association in one interval of capture time.
///
/// A loss belongs to the bucket of the frame that revealed it, and healing takes it back there; so
/// the sums over the buckets of an association are its totals.
public struct TimeBucket: Sendable, Equatable {
  /// `AssociationSummary.id`.
  public var association: UInt64
  /// A multiple of the width since 1970; `nil` for frames without a time.
  public var start: Timestamp?
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var lost: UInt64 = 0
  public var skipped: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var reordered: UInt64 = 0
  public var suspects: UInt64 = 0
  public init(association: UInt64, start: Timestamp?) {
    (self.association, self.start) = (association, start)
  }
}
