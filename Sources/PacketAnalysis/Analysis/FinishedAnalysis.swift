internal import Synchronization

/// What a finished analysis keeps of its associations, from which the rows of its report are made.
///
/// Nothing in it changes any more, so that threads can share it.
final class FinishedAnalysis: Sendable {
  /// One epoch of one association, by where it is kept.
  struct Row: Sendable {
    var record: UInt32
    /// Index in `finished`; -1: the newest epoch of the record.
    var finished: Int32 = -1
    /// Counts from 0 in order of first frame within the association.
    var number: UInt32 = 0
  }
  /// A missing range, and the row of its epoch.
  struct RangePlace: Sendable {
    var row: UInt32
    var node: UInt32
  }

  let records: RecordArray<AssociationRecord>
  let finished: [(record: Int, epoch: EpochState)]
  let ranges: MissingRangePool
  let moreAddresses: [UInt32: AddressSets]
  let contexts: ContextTable
  private let epochsGivenUp: [UInt32: EpochGivenUp]
  /// By first frame.
  let rows: [Row]
  /// By point.
  private let identifiers: [AssociationIdentifier]
  private let blindness: Blindness
  /// Lost ranges by row and number; found when they are asked for.
  private let lostPlaces = Mutex<[RangePlace]?>(nil)

  init(
    records: consuming RecordArray<AssociationRecord>,
    finished: [(record: Int, epoch: EpochState)], ranges: consuming MissingRangePool,
    moreAddresses: [UInt32: AddressSets], contexts: ContextTable,
    epochsGivenUp: [UInt32: EpochGivenUp], foldedCounts: [UInt32: UInt32],
    epochsBefore: [UInt32: UInt32], run: RunDescription
  ) {
    rows = Self.sortedRows(records, finished, foldedCounts, epochsBefore)
    self.epochsGivenUp = epochsGivenUp
    self.records = records
    self.finished = finished
    self.ranges = ranges
    self.moreAddresses = moreAddresses
    self.contexts = contexts
    identifiers = run.points.map { AssociationIdentifier(point: $0) }
    blindness = Blindness(run.blindIntervals)
  }

  // MARK: Rows

  /// Every epoch that has a frame, by first frame.
  private static func sortedRows(
    _ records: borrowing RecordArray<AssociationRecord>,
    _ finished: [(record: Int, epoch: EpochState)], _ foldedCounts: [UInt32: UInt32],
    _ epochsBefore: [UInt32: UInt32]
  ) -> [Row] {
    var rows: [Row] = []
    rows.reserveCapacity(finished.count + records.count)
    for (index, entry) in finished.enumerated() {
      let record = UInt32(entry.record)
      let before = epochsBefore.isEmpty ? nil : epochsBefore[record]
      rows.append(Row(record: record, finished: Int32(index), number: before ?? 0))
    }
    var isSorted = finished.isEmpty
    var previous = FramePlace(file: 0, frame: 0)
    for index in 0..<records.count where records[index].newest.packets > 0 {
      // What was folded lies between the epochs that are rows and the newest.
      let folded = foldedCounts.isEmpty ? nil : foldedCounts[UInt32(index)]
      let before = epochsBefore.isEmpty ? nil : epochsBefore[UInt32(index)]
      rows.append(Row(record: UInt32(index), number: (folded ?? 0) + (before ?? 0)))
      // Mostly they are in order already: records are made in order of first frames.
      let place = records[index].newest.firstPlace
      if place.precedes(previous) { isSorted = false }
      previous = place
    }
    guard !isSorted else { return rows }

    // The headers of one frame are in the order of their records: outermost first.
    let keys = rows.map { row in
      let epoch =
        row.finished < 0 ? records[Int(row.record)].newest : finished[Int(row.finished)].epoch
      return (place: epoch.firstPlace, ordinal: epoch.ordinal)
    }
    var counts: [UInt32: UInt32] = [:]
    // Of an association they begin one after the other, in whatever order its files were named.
    for index in rows.indices.sorted(by: { keys[$0].ordinal < keys[$1].ordinal }) {
      rows[index].number += counts[rows[index].record, default: 0]
      counts[rows[index].record, default: 0] += 1
    }
    return rows.indices.sorted { a, b in
      if keys[a].place != keys[b].place { return keys[a].place.precedes(keys[b].place) }
      return (rows[a].record, keys[a].ordinal) < (rows[b].record, keys[b].ordinal)
    }.map { rows[$0] }
  }

  func epoch(_ row: Row) -> EpochState {
    row.finished < 0 ? records[Int(row.record)].newest : finished[Int(row.finished)].epoch
  }

  func id(_ row: Row) -> UInt64 {
    let key = records[Int(row.record)].key
    return identifiers[Int(key.point)].hash(
      contexts.associationKey(key).identity, epoch: Int(row.number))
  }

  func association(at index: Int) -> AssociationSummary {
    let row = rows[index]
    let record = records[Int(row.record)]
    let epoch = epoch(row)
    var summary = AssociationSummary(key: contexts.associationKey(record.key))
    summary.id = identifiers[Int(record.key.point)].hash(
      summary.key.identity, epoch: Int(row.number))
    summary.counts = counts(at: index)
    summary.sciSource = record.sciSource
    summary.vlans = record.vlans
    summary.encrypted = record.sawEncrypted
    summary.changed = record.sawChanged
    let more = moreAddresses.isEmpty ? nil : moreAddresses[row.record]
    summary.sourceAddresses = addresses(record.sourceAddress, more?.sources)
    summary.destinationAddresses = addresses(record.destinationAddress, more?.destinations)
    summary.firstFrame = epoch.firstPlace.reference(at: epoch.firstTime)
    summary.interArrival = epoch.arrivals.interArrival
    if !epochsGivenUp.isEmpty { summary.givenUp = epochsGivenUp[epoch.ordinal] }
    return summary
  }

