/// Which of the known names somebody may have meant.
package enum NearestName {
  /// `nil`: none is so near that half of the name is right. The first of several.
  package static func of(_ name: String, among known: [String]) -> String? {
    guard let nearest = known.min(by: { distance(name, $0) < distance(name, $1) }),
      distance(name, nearest) * 2 < name.count
    else { return nil }
    return nearest
  }

  /// How many characters have to be put in, left out, changed, or swapped with the next one, in letters of
  /// either case.
  package static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.lowercased()), Array(second.lowercased()))
    var rows = [Array(0...second.count)]
    for row in 1..<(first.count + 1) {
      var distances = [row]
      for column in 1..<(second.count + 1) {
        let isSame = first[row - 1] == second[column - 1]
        var distance = min(
          rows[row - 1][column] + 1, distances[column - 1] + 1,
          rows[row - 1][column - 1] + (isSame ? 0 : 1))
        if row > 1, column > 1, first[row - 1] == second[column - 2],
          first[row - 2] == second[column - 1]
        {
          distance = min(distance, rows[row - 2][column - 2] + 1)
        }
        distances.append(distance)
      }
      rows.append(distances)
    }
    return rows[first.count][second.count]
  }
}
