/// Captures that share a point, directly or by way of others: what one of them shows is judged with the
/// others.
package struct PointGroups {
  /// Indices of the captures, in their order; the groups by their first capture.
  package let members: [[Int]]

  /// - Parameter points: of each capture.
  package init<Point: Hashable>(of points: [Set<Point>]) {
    var groups: [(points: Set<Point>, members: [Int])] = []
    var groupOfPoint: [Point: Int] = [:]
    for (index, own) in points.enumerated() {
      let shared = Set(own.compactMap { groupOfPoint[$0] }).sorted()
      let place = shared.first ?? groups.count
      if place == groups.count { groups.append(([], [])) }
      var added = own
      // This one has points of several groups, which become one.
      for other in shared.dropFirst() {
        added.formUnion(groups[other].points)
        groups[place].members += groups[other].members
        groups[other] = ([], [])
      }
      groups[place].points.formUnion(added)
      groups[place].members.append(index)
      for point in added { groupOfPoint[point] = place }
    }
    members = groups.map { $0.members.sorted() }.filter { !$0.isEmpty }
  }
}
