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
    let (sum, isOverflow) = (frameDrops ?? 0).addingReportingOverflow(drops)
    frameDrops = isOverflow ? .max : sum
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

extension [DropRecord] {
  /// Adds a record; one that goes on where the last ended becomes part of it, so that a file that
  /// drops all the time does not fill memory.
  mutating func add(_ record: DropRecord) {
    if let last, last.interface == record.interface, last.reason == record.reason,
      let end = last.end, end == record.start
    {
      self[count - 1].end = record.end
      let (sum, isOverflow) = last.drops.addingReportingOverflow(record.drops)
      self[count - 1].drops = isOverflow ? .max : sum
    } else {
      append(record)
    }
  }
}
