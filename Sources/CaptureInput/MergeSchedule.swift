import PacketAnalysis

/// Which file of a set is read next, and up to which time.
///
/// Files that share a point make a group. Groups are read one after the other, in the order of
/// the arguments; the files of a group from the earliest first frame on, several at a time only
/// where they overlap.
struct MergeSchedule {
  /// Each by the time of the first frame; the next group is the last.
  private var groups: [[CaptureMember]]
  /// Of the current group, those that were not begun; the next one is the last.
  private var waiting: [CaptureMember] = []
  /// Those that were begun and are not over.
  private var active: [CaptureMember] = []
  /// For each group with files that overlap, which they are.
  private var overlaps: [[CaptureMember]] = []
  /// Of the current group, by their index among the arguments.
  private var overlapping: Set<Int> = []

  init(_ members: [CaptureMember]) {
    groups = Self.groups(of: members).reversed()
  }

  /// A file that is read up to the time at which it is the turn of another.
  struct Turn {
    var member: CaptureMember
    /// `nil`: to its end.
    var limit: Timestamp?
  }

  mutating func next() -> Turn? {
    while active.isEmpty, waiting.isEmpty {
      guard let group = groups.popLast() else { return nil }
      waiting = group.reversed()
      overlapping = []
    }
    let earliest = active.min { $0.place < $1.place }
    if let earliest, waiting.last.map({ earliest.place < $0.place }) ?? true {
      return Turn(member: earliest, limit: limit(for: earliest))
    }
    guard let next = waiting.popLast() else { return nil }
    // Files that were begun and go on after this one begins overlap with it.
    if !active.isEmpty { noteOverlap(of: active + [next]) }
    active.append(next)
    return Turn(member: next, limit: limit(for: next))
  }

  /// The file reached its limit or its end.
  mutating func end(_ turn: Turn, _ status: CaptureFile.Status) {
    turn.member.note(status)
    if status == .end { active.removeAll { $0 === turn.member } }
  }

  /// The last time at which no other file comes before `member`.
  private func limit(for member: CaptureMember) -> Timestamp? {
    // Files without times are not merged: no time is the limit of another file.
    let next = waiting.last { $0.nextTime?.known != nil }
    let others = active.filter { $0 !== member } + (next.map { [$0] } ?? [])
    return others.compactMap { other in
      other.nextTime?.known.map { other.index < member.index ? $0.justBefore : $0 }
    }.min()
  }

  // MARK: Groups

  /// Files that share a point, as far as their interfaces are known yet.
  private static func groups(of members: [CaptureMember]) -> [[CaptureMember]] {
    var groups: [(points: Set<UInt16>, members: [CaptureMember])] = []
    for member in members {
      var points = Set(member.contexts.map(\.point))
      var joined = [member]
      var place = groups.count
      for index in groups.indices.reversed() where !groups[index].points.isDisjoint(with: points) {
        points.formUnion(groups[index].points)
        joined = groups[index].members + joined
        groups.remove(at: index)
        place = index
      }
      groups.insert((points, joined), at: place)
    }
    return groups.map { group in
      group.members.sorted { $0.place < $1.place }
    }
  }

  // MARK: Notes

  private mutating func noteOverlap(of members: [CaptureMember]) {
    if overlapping.isEmpty { overlaps.append([]) }
    for member in members where overlapping.insert(member.index).inserted {
      overlaps[overlaps.count - 1].append(member)
    }
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
  fileprivate var place: (time: Timestamp, index: Int) { (nextTime ?? .absent, index) }
}

extension Timestamp {
  /// A nanosecond earlier. Before the earliest of all times there is only `absent`, which as a limit
  /// would leave all.
  fileprivate var justBefore: Timestamp {
    Timestamp(nanosecondsSinceEpoch: max(nanosecondsSinceEpoch - 1, -.max))
  }
}
