// Going on with what the tracker of the next part of a file observed on its own.
//
// Secure channels, and IPsec associations, are independent of each other. Most of those of the next
// part are *plain*: all their frames were taken at once (rule 3), and would have been after this part
// too. They are joined without looking at a frame again. The frames of all others are to be observed
// again, in their order.

/// How the keys of a part are named in another: the numbers of contexts differ.
struct KeyTranslation {
  /// By the number in the part.
  let contextNumbers: [UInt32]

  func callAsFunction(_ key: CompactKey) -> CompactKey {
    switch key.kind {
    case .macsecInContext, .espInContext, .ahInContext:
      key.with(context: contextNumbers[Int(key.context)])
    case .macsec, .espIPv4, .ahIPv4, nil: key
    }
  }
}

extension AssociationRecord {
  /// All its frames belong to one epoch and were taken at once.
  fileprivate var isPlain: Bool {
    !wasDeliberated && channel < 0 && newest.numbers.distinct > 0 && newest.suspects == 0
      && newest.badTags == 0
  }
}

extension SequenceTracker where Sink == NoSink {
  /// Brings all records up to date with what the short path counted.
  mutating func settle() {
    for index in 0..<records.count {
      if index + 8 < records.count { table.prefetch(table.hasher.hash(records[index + 8].key)) }
      if let slot = table.find(records[index].key) { settleSlot(slot) }
    }
  }

  /// The channels of `part`, which is settled, that are not plain here or there, as they are named
  /// here; and how many frames of the part are theirs.
  func doubtfulChannels(
    of part: borrowing SequenceTracker, translation: KeyTranslation
  ) -> (channels: Set<CompactKey>, frameCount: UInt64) {
    var doubtful: Set<CompactKey> = []
    for channel in channels {
      for an in 0..<4 where channel.records[an] >= 0 {
        doubtful.insert(records[Int(channel.records[an])].key.channel)
      }
    }
    for record in deliberations.keys { doubtful.insert(records[Int(record)].key.channel) }
    for record in older.keys { doubtful.insert(records[Int(record)].key.channel) }
    for index in 0..<part.records.count where !part.records[index].isPlain {
      doubtful.insert(translation(part.records[index].key).channel)
    }
    guard !doubtful.isEmpty else { return ([], 0) }
    var frameCount: UInt64 = 0
    for index in 0..<part.records.count
    where doubtful.contains(translation(part.records[index].key).channel) {
      frameCount += part.records[index].framesSeen
    }
    return (doubtful, frameCount)
  }

  /// Whether a single tracker that observed the frames of `part` after those here would reach no limit
  /// at any time, whatever becomes of the frames that are observed again.
  ///
  /// - Parameter frameCount: so many there are in the part.
  mutating func hasRoom(
    for part: borrowing SequenceTracker, translation: KeyTranslation,
    doubtful: Set<CompactKey>, frameCount: UInt64
  ) -> Bool {
    let copies = mostCopies(of: part, translation: translation, doubtful: doubtful)
    if hasRoom(
      for: part, repeated: Int(clamping: frameCount), copies: Int(clamping: min(copies, frameCount))
    ) {
      return true
    }
    // Mostly few of them are: these can be counted.
    let repeated = Int(
      clamping: repeatedCount(of: part, translation: translation, doubtful: doubtful))
    return hasRoom(for: part, repeated: repeated, copies: repeated)
  }

  /// - Parameters:
  ///   - repeated: frames of the part that are observed again, at most.
  ///   - copies: how many of them may be copies of the only number of an epoch.
  private func hasRoom(
    for part: borrowing SequenceTracker, repeated: Int, copies: Int
  ) -> Bool {
    func isWithin(_ limit: Int, _ counts: Int...) -> Bool {
      var rest = limit
      for count in counts {
        guard count <= rest else { return false }
        rest -= count
      }
      return true
    }
    // A frame begins one epoch, opens one range, is held once and is a copy once at most. Where two
    // epochs are joined, there are no more ranges than both have, and two; and the first frame of the
    // later one may be a copy.
    return isWithin(limits.associations, rowCount, part.records.count, repeated)
      && isWithin(
        limits.gaps, counting.ranges.count, part.counting.ranges.peak, 2 * part.records.count,
        repeated)
      && isWithin(
        limits.heldFrames, heldFrames, repeated,
        AnalysisLimits.deliberationFrames * min(part.records.count, repeated))
      && isWithin(
        limits.copies, counting.suspects.copyCount, part.counting.suspects.peakCopyCount,
        part.records.count, copies)
  }

