internal import Synchronization

/// What a finished analysis keeps of its associations, from which the rows of its report are made.
///
/// Nothing in it changes any more, so that threads can share it.
final class FinishedAnalysis: Sendable {
  /// One epoch of one association, by where it is kept.
  struct Row: Sendable {
    /// Index of the association.
    var start: UInt32
    /// Index in `finished`; -1: the newest epoch of the association.
    var finished: Int32 = -1
    /// Counts from 0 in order of first frame within the association.
    var number: UInt32 = 0
  }
  /// A missing range, and the row of its epoch.
  struct RangePlace: Sendable {
    var row: UInt32
    var node: UInt32
  }

  /// What an unbroken association counted is in its slot.
  let table: AssociationTable
  let starts: RecordArray<AssociationStart>
  private let pauses: RecordArray<Pauses>
  let records: RecordArray<AssociationRecord>
  let finished: [(record: Int, epoch: EpochState)]
  let ranges: MissingRangePool
  let moreAddresses: [UInt32: AddressSets]
  let contexts: ContextTable
  private let epochsGivenUp: [UInt32: EpochGivenUp]
  /// By first frame.
  let rows: Rows
  /// By point.
  private let identifiers: [AssociationIdentifier]
  private let blindness: Blindness
  /// Lost ranges by row and number; found when they are asked for.
  private let lostPlaces = Mutex<[RangePlace]?>(nil)

  /// - Parameter areSingle: each association has a single epoch, which began with it.
  init(
    table: consuming AssociationTable, starts: consuming RecordArray<AssociationStart>,
    pauses: consuming RecordArray<Pauses>, records: consuming RecordArray<AssociationRecord>,
    finished: [(record: Int, epoch: EpochState)], ranges: consuming MissingRangePool,
    moreAddresses: [UInt32: AddressSets], contexts: ContextTable,
    epochsGivenUp: [UInt32: EpochGivenUp], foldedCounts: [UInt32: UInt32],
    epochsBefore: [UInt32: UInt32], areSingle: Bool, run: RunDescription
  ) {
    rows =
      areSingle && Self.areInOrder(starts)
      ? Rows(associationCount: starts.count)
      : Rows(Self.sortedRows(starts, records, finished, foldedCounts, epochsBefore))
    self.epochsGivenUp = epochsGivenUp
    self.table = table
    self.starts = starts
    self.pauses = pauses
    self.records = records
    self.finished = finished
    self.ranges = ranges
    self.moreAddresses = moreAddresses
    self.contexts = contexts
    identifiers = run.points.map { AssociationIdentifier(point: $0) }
    blindness = Blindness(run.blindIntervals)
  }

  // MARK: Rows

  /// Whether they began in the order in which they are kept.
  private static func areInOrder(_ starts: borrowing RecordArray<AssociationStart>) -> Bool {
    var previous = FramePlace(file: 0, frame: 0)
    for index in 0..<starts.count {
      let place = starts[index].place
      guard !place.precedes(previous) else { return false }
      previous = place
    }
    return true
  }

