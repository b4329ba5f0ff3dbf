// Associations that are silent for long: they are closed, and make room for others.
//
// All of it depends on the times of frames alone, and on their order: not on batches, nor on any clock.

extension SequenceTracker {
  /// To be called for a frame that left the short path, which each does that comes more than four
  /// seconds after the one before: what was in doubt before a silence is decided.
  mutating func closeIfSilent(
    _ slot: UnsafeMutablePointer<AssociationSlot>, until time: Timestamp
  ) {
    guard let timeout = limits.idleNanoseconds else { return }
    let record = slot.pointee.record
    let (now, absent) = (time.nanosecondsSinceEpoch, Timestamp.absent.nanosecondsSinceEpoch)
    let last = max(slot.pointee.lastTime, records[Int(record)].lastCareTime)
    // Of frames whose times step back the latest counts; absent is before all.
    records[Int(record)].lastCareTime = max(now, last)
    guard last != absent, now > last,
      case let (silence, overflow) = now.subtractingReportingOverflow(last),
      overflow || silence > timeout
    else { return }
    givenUp.reopenings += 1
    close(record)
  }

  /// Decides what is in doubt, as at the end of a capture.
  private mutating func close(_ record: UInt32) {
    if records[Int(record)].isDeliberated, let deliberation = deliberations[record] {
      givenUp.judgedBySilence += UInt64(deliberation.openCount)
      let held = deliberation.heldCount
      hand(on: deliberation, record, isEnd: true)
      heldFrames -= held
      forget(deliberation, record)
    }
    if records[Int(record)].hasOlder { finishOlder(record) }
  }

  // MARK: Making room

  /// Counts associations that are silent for the timeout together, by point, those first that are so
  /// for longest, until there is room for a quarter of what the limit allows.
  ///
  /// Not in the midst of anything: records move.
  ///
  /// - Returns: whether there is room for one row.
  mutating func makeRoom(at time: Timestamp) -> Bool {
    guard let timeout = limits.idleNanoseconds, let now = time.known?.nanosecondsSinceEpoch,
      now >= nextRoom
    else { return false }
    let (cutoff, overflow) = now.subtractingReportingOverflow(timeout)
    guard !overflow else { return false }
    let target = limits.associations - max(1, limits.associations / 4)
    let closed = silentRecords(since: cutoff, untilRows: target)
    for record in closed { close(record) }
    foldFinished(closed: Set(closed), since: cutoff, untilRows: target)
    removeRecords(Set(closed))
    // Where that made little room, others are not looked at again at once.
    if rowCount > limits.associations - max(1, limits.associations / 16) {
      nextRoom = now.addingReportingOverflow(timeout / 16).partialValue
    }
    return rowCount < limits.associations
  }

  /// Records to be closed. The ANs of a channel depend on one another: they go together.
  private mutating func silentRecords(since cutoff: Int64, untilRows target: Int) -> [UInt32] {
    var lastTimes = [Int64](repeating: 0, count: records.count)
    var channelTimes = [Int64](repeating: .min, count: channels.count)
    for index in 0..<records.count {
      if let slot = table.find(records[index].key) {
        settleSlot(slot)
        refreshSlot(slot)
      }
      // Without a time nothing says that it is silent.
      let last = records[index].newest.lastTime.known?.nanosecondsSinceEpoch ?? .max
      lastTimes[index] = max(last, records[index].lastCareTime)
      let channel = Int(records[index].channel)
      if channel >= 0 { channelTimes[channel] = max(channelTimes[channel], lastTimes[index]) }
    }
    var rowsOfRecord = [Int](repeating: 1, count: records.count)
    for (record, _) in finished { rowsOfRecord[record] += 1 }
    for index in 0..<records.count where records[index].channel >= 0 {
      lastTimes[index] = channelTimes[Int(records[index].channel)]
    }
    let channelsOfRecords = (0..<records.count).map { records[$0].channel }
    let silent = lastTimes.indices.filter { lastTimes[$0] <= cutoff }.sorted { a, b in
      (lastTimes[a], channelsOfRecords[a], a) < (lastTimes[b], channelsOfRecords[b], b)
    }
    var (rows, closed) = (rowCount, [UInt32]())
    for (position, index) in silent.enumerated() {
      let channel = records[index].channel
      let isOfLast =
        channel >= 0 && position > 0 && channelsOfRecords[silent[position - 1]] == channel
      guard rows > target || isOfLast else { break }
      rows -= rowsOfRecord[index]
      closed.append(UInt32(index))
    }
    return closed
  }