  /// How many frames of `part` could be copies of the only number of an epoch if they were observed
  /// again, at most one for each of its records left out.
  ///
  /// The number of a copy came before. In the part: there it counted as a duplicate. Or only here: as
  /// the only number of the one epoch that there is, which the first one in the part is a copy of.
  private func mostCopies(
    of part: borrowing SequenceTracker, translation: KeyTranslation, doubtful: Set<CompactKey>
  ) -> UInt64 {
    var count: UInt64 = 0
    for index in 0..<part.records.count {
      let numbers = part.records[index].newest.numbers
      let isDoubtful =
        numbers.highest - numbers.lowest > UInt64(UInt32.max)
        || !doubtful.isEmpty && doubtful.contains(translation(part.records[index].key).channel)
      count +=
        isDoubtful ? part.records[index].framesSeen : part.records[index].newest.duplicates
    }
    return count
  }

  /// How many frames of `part` `goOn` leaves to be observed again, or a few more.
  private mutating func repeatedCount(
    of part: borrowing SequenceTracker, translation: KeyTranslation, doubtful: Set<CompactKey>
  ) -> UInt64 {
    var again = doubtful
    let lateNumbers = part.sortedLateNumbers
    var late = 0
    for index in 0..<part.records.count {
      expectRecords(of: part, from: index, translation: translation)
      let key = translation(part.records[index].key)
      let hash = table.hasher.hash(key)
      let firstLate = late
      while late < lateNumbers.count, lateNumbers[late].record == UInt32(index) { late += 1 }
      if !again.isEmpty, again.contains(key.channel) { continue }
      if let slot = table.find(key, hash: hash) {
        settleSlot(slot)
        let union = union(
          with: part.records[index], Int(slot.pointee.record),
          lateNumbers: lateNumbers[firstLate..<late], framesBefore: 0)
        if case .none = union { again.insert(key.channel) }
      } else if table.sibling(of: key, hash: hash) != nil {
        again.insert(key.channel)
      }
    }
    var frameCount: UInt64 = 0
    for index in 0..<part.records.count
    where again.contains(translation(part.records[index].key).channel) {
      frameCount += part.records[index].framesSeen
    }
    return frameCount
  }

  private var sortedLateNumbers: [PartNotes.LateNumber] {
    (partNotes?.lateNumbers ?? []).sorted { $0.record < $1.record }
  }

  /// What both parts have of the record `index` as one epoch; `nil` where that is not safe.
  private func union(
    with theirs: AssociationRecord, _ index: Int,
    lateNumbers: ArraySlice<PartNotes.LateNumber>, framesBefore: UInt64
  ) -> EpochUnion? {
    guard records[index].newest.numbers.distinct > 0 else { return nil }
    return EpochUnion(
      records[index].newest, theirs.newest, first: theirs.anchor, lateNumbers: lateNumbers,
      ranges: counting.ranges, rules: rules, framesBefore: framesBefore)
  }

  /// Goes on with what `part` observed of the frames that follow, before which its file has
  /// `framesBefore` others.
  ///
  /// - Parameter doubtful: see `doubtfulChannels`.
  /// - Returns: the channels whose frames are to be observed again: these, and those whose numbers
  ///   raised doubts.
  mutating func goOn(
    with part: borrowing SequenceTracker, translation: KeyTranslation,
    doubtful: Set<CompactKey>, framesBefore: UInt64
  ) -> Set<CompactKey> {
    var again = doubtful
    let lateNumbers = part.sortedLateNumbers
    var late = 0
    for index in 0..<part.records.count {
      expectRecords(of: part, from: index, translation: translation)
      let key = translation(part.records[index].key)
      let hash = table.hasher.hash(key)
      let firstLate = late
      while late < lateNumbers.count, lateNumbers[late].record == UInt32(index) { late += 1 }
      let isDoubtful = !again.isEmpty && again.contains(key.channel)
      if let slot = table.find(key, hash: hash) {
        if isDoubtful { continue }
        settleSlot(slot)
        if !join(
          part, UInt32(index), slot, lateNumbers: lateNumbers[firstLate..<late], framesBefore)
        {
          again.insert(key.channel)
        }
        refreshSlot(slot)
      } else if isDoubtful || table.sibling(of: key, hash: hash) != nil {
        // In its place, so that records stay in the order of their first frames.
        addEmpty(part.records[index], key, hash)
        again.insert(key.channel)
      } else {
        take(part, index, key, hash, framesBefore)
      }
    }
    // Illegal tags of associations that have no frame in the part.
    for (key, count) in part.earlyBadTags.counts {
      let key = translation(key)
      if !again.contains(key.channel) { countBadTags(key, times: count) }
    }
    return again
  }

