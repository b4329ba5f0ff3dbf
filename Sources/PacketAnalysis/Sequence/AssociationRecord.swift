/// What is known of an association that is not, or no longer, unbroken (`AssociationStart`), besides
/// its slot. The common packet does not touch it.
struct AssociationRecord: BitwiseCopyable {
  /// The epoch that frames in order belong to. `numbers.distinct` is 0 where there is none yet.
  var newest: EpochState
  // The flags come first, behind the origin of the epoch, which is one octet too: so no room is lost.
  var hasOlder = false
  var isAbsent = false
  /// Frames are held: there is a `Deliberation`.
  var isDeliberated = false
  /// Frames were held at some time.
  var wasDeliberated = false
  var sawEncrypted: Bool
  var sawChanged: Bool
  /// Frames of the association that have been counted.
  var frameIndex: UInt64 = 0
  var olderDeadline: UInt64 = 0
  /// The number that the newest epoch, or its latest jump, began with.
  var anchor: UInt64 = 0
  /// All frames seen, counted or still deliberated (rule 1 counts every frame).
  var framesSeen: UInt64 = 0
  /// The latest time by when a frame last left the short path, where silences count.
  var lastCareTime = Timestamp.absent.nanosecondsSinceEpoch
  /// Index of the channel where several ANs of it have been seen; -1: none.
  var channel: Int32 = -1
  /// Index of the association: what else is known of it is in its `AssociationStart`.
  var start: UInt32
  var vlans: VLANStack

  /// Of an association behind its first frame.
  ///
  /// - Parameter index: of the association.
  init(_ start: AssociationStart, at index: Int) {
    newest = EpochState(start)
    self.start = UInt32(index)
    vlans = start.vlans
    (sawEncrypted, sawChanged) = (start.isEncrypted, start.isChanged)
    guard start.number != 0 else { return }
    anchor = newest.numbers.lowest
    (frameIndex, framesSeen) = (1, 1)
  }

  /// Brings it up to date with what the short path counted.
  mutating func settle(_ slot: AssociationSlot) {
    let packets = newest.settle(slot)
    frameIndex += packets
    framesSeen += packets
  }
}
