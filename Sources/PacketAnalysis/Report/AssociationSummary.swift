/// One epoch of one association. What was counted of it is in `counts`, and reads as if it were here.
@dynamicMemberLookup
public struct AssociationSummary: Sendable, Equatable {
  /// A hash of (point, key, epoch): the same on every machine.
  public var id: UInt64 = 0
  public var key: AssociationKey
  public var counts = AssociationCounts()

  // MACsec only; as the first frame had them.
  public var sciSource = SCISource.explicit
  public var vlans = VLANStack()
  /// Some frame had E = 1.
  public var encrypted = false
  /// Some frame had C = 1.
  public var changed = false
  /// The source MAC addresses, ascending, at most four (the lowest).
  public var sourceAddresses = MACAddressList()
  public var destinationAddresses = MACAddressList()

  public var firstFrame = FrameReference(file: 0, frame: 0, time: nil)
  /// `nil` for a single packet, and where no two arrivals have a forward difference.
  public var interArrival: InterArrival?
  /// What is missing of it since a limit was reached; `nil`: nothing.
  public var givenUp: EpochGivenUp?

  public init(key: AssociationKey) { self.key = key }

  @inlinable
  public subscript<Count>(dynamicMember path: WritableKeyPath<AssociationCounts, Count>) -> Count {
    get { counts[keyPath: path] }
    set { counts[keyPath: path] = newValue }
  }

  @inlinable
  public subscript<Count>(dynamicMember path: KeyPath<AssociationCounts, Count>) -> Count {
    counts[keyPath: path]
  }
}

/// What was counted of one epoch of one association: all that its place in a table and the sums of a
/// report depend on.
public struct AssociationCounts: Sendable, Equatable {
  /// Counts from 0 in order of first frame.
  public var epoch = 0
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  /// `nil` where every frame was a suspect.
  public var lowestNumber: UInt64?
  public var highestNumber: UInt64?
  public var distinct: UInt64 = 0
  /// The part of `lost` in gaps that touch a blind interval of the point.
  public var lostBlind: UInt64 = 0
  public var skipped: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var reordered: UInt64 = 0
  public var suspects: UInt64 = 0
  /// Maximal runs of missing numbers that remain.
  public var gaps: UInt64 = 0
  /// Frames with an illegal SecTAG that name this association: a lost number may be one of them.
  public var badTags: UInt64 = 0

  public init() {}

  /// highest - lowest + 1, less what was skipped.
  public var expected: UInt64 {
    guard let lowestNumber, let highestNumber else { return 0 }
    return highestNumber - lowestNumber + 1 - skipped
  }
  /// Numbers of the range that never came. Never negative.
  public var lost: UInt64 { expected - distinct }
}

/// Times between successive arrivals of an association, in file order, in nanoseconds.
public struct InterArrival: Sendable, Equatable {
  public var minimumNanoseconds: UInt64
  /// Rounded down.
  public var meanNanoseconds: UInt64
  public var maximumNanoseconds: UInt64
  public init(minimumNanoseconds: UInt64, meanNanoseconds: UInt64, maximumNanoseconds: UInt64) {
    self.minimumNanoseconds = minimumNanoseconds
    self.meanNanoseconds = meanNanoseconds
    self.maximumNanoseconds = maximumNanoseconds
  }
}
