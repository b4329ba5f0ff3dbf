/// How far a reader got with the octets that it was given.
public struct ReadStep: Sendable, Equatable {
  public enum Status: Sendable, Equatable {
    /// There may be more: the batch holds as many frames as it can, or a new interface needs to be
    /// looked at.
    case batchFull
    /// The octets that were not consumed do not hold the next record: to go on, the reader needs
    /// them again with others behind them, at least `octets` in all.
    case needsMore(octets: Int)
    /// The time of the next record is later than the limit; it was not consumed.
    case limitReached(next: Timestamp)
    /// Everything was read.
    case end
    /// Nothing from here on can be trusted. The frames of the batch are valid.
    case damaged(CaptureSummary.Damage)
    /// This is no capture that we can read: its header says so. There are no frames.
    case refused(reason: String)
  }

  /// Octets of the chunk that need not be given again.
  public var consumedOctets: Int
  public var status: Status

  public init(consumedOctets: Int, status: Status) {
    (self.consumedOctets, self.status) = (consumedOctets, status)
  }
}