  /// Asks for what will be needed of the associations that come soon after `index` in the part: first
  /// for their slots, then for the records that these name.
  private func expectRecords(
    of part: borrowing SequenceTracker, from index: Int, translation: KeyTranslation
  ) {
    if index + 16 < part.records.count {
      table.prefetch(table.hasher.hash(translation(part.records[index + 16].key)))
    }
    if index + 8 < part.records.count,
      let slot = table.find(translation(part.records[index + 8].key))
    {
      records.prefetchAll(Int(slot.pointee.record))
    }
  }

  /// Joins an association that both parts have; no, where that is not safe.
  private mutating func join(
    _ part: borrowing SequenceTracker, _ other: UInt32,
    _ slot: UnsafeMutablePointer<AssociationSlot>,
    lateNumbers: ArraySlice<PartNotes.LateNumber>, _ framesBefore: UInt64
  ) -> Bool {
    let index = Int(slot.pointee.record)
    let theirs = part.records[Int(other)]
    guard
      let union = union(
        with: theirs, index, lateNumbers: lateNumbers, framesBefore: framesBefore)
    else { return false }
    records[index].newest = union.make(part: part.counting.ranges, in: &counting.ranges)
    records[index].frameIndex += theirs.frameIndex
    records[index].framesSeen += theirs.framesSeen
    records[index].sawEncrypted = records[index].sawEncrypted || theirs.sawEncrypted
    records[index].sawChanged = records[index].sawChanged || theirs.sawChanged
    addAddresses(of: part, other, to: index)
    return true
  }

  private mutating func addAddresses(
    of part: borrowing SequenceTracker, _ other: UInt32, to index: Int
  ) {
    let theirs = part.records[Int(other)]
    let more = part.moreAddresses.isEmpty ? nil : part.moreAddresses[other]
    let known = records[index]
    if theirs.sourceAddress == known.sourceAddress,
      theirs.destinationAddress == known.destinationAddress, more == nil
    {
      return
    }
    let sources = [theirs.sourceAddress].filter { $0 != AddressSets.none }.map(MACAddress.init)
    for address in sources + (more?.sources ?? []) where address.rawValue != known.sourceAddress {
      moreAddresses[UInt32(index), default: AddressSets()].add(source: address)
    }
    let destinations = [theirs.destinationAddress].filter { $0 != AddressSets.none }
      .map(MACAddress.init)
    for address in destinations + (more?.destinations ?? [])
    where address.rawValue != known.destinationAddress {
      moreAddresses[UInt32(index), default: AddressSets()].add(destination: address)
    }
  }

  /// An association that begins in the later part: all of it is taken over.
  private mutating func take(
    _ part: borrowing SequenceTracker, _ other: Int, _ key: CompactKey, _ hash: UInt32,
    _ framesBefore: UInt64
  ) {
    let theirs = part.records[other]
    var epoch = theirs.newest.moved(by: framesBefore)
    epoch.ordinal = nextEpoch()
    epoch.badTags = earlyBadTags.isEmpty ? 0 : earlyBadTags.take(key)
    epoch.missing = 0
    if epoch.missingCount > 0 {
      part.counting.ranges.forEach(in: theirs.newest.missing) { range, _ in
        counting.ranges.insert(
          range.moved(by: 0, frames: framesBefore), isHighest: true, into: &epoch.missing)
      }
    }
    if epoch.numbers.distinct == 1, epoch.duplicates > 0 {
      for copy in part.counting.suspects.copies(of: theirs.newest.ordinal) {
        var copy = copy
        copy.epoch = epoch.ordinal
        copy.place = copy.place.moved(by: framesBefore)
        counting.suspects.addCopy(copy)
      }
    }
    var record = theirs
    (record.key, record.newest) = (key, epoch)
    let index = records.append(record)
    refreshSlot(table.insert(key, hash: hash, record: UInt32(index)))
    if let more = part.moreAddresses[UInt32(other)] { moreAddresses[UInt32(index)] = more }
  }

  /// An association that begins in the later part, and whose frames are yet to be observed.
  private mutating func addEmpty(_ theirs: AssociationRecord, _ key: CompactKey, _ hash: UInt32) {
    let index = records.append(
      AssociationRecord(
        newest: EpochState(
          ordinal: nextEpoch(), origin: .first, firstPlace: theirs.newest.firstPlace),
        key: key, isMACsec: theirs.isMACsec, sciSource: theirs.sciSource, vlans: theirs.vlans,
        sourceAddress: theirs.sourceAddress, destinationAddress: theirs.destinationAddress))
    records[index].newest.badTags = earlyBadTags.take(key)
    let slot = table.insert(key, hash: hash, record: UInt32(index))
    if theirs.isMACsec { joinChannel(UInt32(index), hash: hash) }
    refreshSlot(slot)
  }
}
