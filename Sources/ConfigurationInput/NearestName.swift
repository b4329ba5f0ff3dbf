/// Which of the known names somebody may have meant.
package enum NearestName {
  /// `nil`: none are known. The first of several.
  package static func of(_ name: String, among known: [String]) -> String? {
    known.min { distance(name, $0) < distance(name, $1) }
  }

  /// How many characters have to be put in, left out, changed, or swapped with the next one.
  package static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
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
