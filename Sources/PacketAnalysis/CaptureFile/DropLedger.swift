/// What a pcapng file says of the frames that were dropped on one interface.
struct DropLedger {
  /// Of the last Interface Statistics Block with drop counts.
  private var statisticsDrops: UInt64?
  private var statisticsEnd: Timestamp?
  /// The sum of the drop counts of the frames.
  private var frameDrops: UInt64?

  /// Both count the same drops where a file has both; the statistics include what came after the
  /// last frame.
  var total: UInt64? {
    guard let statisticsDrops else { return frameDrops }
    return max(statisticsDrops, frameDrops ?? 0)
  }

  /// The counters of the statistics run since the capture began: what they rose by since the block
  /// before was dropped in between.
  mutating func note(_ statistics: InterfaceStatistics, interface: Int) -> DropRecord? {
    guard let drops = statistics.drops else { return nil }
    let before = statisticsDrops ?? 0
    // Counters that fell were reset in between.
    let risen = drops >= before ? drops - before : drops
    let record = DropRecord(
      interface: interface, start: statisticsEnd ?? statistics.start, end: statistics.end,
      drops: risen, reason: .interfaceStatistics)
    statisticsDrops = drops
    statisticsEnd = statistics.end
    return risen == 0 ? nil : record
  }

  /// A frame says that `drops` frames were dropped since the one before it.
  mutating func note(
    dropCount drops: UInt64, from start: Timestamp?, to end: Timestamp?, interface: Int
  ) -> DropRecord? {
    frameDrops = (frameDrops ?? 0).addingClamped(drops)
    guard drops > 0 else { return nil }
    return DropRecord(
      interface: interface, start: start, end: end, drops: drops, reason: .dropCount)
  }
}

/// What one block says of frames that were dropped or not seen.
struct DropNote {
  enum Kind {
    /// A frame says that so many were dropped between the one before it and itself.
    case dropCount(UInt64, from: Timestamp?, to: Timestamp?)
    case statistics(InterfaceStatistics, BlindComment?)
  }

  /// Index into the interfaces of the file.
  var interface: Int
  var kind: Kind
}