  var pointCount: Int { identifiers.count }

  func point(at index: Int) -> UInt16 { records[Int(rows[index].record)].key.point }

  func counts(at index: Int) -> AssociationCounts {
    let row = rows[index]
    return row.finished < 0
      ? counts(row, of: records[Int(row.record)].newest)
      : counts(row, of: finished[Int(row.finished)].epoch)
  }

  @inline(__always)
  private func counts(_ row: Row, of epoch: borrowing EpochState) -> AssociationCounts {
    var counts = AssociationCounts()
    counts.epoch = Int(row.number)
    counts.packets = epoch.packets
    counts.octets = epoch.octets
    counts.firstTime = epoch.firstTime.known
    counts.lastTime = epoch.lastTime.known
    if epoch.numbers.distinct > 0 {
      counts.lowestNumber = epoch.wire(epoch.numbers.lowest)
      counts.highestNumber = epoch.wire(epoch.numbers.highest)
    }
    counts.distinct = epoch.numbers.distinct
    counts.skipped = epoch.skipped
    counts.duplicates = epoch.duplicates
    counts.reordered = epoch.reordered
    counts.suspects = epoch.suspects
    counts.badTags = epoch.badTags
    counts.gaps = gapCount(epoch)
    if !blindness.isEmpty {
      counts.lostBlind = lostBlind(epoch, point: Int(records[Int(row.record)].key.point))
    }
    return counts
  }

  private func lostBlind(_ epoch: EpochState, point: Int) -> UInt64 {
    var lost: UInt64 = 0
    ranges.forEach(in: epoch.missing) { range, _ in
      guard !range.isSkipped else { return }
      let gap = gap(range, of: epoch, id: 0)
      if blindness.touches(gap, point: point) { lost += gap.missing }
    }
    return lost
  }

  private func addresses(_ first: UInt64, _ more: [MACAddress]?) -> MACAddressList {
    var addresses = MACAddressList()
    if first != AddressSets.none { addresses.append(MACAddress(rawValue: first)) }
    guard let more else { return addresses }
    return MACAddressList((more + addresses).sorted())
  }

  // MARK: Gaps and skips

  /// Those whose places were forgotten too.
  private func gapCount(_ epoch: borrowing EpochState) -> UInt64 {
    let forgotten =
      epochsGivenUp.isEmpty ? 0 : epochsGivenUp[epoch.ordinal]?.forgotten.gaps ?? 0
    return placedGapCount(epoch) + forgotten
  }

  private func placedGapCount(_ epoch: borrowing EpochState) -> UInt64 {
    guard epoch.skipped > 0 else { return UInt64(epoch.missingCount) }
    var count: UInt64 = 0
    ranges.forEach(in: epoch.missing) { range, _ in count += range.isSkipped ? 0 : 1 }
    return count
  }

  private func gap(_ range: MissingRange, of epoch: EpochState, id: UInt64) -> SequenceGap {
    SequenceGap(
      association: id, firstMissing: epoch.wire(range.first), lastMissing: epoch.wire(range.last),
      before: range.beforePlace.reference(at: range.beforeTime),
      after: range.afterPlace.reference(at: range.afterTime))
  }

  /// How many gaps there are whose places are known.
  var gapCount: Int { rows.reduce(0) { $0 + Int(placedGapCount(epoch($1))) } }

  /// - Parameter causes: of the gaps, as far as they are known.
  func gap(at index: Int, _ causes: CaptureLossIndex) -> SequenceGap {
    let place = lostPlaces.withLock { places in
      if places == nil { places = rangePlaces { !$0.isSkipped } }
      return places.map { $0[index] }
    }
    guard let place else { preconditionFailure("the places were just found") }
    let row = rows[Int(place.row)]
    var gap = gap(ranges.nodes[Int(place.node)].range, of: epoch(row), id: id(row))
    if !causes.isEmpty, causes.explains(gap, point: Int(point(at: Int(place.row)))) {
      gap.cause = SequenceGap.captureLossCause
    }
    return gap
  }

  /// Jumps of senders are few.
  var skips: [SequenceGap] {
    guard rows.contains(where: { epoch($0).skipped > 0 }) else { return [] }
    return rangePlaces(of: \.isSkipped).map { place in
      let row = rows[Int(place.row)]
      return gap(ranges.nodes[Int(place.node)].range, of: epoch(row), id: id(row))
    }
  }

  private func rangePlaces(of isMeant: (MissingRange) -> Bool) -> [RangePlace] {
    var places: [RangePlace] = []
    for (index, row) in rows.enumerated() {
      let epoch = epoch(row)
      guard epoch.missingCount > 0 else { continue }
      ranges.forEach(in: epoch.missing) { range, node in
        if isMeant(range) { places.append(RangePlace(row: UInt32(index), node: node)) }
      }
    }
    return places
  }
}

extension EpochState {
  /// A number as it is reported: the lowest of its epoch has high half 0.
  func wire(_ number: UInt64) -> UInt64 {
    number - numbers.lowest & ~0xFFFF_FFFF
  }
}
