import PacketAnalysis

/// Which file of a set is read next, and up to which time.
///
/// Files that share a point make a group. Groups are read one after the other, in the order of
/// the arguments; the files of a group from the earliest first frame on, several at a time only
/// where they overlap. Or each to its end, in the order of the arguments: then no time counts.
struct MergeSchedule {
  /// Each by the time of the first frame; the next group is the last.
  private var groups: [[CaptureMember]]
  /// Of the current group, those that were not begun; the next one is the last.
  private var waiting: [CaptureMember] = []
  /// So many of the group have a first frame with a time: as they wait, the first ones.
  private var timedCount = 0
  /// Those that were begun and are not over, but for the one whose turn it is.
  private var active = MemberHeap()
  /// For each group with files that overlap, which they are.
  private var overlaps: [[CaptureMember]] = []
  /// Of the current group, by their index among the arguments.
  private var overlapping: Set<Int> = []
  private let order: CaptureOrder

  init(_ members: [CaptureMember], order: CaptureOrder) {
    self.order = order
    groups = Self.groups(of: members, order: order).reversed()
  }

  /// A file that is read up to the time at which it is the turn of another.
  struct Turn {
    var member: CaptureMember
    /// `nil`: to its end.
    var limit: Timestamp?
  }

  /// Each turn is to end before the next one begins.
  mutating func next() -> Turn? {
    while active.isEmpty, waiting.isEmpty {
      guard let group = groups.popLast() else { return nil }
      waiting = group.reversed()
      timedCount = waiting.count { $0.nextTime?.known != nil }
      overlapping = []
    }
    if let earliest = active.first, waiting.last.map({ earliest.place < $0.place }) ?? true {
      active.removeFirst()
      return Turn(member: earliest, limit: limit(for: earliest))
    }
    guard let next = waiting.popLast() else { return nil }
    // A file that was begun and goes on after this one begins overlaps with it. Where there are
    // more, they overlapped before.
    if let other = active.first {
      if active.count == 1 { noteOverlap(of: other) }
      noteOverlap(of: next)
    }
    return Turn(member: next, limit: limit(for: next))
  }

  /// The file reached its limit or its end.
  mutating func end(_ turn: Turn, _ status: CaptureFile.Status) {
    turn.member.note(status)
    if status != .end { active.insert(turn.member) }
  }

  /// The last time at which no other file comes before `member`.
  private func limit(for member: CaptureMember) -> Timestamp? {
    if order == .asGiven { return nil }
    // Files without times are not merged: no time is the limit of another file.
    let others = [active.first, waiting.prefix(timedCount).last].compactMap { $0 }
    // Of files with the same time, the first of the heap is the first of the arguments.
    return others.compactMap { other in
      other.nextTime?.known.map { other.index < member.index ? $0.justBefore : $0 }
    }.min()
  }

  // MARK: Groups

  /// Files that share a point, as far as their interfaces are known yet; in the order of the first
  /// file of each.
  private static func groups(
    of members: [CaptureMember], order: CaptureOrder
  ) -> [[CaptureMember]] {
    let groups = PointGroups(of: members.map { Set($0.contexts.map(\.point)) })
    return groups.members.map { group in
      let members = group.map { members[$0] }
      return order == .byTime ? members.sorted { $0.place < $1.place } : members
    }
  }

  // MARK: Notes

  private mutating func noteOverlap(of member: CaptureMember) {
    guard overlapping.insert(member.index).inserted else { return }
    if overlapping.count == 1 { overlaps.append([]) }
    overlaps[overlaps.count - 1].append(member)
  }

  private static let namedFileCount = 8

  var notes: [String] {
    overlaps.map { members in
      let names = members.sorted { $0.index < $1.index }.map(\.argument.path)
      let shown = names.prefix(Self.namedFileCount).joined(separator: ", ")
      let others = names.count - Self.namedFileCount
      return "files that overlap in time were merged by time: \(shown)"
        + (others > 0 ? " and \(others) more" : "")
    }
  }
}

extension CaptureMember {
  /// In the order of frames, which is by time and then by the arguments; those without times come
  /// first.
  var place: (time: Timestamp, index: Int) { (nextTime ?? .absent, index) }
}

extension Timestamp {
  /// A nanosecond earlier. Before the earliest of all times there is only `absent`, which as a limit
  /// would leave all.
  fileprivate var justBefore: Timestamp {
    Timestamp(nanosecondsSinceEpoch: max(nanosecondsSinceEpoch - 1, -.max))
  }
}
