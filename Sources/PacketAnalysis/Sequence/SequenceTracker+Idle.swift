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
    let record = slot.pointee.place.word
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
      conclude(deliberation, record)
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
    settle()
    let closed = silentAssociations(since: cutoff, untilRows: target)
    for index in closed {
      if let record = starts[index].record { close(UInt32(record)) }
    }
    foldFinished(closed: Set(closed), since: cutoff, untilRows: target)
    removeAssociations(Set(closed))
    // Where that made little room, others are not looked at again at once.
    if rowCount > limits.associations - max(1, limits.associations / 16) {
      nextRoom = now.addingReportingOverflow(timeout / 16).partialValue
    }
    return rowCount < limits.associations
  }

  /// Associations to be closed. The ANs of a channel depend on one another: they go together.
  private func silentAssociations(since cutoff: Int64, untilRows target: Int) -> [Int] {
    var lastTimes = [Int64](repeating: 0, count: starts.count)
    var channelsOfAll = [Int32](repeating: -1, count: starts.count)
    var channelTimes = [Int64](repeating: .min, count: channels.count)
    for index in 0..<starts.count {
      if index + 8 < starts.count { prefetchAny(at: index + 8) }
      let record = anyRecord(at: index)
      // Without a time nothing says that it is silent.
      let last = record.newest.lastTime.known?.nanosecondsSinceEpoch ?? .max
      lastTimes[index] = max(last, record.lastCareTime)
      channelsOfAll[index] = record.channel
      let channel = Int(record.channel)
      if channel >= 0 { channelTimes[channel] = max(channelTimes[channel], lastTimes[index]) }
    }
    var rowsOfAll = [Int](repeating: 1, count: starts.count)
    for (record, _) in finished { rowsOfAll[Int(records[record].start)] += 1 }
    for index in lastTimes.indices where channelsOfAll[index] >= 0 {
      lastTimes[index] = channelTimes[Int(channelsOfAll[index])]
    }
    let silent = lastTimes.indices.filter { lastTimes[$0] <= cutoff }.sorted { a, b in
      (lastTimes[a], channelsOfAll[a], a) < (lastTimes[b], channelsOfAll[b], b)
    }
    var (rows, closed) = (rowCount, [Int]())
    for (position, index) in silent.enumerated() {
      let channel = channelsOfAll[index]
      let isOfLast =
        channel >= 0 && position > 0 && channelsOfAll[silent[position - 1]] == channel
      guard rows > target || isOfLast else { break }
      rows -= rowsOfAll[index]
      closed.append(index)
    }
    return closed
  }

  /// Of associations that are closed all epochs, and the earliest of others that ended so long ago.
  private mutating func foldFinished(
    closed: Set<Int>, since cutoff: Int64, untilRows target: Int
  ) {
    var kept: [(record: Int, epoch: EpochState)] = []
    var keeps: Set<Int> = []
    let rowsOfClosed = finished.count { closed.contains(Int(records[$0.record].start)) }
    var surplus = rowCount - rowsOfClosed - closed.count - target
    for (record, epoch) in finished {
      let start = Int(records[record].start)
      let last = epoch.lastTime.known?.nanosecondsSinceEpoch ?? .max
      if closed.contains(start) {
        fold(epoch, silent: start)
      } else if surplus > 0, last <= cutoff, !keeps.contains(record) {
        fold(epoch, silent: start)
        epochsBefore[UInt32(record), default: 0] += 1
        surplus -= 1
      } else {
        keeps.insert(record)
        kept.append((record, epoch))
      }
    }
    finished = kept
    for index in closed.sorted() { fold(anyRecord(at: index).newest, silent: index) }
  }

  private mutating func fold(_ epoch: EpochState, silent index: Int) {
    counting.suspects.forgetCopies(of: epoch.ordinal)
    fold(epoch, ofAssociation: index, into: \.silent)
  }

  /// Lets the others move up, in their order, into a table of its own with the same hashes.
  private mutating func removeAssociations(_ removed: Set<Int>) {
    guard !removed.isEmpty else { return }
    var places = [Int](repeating: -1, count: records.count)
    var newTable = AssociationTable(hashingAs: table)
    var newStarts = RecordArray<AssociationStart>()
    var newPauses = RecordArray<Pauses>()
    var newRecords = RecordArray<AssociationRecord>()
    for index in 0..<starts.count where !removed.contains(index) {
      var start = starts[index]
      var place = AssociationPlace(start: newStarts.count)
      if let old = start.record {
        var record = records[old]
        record.start = UInt32(newStarts.count)
        places[old] = newRecords.append(record)
        start.record = places[old]
        place = AssociationPlace(record: places[old])
      } else if let old = start.pauses {
        start.pauses = newPauses.append(pauses[old])
      }
      _ = newStarts.append(start)
      let new = newTable.insert(key(at: index), record: place.word)
      new.pointee = table.slot(at: index).pointee
      new.pointee.record = place.word
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
    starts = newStarts
    pauses = newPauses
    records = newRecords
  }
}