  /// Every epoch that has a frame, by first frame.
  private static func sortedRows(
    _ starts: borrowing RecordArray<AssociationStart>,
    _ records: borrowing RecordArray<AssociationRecord>,
    _ finished: [(record: Int, epoch: EpochState)], _ foldedCounts: [UInt32: UInt32],
    _ epochsBefore: [UInt32: UInt32]
  ) -> [Row] {
    var rows: [Row] = []
    rows.reserveCapacity(finished.count + starts.count)
    for (index, entry) in finished.enumerated() {
      let record = UInt32(entry.record)
      let before = epochsBefore.isEmpty ? nil : epochsBefore[record]
      rows.append(
        Row(start: records[entry.record].start, finished: Int32(index), number: before ?? 0))
    }
    for index in 0..<starts.count {
      var row = Row(start: UInt32(index))
      if let record = starts[index].record {
        guard records[record].newest.packets > 0 else { continue }
        // What was folded lies between the epochs that are rows and the newest.
        if !foldedCounts.isEmpty { row.number += foldedCounts[UInt32(record)] ?? 0 }
        if !epochsBefore.isEmpty { row.number += epochsBefore[UInt32(record)] ?? 0 }
      }
      rows.append(row)
    }
    // The headers of one frame are in the order of their associations: outermost first.
    let keys = rows.map { row -> (place: FramePlace, ordinal: UInt32) in
      if row.finished >= 0 {
        let epoch = finished[Int(row.finished)].epoch
        return (epoch.firstPlace, epoch.ordinal)
      }
      let start = starts[Int(row.start)]
      guard let record = start.record else { return (start.place, start.ordinal) }
      return (records[record].newest.firstPlace, records[record].newest.ordinal)
    }
    var counts: [UInt32: UInt32] = [:]
    // Of an association they begin one after the other, in whatever order its files were named.
    for index in rows.indices.sorted(by: { keys[$0].ordinal < keys[$1].ordinal }) {
      rows[index].number += counts[rows[index].start, default: 0]
      counts[rows[index].start, default: 0] += 1
    }
    return rows.indices.sorted { a, b in
      if keys[a].place != keys[b].place { return keys[a].place.precedes(keys[b].place) }
      return (rows[a].start, keys[a].ordinal) < (rows[b].start, keys[b].ordinal)
    }.map { rows[$0] }
  }

  func epoch(_ row: Row) -> EpochState {
    withBrokenEpoch(row) { copy $0 } ?? unbrokenEpoch(at: Int(row.start))
  }

  /// - Parameter index: of the association.
  private func unbrokenEpoch(at index: Int) -> EpochState {
    let start = starts[index]
    var epoch = EpochState(start)
    epoch.settle(table.slot(at: index).pointee)
    if let index = start.pauses { epoch.arrivals.mark(pauses[index]) }
    return epoch
  }

  /// Looks at the epoch of a row where it is kept; `nil` where its association is unbroken, and misses
  /// nothing.
  @inline(__always)
  private func withBrokenEpoch<Result>(
    _ row: Row, _ body: (borrowing EpochState) -> Result
  ) -> Result? {
    if row.finished >= 0 { return body(finished[Int(row.finished)].epoch) }
    guard let record = starts[Int(row.start)].record else { return nil }
    return body(records[record].newest)
  }

  func ordinal(_ row: Row) -> UInt32 {
    withBrokenEpoch(row) { $0.ordinal } ?? starts[Int(row.start)].ordinal
  }

  /// Asks for what will be needed of a row that comes soon after the one at `index`: mostly they are
  /// looked at in turn.
  @inline(__always)
  func expectRow(after index: Int) {
    guard index + 8 < rows.count, rows[index + 8].finished < 0 else { return }
    let start = Int(rows[index + 8].start)
    if let record = starts[start].record {
      records.prefetchAll(record)
    } else {
      table.prefetch(at: start)
    }
  }

  func key(_ row: Row) -> CompactKey { table.slot(at: Int(row.start)).pointee.key }

  func id(_ row: Row) -> UInt64 {
    let key = key(row)
    return identifiers[Int(key.point)].hash(
      contexts.associationKey(key).identity, epoch: Int(row.number))
  }

  func association(at index: Int) -> AssociationSummary {
    let row = rows[index]
    let start = starts[Int(row.start)]
    let record =
      start.record.map { records[$0] } ?? AssociationRecord(start, at: Int(row.start))
    let (epoch, key) = (epoch(row), key(row))
    var summary = AssociationSummary(key: contexts.associationKey(key))
    summary.id = identifiers[Int(key.point)].hash(
      summary.key.identity, epoch: Int(row.number))
    summary.counts = counts(at: index)
    summary.sciSource = start.sciSource
    summary.vlans = record.vlans
    summary.encrypted = record.sawEncrypted
    summary.changed = record.sawChanged
    let more = moreAddresses.isEmpty ? nil : start.record.flatMap { moreAddresses[UInt32($0)] }
    summary.sourceAddresses = addresses(start.sourceAddress, more?.sources)
    summary.destinationAddresses = addresses(start.destinationAddress, more?.destinations)
    summary.firstFrame = epoch.firstPlace.reference(at: epoch.firstTime)
    summary.interArrival = epoch.arrivals.interArrival
    if !epochsGivenUp.isEmpty { summary.givenUp = epochsGivenUp[epoch.ordinal] }
    return summary
  }

