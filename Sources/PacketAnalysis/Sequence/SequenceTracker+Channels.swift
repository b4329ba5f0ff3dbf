// Which AN of a channel sends, and which is away (rule 1).

extension SequenceTracker {
  /// Another AN of the same channel is known: rule 1 applies to it.
  mutating func joinChannel(_ record: UInt32, sibling siblingKey: CompactKey) {
    guard let slot = table.find(siblingKey) else { return }
    let key = self.key(ofRecord: Int(record))
    let sibling = Int(self.record(of: slot))
    var channel = records[sibling].channel
    if channel < 0 {
      let an = siblingKey.an
      channel = Int32(channels.count)
      channels.append(ChannelPresence(current: an))
      channels[Int(channel)].records[Int(an)] = Int32(sibling)
      records[sibling].channel = channel
    }
    channels[Int(channel)].records[Int(key.an)] = Int32(record)
    records[Int(record)].channel = channel
  }

  /// Rule 1: whether the AN was away when this frame of it arrived.
  mutating func presence(_ record: UInt32, time: Timestamp) -> Bool {
    let channel = Int(records[Int(record)].channel)
    guard channel >= 0 else { return false }
    let an = key(ofRecord: Int(record)).an
    guard channels[channel].current != an else { return false }
    let before = channels[channel].current
    var frames: InlineArray<4, UInt64> = .init(repeating: 0)
    for other in 0..<4 where channels[channel].records[other] >= 0 {
      let sibling = Int(channels[channel].records[other])
      if sibling != Int(record) {
        let slot = table.slot(at: Int(records[sibling].start))
        settleSlot(slot)
        refreshSlot(slot)
        // From now on a frame of it is a change back, which the short path must not take.
        if other == Int(before) { slot.pointee.shape.needsCare = true }
      }
      frames[other] = records[sibling].framesSeen
    }
    return channels[channel].change(to: an, time: time, frames: frames, rules: rules)
  }

  /// The last frame of the channel had another AN: the next one of this AN is a change.
  @inline(__always)
  func isNotCurrent(_ index: Int) -> Bool {
    let channel = Int(records[index].channel)
    return channel >= 0 && channels[channel].current != key(ofRecord: index).an
  }
}
