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

/// What was found out ahead about the associations of a part: of each what `locate` needs, then what it
/// returned. Where nobody looked, 0.
private struct JoinExpectation: ~Copyable {
  // No `InlineArray`: all of it would be copied to read one element (`docs/performance.md`).
  private var known: RecordArray<UInt32>

  init() {
    known = RecordArray()
    known.append(count: 32, of: 0)
  }

  subscript(index: Int) -> UInt32 {
    get { known[index & 31] }
    set { known[index & 31] = newValue }
  }
}

extension SequenceTracker where Sink == NoSink {
  /// The channels of `part`, which is settled, that are not plain here or there, as they are named
  /// here; and how many frames of the part are theirs.
  func doubtfulChannels(
    of part: borrowing SequenceTracker, translation: KeyTranslation
  ) -> (channels: Set<CompactKey>, frameCount: UInt64) {
    var doubtful: Set<CompactKey> = []
    for channel in channels {
      for an in 0..<4 where channel.records[an] >= 0 {
        doubtful.insert(key(ofRecord: Int(channel.records[an])).channel)
      }
    }
    for record in deliberations.keys { doubtful.insert(key(ofRecord: Int(record)).channel) }
    for record in older.keys { doubtful.insert(key(ofRecord: Int(record)).channel) }
    for index in 0..<part.records.count where !part.records[index].isPlain {
      doubtful.insert(translation(part.key(ofRecord: index)).channel)
    }
    guard !doubtful.isEmpty else { return ([], 0) }
    var frameCount: UInt64 = 0
    for index in 0..<part.starts.count
    where doubtful.contains(translation(part.key(at: index)).channel) {
      frameCount += part.framesSeen(at: index)
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
    return isWithin(limits.associations, rowCount, part.starts.count, repeated)
      && isWithin(
        limits.gaps, counting.ranges.count, part.counting.ranges.peak, 2 * part.starts.count,
        repeated)
      && isWithin(
        limits.heldFrames, heldFrames, repeated,
        AnalysisLimits.deliberationFrames * min(part.starts.count, repeated))
      && isWithin(
        limits.copies, counting.suspects.copyCount, part.counting.suspects.peakCopyCount,
        part.starts.count, copies)
  }

  /// How many frames of `part` could be copies of the only number of an epoch if they were observed
  /// again, at most one for each of its associations left out.
  ///
  /// The number of a copy came before. In the part: there it counted as a duplicate. Or only here: as
  /// the only number of the one epoch that there is, which the first one in the part is a copy of.
  private func mostCopies(
    of part: borrowing SequenceTracker, translation: KeyTranslation, doubtful: Set<CompactKey>
  ) -> UInt64 {
    var count: UInt64 = 0
    for index in 0..<part.starts.count {
      let start = part.starts[index]
      let isDoubtful =
        !doubtful.isEmpty && doubtful.contains(translation(part.key(at: index)).channel)
      if let record = start.record {
        let newest = part.records[record].newest
        let isWide = newest.numbers.highest - newest.numbers.lowest > UInt64(UInt32.max)
        count += isDoubtful || isWide ? part.records[record].framesSeen : newest.duplicates
      } else if isDoubtful {
        count += part.framesSeen(at: index)
      }
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
    var expectation = JoinExpectation()
    for index in 0..<part.starts.count {
      expect(part, from: index, translation: translation, &expectation)
      let key = translation(part.key(at: index))
      let hash = table.hasher.hash(key)
      let firstLate = late
      while late < lateNumbers.count, lateNumbers[late].association == UInt32(index) { late += 1 }
      if !again.isEmpty, again.contains(key.channel) { continue }
      if let slot = table.find(key, hash: hash) {
        if Self.next(in: part, index, slot) != nil { continue }
        let record = Int(record(of: slot))
        settleSlot(slot)
        let isSafe = part.withAnyRecord(at: index) {
          union(with: $0, record, lateNumbers: lateNumbers[firstLate..<late], framesBefore: 0)
            != nil
        }
        if !isSafe { again.insert(key.channel) }
      } else if table.sibling(of: key, hash: hash) != nil {
        again.insert(key.channel)
      }
    }
    var frameCount: UInt64 = 0
    for index in 0..<part.starts.count
    where again.contains(translation(part.key(at: index)).channel) {
      frameCount += part.framesSeen(at: index)
    }
    return frameCount
  }

  private var sortedLateNumbers: [PartNotes.LateNumber] {
    (partNotes?.lateNumbers ?? []).sorted { $0.association < $1.association }
  }

  /// What both parts have of the record `index` as one epoch; `nil` where that is not safe.
  private func union(
    with theirs: borrowing AssociationRecord, _ index: Int,
    lateNumbers: ArraySlice<PartNotes.LateNumber>, framesBefore: UInt64
  ) -> EpochUnion? {
    let record = records.pointer(at: index)
    guard record.pointee.newest.numbers.distinct > 0 else { return nil }
    return EpochUnion(
      record.pointee.newest, theirs.newest, first: theirs.anchor, lateNumbers: lateNumbers,
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
    var expectation = JoinExpectation()
    let adopted = counting.ranges.adopt(part.counting.ranges, framesBefore: framesBefore)
    for index in 0..<part.starts.count {
      expect(part, from: index, translation: translation, &expectation, adopted)
      let key = translation(part.key(at: index))
      let hash = table.hasher.hash(key)
      let firstLate = late
      while late < lateNumbers.count, lateNumbers[late].association == UInt32(index) { late += 1 }
      let isDoubtful = !again.isEmpty && again.contains(key.channel)
      if let slot = table.find(key, hash: hash) {
        if isDoubtful { continue }
        if let next = Self.next(in: part, index, slot) {
          slot.pointee.append(
            next.pointee, beginning: part.starts[index].time, framesBefore: framesBefore)
          continue
        }
        let record = Int(record(of: slot))
        settleSlot(slot)
        if !join(
          part, index, record, lateNumbers: lateNumbers[firstLate..<late], adopted, framesBefore)
        {
          again.insert(key.channel)
        }
        refreshSlot(slot)
      } else if isDoubtful || table.sibling(of: key, hash: hash) != nil {
        // In its place, so that associations stay in the order of their first frames.
        addEmpty(part, index, key, hash)
        again.insert(key.channel)
      } else {
        take(part, index, key, adopted, framesBefore)
      }
    }
    release(adopted, of: part, channels: again, translation: translation)
    // Illegal tags of associations that have no frame in the part.
    for (key, count) in part.earlyBadTags.counts {
      let key = translation(key)
      if !again.contains(key.channel) { countBadTags(key, times: count) }
    }
    return again
  }

  /// Gives up the missing ranges of what is observed again.
  private mutating func release(
    _ adopted: AdoptedRanges, of part: borrowing SequenceTracker, channels: Set<CompactKey>,
    translation: KeyTranslation
  ) {
    guard !channels.isEmpty else { return }
    for index in 0..<part.records.count
    where channels.contains(translation(part.key(ofRecord: index)).channel) {
      counting.ranges.removeAll(from: adopted(part.records[index].newest.missing))
    }
    for epoch in part.older.values { counting.ranges.removeAll(from: adopted(epoch.missing)) }
    for (_, epoch) in part.finished { counting.ranges.removeAll(from: adopted(epoch.missing)) }
  }

  /// Asks for what will be needed of the associations that come soon after `index` in the part: first
  /// for what tells where their slots are, then for these, then for the records that they name, and then
  /// for the missing ranges of these.
  // As a call of its own it would get a copy of all of the tracker's properties (Swift 6.3.1).
  @inline(__always)
  private func expect(
    _ part: borrowing SequenceTracker, from index: Int, translation: KeyTranslation,
    _ expectation: inout JoinExpectation, _ adopted: AdoptedRanges? = nil
  ) {
    if index + 24 < part.starts.count {
      let key = translation(part.key(at: index + 24))
      expectation[index + 24] = table.expect(table.hasher.hash(key), an: key.an)
    }
    if index + 16 < part.starts.count {
      part.prefetchAny(at: index + 16)
      expectation[index + 16] = AssociationTable.index(at: table.locate(expectation[index + 16]))
    }
    if index + 8 < part.starts.count {
      if let record = expectedRecord(expectation[index + 8]) { records.prefetchAll(record) }
      if let record = part.starts[index + 8].record {
        starts.prefetch(Int(expectation[index + 8]))
        if let adopted {
          counting.ranges.prefetch(adopted(part.records[record].newest.missing))
        }
      }
    }
    if index + 4 < part.starts.count, let record = expectedRecord(expectation[index + 4]) {
      counting.ranges.prefetch(records[record].newest.missing)
    }
  }

  /// - Parameter located: index of an association, or any.
  private func expectedRecord(_ located: UInt32) -> Int? {
    guard located < table.count else { return nil }
    let place = table.slot(at: Int(located)).pointee.place
    return place.isUnbroken ? nil : place.record
  }

  /// The slot of an association of the part which is unbroken there, and is simply what comes next in
  /// `slot`, which is here: the short path would have taken each of its frames.
  private static func next(
    in part: borrowing SequenceTracker, _ index: Int,
    _ slot: UnsafeMutablePointer<AssociationSlot>
  ) -> UnsafeMutablePointer<AssociationSlot>? {
    let start = part.starts[index]
    guard start.record == nil, start.pauses == nil, slot.pointee.expected == start.number,
      slot.pointee.step(to: start.time) <= UInt64(UInt32.max),
      !slot.pointee.shape.needsCare
    else { return nil }
    let next = part.table.slot(at: index)
    return slot.pointee.shape == next.pointee.shape ? next : nil
  }

  /// Joins an association that both parts have; no, where that is not safe.
  private mutating func join(
    _ part: borrowing SequenceTracker, _ other: Int, _ index: Int,
    lateNumbers: ArraySlice<PartNotes.LateNumber>, _ adopted: AdoptedRanges,
    _ framesBefore: UInt64
  ) -> Bool {
    part.withAnyRecord(at: other) { theirs in
      guard
        let union = union(
          with: theirs, index, lateNumbers: lateNumbers, framesBefore: framesBefore)
      else { return false }
      let record = records.pointer(at: index)
      union.add(
        theirs.newest, missing: adopted(theirs.newest.missing), to: &record.pointee.newest,
        in: &counting.ranges)
      record.pointee.frameIndex += theirs.frameIndex
      record.pointee.framesSeen += theirs.framesSeen
      record.pointee.sawEncrypted = record.pointee.sawEncrypted || theirs.sawEncrypted
      record.pointee.sawChanged = record.pointee.sawChanged || theirs.sawChanged
      addAddresses(of: part, other, to: index)
      return true
    }
  }

  private mutating func addAddresses(
    of part: borrowing SequenceTracker, _ other: Int, to index: Int
  ) {
    let more = part.moreAddresses(at: other)
    let theirs = part.starts[other]
    let known = starts[Int(records[index].start)]
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

  /// Those of an association that has more than the first.
  private func moreAddresses(at index: Int) -> AddressSets? {
    guard !moreAddresses.isEmpty, let record = starts[index].record else { return nil }
    return moreAddresses[UInt32(record)]
  }

  /// An association that begins in the later part: all of it is taken over.
  private mutating func take(
    _ part: borrowing SequenceTracker, _ other: Int, _ key: CompactKey, _ adopted: AdoptedRanges,
    _ framesBefore: UInt64
  ) {
    let start = part.starts[other].adopted(ordinal: nextEpoch(), framesBefore: framesBefore)
    let slot = add(key, start, shape: FrameShape(tci: 0, addresses: (0, 0)))
    slot.pointee.adopt(part.table.slot(at: other).pointee, framesBefore: framesBefore)
    let badTags = earlyBadTags.isEmpty ? 0 : earlyBadTags.take(key)
    if badTags > 0 { records[Int(record(of: slot))].newest.badTags = badTags }
    if part.starts[other].record == nil, part.starts[other].pauses == nil { return }

    let theirs = part.anyRecord(at: other)
    var epoch = theirs.newest.moved(by: framesBefore)
    epoch.ordinal = start.ordinal
    epoch.badTags = badTags
    epoch.missing = adopted(theirs.newest.missing)
    if epoch.numbers.distinct == 1, epoch.duplicates > 0 {
      for copy in part.counting.suspects.copies(of: theirs.newest.ordinal) {
        var copy = copy
        copy.epoch = epoch.ordinal
        copy.place = copy.place.moved(by: framesBefore)
        counting.suspects.addCopy(copy)
      }
    }
    let index = Int(record(of: slot))
    var record = theirs
    (record.newest, record.start) = (epoch, records[index].start)
    records[index] = record
    refreshSlot(slot)
    if let more = part.moreAddresses(at: other) { moreAddresses[UInt32(index)] = more }
  }

  /// An association that begins in the later part, and whose frames are yet to be observed.
  private mutating func addEmpty(
    _ part: borrowing SequenceTracker, _ other: Int, _ key: CompactKey, _ hash: UInt32
  ) {
    var start = part.starts[other].adopted(ordinal: nextEpoch(), framesBefore: 0)
    start.number = 0
    let sibling = key.isOfChannel ? table.sibling(of: key, hash: hash)?.pointee.key : nil
    let slot = add(key, start, shape: FrameShape(tci: 0, addresses: (0, 0)))
    let record = record(of: slot)
    records[Int(record)].vlans = part.anyRecord(at: other).vlans
    records[Int(record)].newest.badTags = earlyBadTags.take(key)
    if let sibling { joinChannel(record, sibling: sibling) }
    refreshSlot(slot)
  }
}

extension AssociationStart {
  /// The same association where its file has `framesBefore` frames before those that were counted.
  fileprivate func adopted(ordinal: UInt32, framesBefore: UInt64) -> AssociationStart {
    var start = self
    start.place = place.moved(by: framesBefore)
    start.ordinal = ordinal
    start.record = nil
    return start
  }
}

extension AssociationSlot {
  /// Takes over what a later part counted.
  fileprivate mutating func adopt(_ later: AssociationSlot, framesBefore: UInt64) {
    let (key, record) = (key, record)
    self = later
    (self.key, self.record) = (key, record)
    highestPlace = later.highestPlace.moved(by: framesBefore)
  }

  /// Counts what came next in a later part.
  fileprivate mutating func append(
    _ later: AssociationSlot, beginning time: Timestamp, framesBefore: UInt64
  ) {
    let step = UInt32(truncatingIfNeeded: step(to: time))
    expected = later.expected
    octets &+= later.octets
    lastTime = later.lastTime
    highestPlace = later.highestPlace.moved(by: framesBefore)
    minimumStep = min(minimumStep, later.minimumStep, step)
    maximumStep = max(maximumStep, later.maximumStep, step)
  }
}
