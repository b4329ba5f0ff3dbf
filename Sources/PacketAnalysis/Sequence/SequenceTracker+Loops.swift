// A capture that is read again, as if it had been taken after itself.

extension SequenceTracker {
  /// Decides what is still open, and lets everything begin anew: the next frame of an association
  /// begins an epoch, whatever its number.
  mutating func beginAgain() {
    for index in 0..<starts.count { _ = record(at: AssociationPlace(start: index)) }
    finish()
    for start in 0..<starts.count {
      guard let index = starts[start].record else { continue }
      if records[index].newest.packets > 0 {
        end(records[index].newest, of: index)
        records[index].newest = EpochState(
          ordinal: nextEpoch(), origin: .first, firstPlace: records[index].newest.firstPlace)
      }
      records[index].frameIndex = 0
      records[index].framesSeen = 0
      records[index].anchor = 0
      records[index].isAbsent = false
      records[index].lastCareTime = Timestamp.absent.nanosecondsSinceEpoch
      refreshSlot(table.slot(at: start))
    }
    nextRoom = .min
    for index in 0..<channels.count { channels[index] = channels[index].beginningAgain }
  }
}
