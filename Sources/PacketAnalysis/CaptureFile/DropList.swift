/// When frames of a pcapng file were dropped, in the order of the file.
///
/// What goes on where the last drops of an interface ended is one record with them. Memory has a limit:
/// where there are too many records, those of an interface that are near one another become one, and from
/// then on what is nearer is joined.
public struct DropList: Sendable {
  public private(set) var records: [DropRecord] = []
  /// Records of an interface that are nearer are joined; 0: what follows at once.
  public private(set) var joinedNanoseconds: Int64 = 0
  private let limit: Int

  private struct Source: Hashable {
    var interface: Int
    var reason: BlindInterval.Reason
  }
  /// Index of the last record of each.
  private var latest: [Source: Int] = [:]

  /// - Parameter limit: more records are only kept where none of them can be joined.
  public init(limit: Int = 262_144) { self.limit = limit }

  mutating func add(_ record: DropRecord) {
    append(record)
    if records.count > limit, joinedNanoseconds < .max { coarsen() }
  }

  private mutating func append(_ record: DropRecord) {
    let source = Source(interface: record.interface, reason: record.reason)
    guard let index = latest[source], isNear(record, to: records[index]) else {
      latest[source] = records.count
      return records.append(record)
    }
    records[index].join(record)
  }

  private func isNear(_ record: DropRecord, to last: DropRecord) -> Bool {
    guard let end = last.end, let start = record.start else { return false }
    guard joinedNanoseconds > 0 else { return end == start }
    let (distance, overflow) = start.nanosecondsSinceEpoch
      .subtractingReportingOverflow(end.nanosecondsSinceEpoch)
    return overflow ? start < end || joinedNanoseconds == .max : distance <= joinedNanoseconds
  }

  private mutating func coarsen() {
    while records.count > limit / 2, joinedNanoseconds < .max {
      let before = records
      joinedNanoseconds =
        joinedNanoseconds > .max / 2 ? .max : max(1_000_000, joinedNanoseconds * 2)
      (records, latest) = ([], [:])
      for record in before { append(record) }
    }
  }
}

extension DropRecord {
  /// Makes it span another one of the same interface and reason.
  fileprivate mutating func join(_ other: DropRecord) {
    if let first = start { start = other.start.map { min(first, $0) } }
    if let last = end { end = other.end.map { max(last, $0) } }
    drops = drops.addingClamped(other.drops)
  }
}