  var pointCount: Int { identifiers.count }

  /// Without a look at its slot where there is but one.
  func point(at index: Int) -> UInt16 { pointCount == 1 ? 0 : key(rows[index]).point }

  func counts(at index: Int) -> AssociationCounts {
    expectRow(after: index)
    let row = rows[index]
    // Not by `withBrokenEpoch`: each row would be copied once more.
    if row.finished >= 0 { return counts(row, of: finished[Int(row.finished)].epoch) }
    let start = Int(row.start)
    if let record = starts[start].record { return counts(row, of: records[record].newest) }
    return countsOfUnbroken(row, at: start)
  }

  /// The same as of its `unbrokenEpoch`, without making it.
  @inline(__always)
  private func countsOfUnbroken(_ row: Row, at index: Int) -> AssociationCounts {
    let slot = table.slot(at: index)
    let first = starts[index].number
    // As `SequenceTracker.framesSeen`: one without numbers has a record.
    let packets = UInt64(slot.pointee.expected &- first)
    var counts = AssociationCounts()
    counts.epoch = Int(row.number)
    (counts.packets, counts.distinct) = (packets, packets)
    counts.octets = slot.pointee.octets
    counts.firstTime = starts[index].time.known
    // It never went back: that breaks the association.
    counts.lastTime = Timestamp(nanosecondsSinceEpoch: slot.pointee.lastTime).known
    counts.lowestNumber = UInt64(first)
    counts.highestNumber = UInt64(first) + packets - 1
    return counts
  }

  /// Looks at what was counted of each row, and at its point.
  func forEachCounts(_ body: (AssociationCounts, UInt16) -> Void) {
    for index in rows.indices { body(counts(at: index), point(at: index)) }
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
      counts.lostBlind = lostBlind(epoch, point: Int(key(row).point))
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

  /// How many gaps and skips there are whose places are known.
  func countRanges() -> (gaps: Int, skips: Int) {
    var (gaps, all): (UInt64, UInt64) = (0, 0)
    forEachBrokenEpoch { epoch in
      gaps += placedGapCount(epoch)
      all += UInt64(epoch.missingCount)
    }
    return (Int(gaps), Int(all - gaps))
  }

  /// Looks at the epochs that may miss something, in the order in which they are kept.
  func forEachBrokenEpoch(_ body: (borrowing EpochState) -> Void) {
    for (_, epoch) in finished { body(epoch) }
    for index in 0..<records.count { body(records[index].newest) }
  }

  /// Looks at the others.
  func forEachUnbroken(_ body: (borrowing AssociationStart, borrowing AssociationSlot) -> Void) {
    for index in 0..<starts.count where starts[index].record == nil {
      body(starts[index], table.slot(at: index).pointee)
    }
  }

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

  /// Those whose places are known: jumps of senders are few.
  var skips: [SequenceGap] {
    rangePlaces(of: \.isSkipped).map { place in
      let row = rows[Int(place.row)]
      return gap(ranges.nodes[Int(place.node)].range, of: epoch(row), id: id(row))
    }
  }

  private func rangePlaces(of isMeant: (MissingRange) -> Bool) -> [RangePlace] {
    var places: [RangePlace] = []
    for (index, row) in rows.enumerated() {
      expectRow(after: index)
      guard let missing = withBrokenEpoch(row, { $0.missing }) else { continue }
      ranges.forEach(in: missing) { range, node in
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

extension FinishedAnalysis {
  /// Mostly each association has one, in their order: then nothing is written down.
  struct Rows: RandomAccessCollection, Sendable {
    private let rows: [Row]?
    let endIndex: Int

    init(_ rows: [Row]) { (self.rows, endIndex) = (rows, rows.count) }
    init(associationCount: Int) { (rows, endIndex) = (nil, associationCount) }

    var startIndex: Int { 0 }
    subscript(index: Int) -> Row { rows?[index] ?? Row(start: UInt32(index)) }
  }
}
