// What is given up where a limit is reached, and how it is counted.

extension SequenceTracker {
  /// Rows that a report would have.
  var rowCount: Int { starts.count + finished.count }

  /// Whether anything was given up.
  var hasReachedLimit: Bool {
    givenUp.leavesOutFrames || givenUp.forgotten.gaps > 0 || givenUp.forgotten.skips > 0
      || givenUp.hastyFrames > 0 || counting.suspects.unlistedCopies > 0
  }

  // MARK: Rows

  /// An epoch is over: a row of its own, or counted together with others.
  mutating func end(_ epoch: EpochState, of record: Int) {
    counting.suspects.forgetCopies(of: epoch.ordinal)
    if rowCount < limits.associations {
      finished.append((record, epoch))
    } else {
      fold(epoch, of: record)
    }
  }

  private mutating func fold(_ epoch: EpochState, of record: Int) {
    fold(epoch, ofAssociation: Int(records[record].start), into: \.folded)
    foldedCounts[UInt32(record), default: 0] += 1
  }

  /// Counts an epoch together with others that have no row.
  mutating func fold(
    _ epoch: EpochState, ofAssociation index: Int,
    into rowless: WritableKeyPath<GivenUp, RowlessEpochs>
  ) {
    var epoch = epoch
    let own = epochsGivenUp.removeValue(forKey: epoch.ordinal)
    let ranges = counting.ranges.removeLowest(Int(epoch.missingCount), from: &epoch.missing)
    givenUp[keyPath: rowless].add(
      epoch, of: key(at: index), gaps: ranges.gaps + (own?.forgotten.gaps ?? 0))
  }

  // MARK: Missing ranges

  /// To be called before a frame is judged, which may need one range more.
  @inline(__always)
  mutating func makeRoomForRange() {
    if counting.ranges.count >= limits.gaps { forgetRanges() }
  }

  /// Lets every epoch keep as many of its highest ranges as leave half of what the limit allows: only
  /// those with the most lose any, the lowest first. Half, so that it is seldom done.
  @inline(never)
  private mutating func forgetRanges() {
    let kept = keptRangeCount(of: limits.gaps / 2)
    for index in 0..<records.count where records[index].newest.missingCount > kept {
      records[index].newest = withoutRanges(records[index].newest, butFor: kept)
    }
    for record in Array(older.keys) {
      guard let epoch = older[record], epoch.missingCount > kept else { continue }
      older[record] = withoutRanges(epoch, butFor: kept)
    }
    for index in finished.indices where finished[index].epoch.missingCount > kept {
      finished[index].epoch = withoutRanges(finished[index].epoch, butFor: kept)
    }
  }

  private mutating func withoutRanges(_ epoch: EpochState, butFor kept: UInt32) -> EpochState {
    var epoch = epoch
    let forgotten = counting.ranges.removeLowest(
      Int(epoch.missingCount - kept), from: &epoch.missing)
    epoch.missingCount = kept
    givenUp.forgotten.add(forgotten)
    epochsGivenUp[epoch.ordinal, default: EpochGivenUp()].forgotten.add(forgotten)
    return epoch
  }

  /// The largest number of ranges that all epochs may have without having more than `sum` together.
  private func keptRangeCount(of sum: Int) -> UInt32 {
    var counts: [UInt32] = []
    for index in 0..<records.count where records[index].newest.missingCount > 0 {
      counts.append(records[index].newest.missingCount)
    }
    for epoch in older.values where epoch.missingCount > 0 { counts.append(epoch.missingCount) }
    for (_, epoch) in finished where epoch.missingCount > 0 { counts.append(epoch.missingCount) }
    var (kept, tooMany): (UInt32, UInt32) = (0, .max)
    while tooMany - kept > 1 {
      let middle = kept + (tooMany - kept) / 2
      if counts.reduce(0, { $0 + Int(min($1, middle)) }) <= sum {
        kept = middle
      } else {
        tooMany = middle
      }
    }
    return kept
  }

  // MARK: Frames in doubt

  var mayHold: Bool { heldFrames < limits.heldFrames }

  /// There is no room for what would help to decide.
  mutating func decideEarly(_ deliberation: Deliberation, _ record: UInt32) {
    noteHasty(UInt64(deliberation.openCount), record)
    conclude(deliberation, record)
  }

  /// Ends a deliberation with what is known: as at the end of a capture.
  mutating func conclude(_ deliberation: Deliberation, _ record: UInt32) {
    let held = deliberation.heldCount
    hand(on: deliberation, record, isEnd: true)
    heldFrames -= held
    endDeliberation(record)
  }

  /// The deliberation is over, and holds nothing.
  mutating func endDeliberation(_ record: UInt32) {
    deliberations[record] = nil
    records[Int(record)].isDeliberated = false
    heldFrames -= AnalysisLimits.deliberationFrames
  }

  /// So many frames of the newest epoch were judged before their time.
  mutating func noteHasty(_ frames: UInt64, _ record: UInt32) {
    givenUp.hastyFrames += frames
    let epoch = records[Int(record)].newest.ordinal
    epochsGivenUp[epoch, default: EpochGivenUp()].hastyFrames += frames
  }
}

extension AssociationSums {
  mutating func add(_ epoch: EpochState, gaps: UInt64) {
    packets += epoch.packets
    octets += epoch.octets
    if epoch.numbers.distinct > 0 {
      let range = epoch.numbers.highest - epoch.numbers.lowest + 1
      // What a few thousand forged epochs claim together is more than 64 bits hold.
      expected = expected.addingClamped(range - epoch.skipped)
      skipped = skipped.addingClamped(epoch.skipped)
    }
    distinct += epoch.numbers.distinct
    duplicates += epoch.duplicates
    reordered += epoch.reordered
    suspects += epoch.suspects
    badTags += epoch.badTags
    self.gaps += gaps
  }
}
