/// What K rising numbers, or the end of a tentative epoch, decided.
struct RuleVerdict {
  enum Kind { case jump, farBelow, returned, restart, replay }
  var kind: Kind
  /// What it takes in, or for a replay what was assigned to the tentative epoch: positions in the
  /// arrivals, as everywhere here.
  var frames: Set<Int>
}

/// One life of an association. Numbers are extended, and may be negative until they are reported.
struct RuleEpoch {
  var kind: RuleVerdict.Kind?
  /// Position, and index among the frames of the association, of its first frame.
  var beginning: Int
  var index: Int
  /// The first arrival of each number.
  var firstArrivals: [Int: Int] = [:]
  var lowest = 0
  var highest = 0
  var skips: [ClosedRange<Int>] = []
  /// Arrivals that are not suspects.
  var counted: [Int] = []
  var suspects: [Int] = []
  var reordered = 0

  mutating func take(_ number: Int, _ position: Int) {
    counted.append(position)
    if firstArrivals.isEmpty { (lowest, highest) = (number, number) }
    guard firstArrivals[number] == nil else { return }
    firstArrivals[number] = position
    if number < highest { reordered += 1 }
    (lowest, highest) = (min(lowest, number), max(highest, number))
  }
  /// Rule 4: a single number before a jump becomes the suspect.
  mutating func dissolve() {
    suspects += counted
    (counted, firstArrivals) = ([], [:])
  }
}
