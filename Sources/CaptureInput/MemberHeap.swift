/// Files of which the one with the earliest next frame is at hand; a binary heap.
///
/// A file's next frame must stay the same while it is in here.
struct MemberHeap {
  /// None comes before that at half its place.
  private var members: [CaptureMember] = []

  var first: CaptureMember? { members.first }
  var isEmpty: Bool { members.isEmpty }
  var count: Int { members.count }

  mutating func insert(_ member: CaptureMember) {
    members.append(member)
    var index = members.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard members[index].place < members[parent].place else { return }
      members.swapAt(index, parent)
      index = parent
    }
  }

  mutating func removeFirst() {
    members.swapAt(0, members.count - 1)
    members.removeLast()
    var index = 0
    while true {
      var earliest = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < members.count && members[child].place < members[earliest].place {
        earliest = child
      }
      guard earliest != index else { return }
      members.swapAt(index, earliest)
      index = earliest
    }
  }
}