  /// Of records that are closed all epochs, and the earliest of others that ended so long ago.
  private mutating func foldFinished(
    closed: Set<UInt32>, since cutoff: Int64, untilRows target: Int
  ) {
    var kept: [(record: Int, epoch: EpochState)] = []
    var keeps: Set<Int> = []
    let rowsOfClosed = finished.count { closed.contains(UInt32($0.record)) } + closed.count
    var surplus = rowCount - rowsOfClosed - target
    for (record, epoch) in finished {
      let isClosed = closed.contains(UInt32(record))
      let last = epoch.lastTime.known?.nanosecondsSinceEpoch ?? .max
      if isClosed {
        fold(epoch, silent: record)
      } else if surplus > 0, last <= cutoff, !keeps.contains(record) {
        fold(epoch, silent: record)
        epochsBefore[UInt32(record), default: 0] += 1
        surplus -= 1
      } else {
        keeps.insert(record)
        kept.append((record, epoch))
      }
    }
    finished = kept
    for record in closed.sorted() { fold(records[Int(record)].newest, silent: Int(record)) }
  }

  private mutating func fold(_ epoch: EpochState, silent record: Int) {
    var epoch = epoch
    counting.suspects.forgetCopies(of: epoch.ordinal)
    let own = epochsGivenUp.removeValue(forKey: epoch.ordinal)
    let ranges = counting.ranges.removeLowest(Int(epoch.missingCount), from: &epoch.missing)
    givenUp.add(
      silent: epoch, point: Int(records[record].key.point),
      gaps: ranges.gaps + (own?.forgotten.gaps ?? 0))
  }

  /// Lets the others move up, in their order, into a table of its own with the same hashes.
  private mutating func removeRecords(_ removed: Set<UInt32>) {
    guard !removed.isEmpty else { return }
    var places = [Int](repeating: -1, count: records.count)
    var newTable = AssociationTable(hashingAs: table)
    var newRecords = RecordArray<AssociationRecord>()
    for index in 0..<records.count where !removed.contains(UInt32(index)) {
      let place = newRecords.append(records[index])
      places[index] = place
      let key = records[index].key
      let new = newTable.insert(key, hash: newTable.hasher.hash(key), record: UInt32(place))
      if let old = table.find(key) { new.pointee = old.pointee }
      new.pointee.record = UInt32(place)
    }
    func moved<Value>(_ values: [UInt32: Value]) -> [UInt32: Value] {
      var moved: [UInt32: Value] = [:]
      for (record, value) in values where places[Int(record)] >= 0 {
        moved[UInt32(places[Int(record)])] = value
      }
      return moved
    }
    older = moved(older)
    deliberations = moved(deliberations)
    moreAddresses = moved(moreAddresses)
    foldedCounts = moved(foldedCounts)
    epochsBefore = moved(epochsBefore)
    for index in finished.indices { finished[index].record = places[finished[index].record] }

    var newChannels: [ChannelPresence] = []
    for var channel in channels {
      for an in 0..<4 where channel.records[an] >= 0 {
        channel.records[an] = Int32(places[Int(channel.records[an])])
        if channel.records[an] >= 0 {
          newRecords[Int(channel.records[an])].channel = Int32(newChannels.count)
        }
      }
      if (0..<4).contains(where: { channel.records[$0] >= 0 }) { newChannels.append(channel) }
    }
    channels = newChannels
    table = newTable
    records = newRecords
  }
}
