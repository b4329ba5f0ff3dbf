/// What the network does to any frame of a flow: loss, reordering, copies.
struct Impairments {
  /// Probability of loss in the good and in the bad state; one that never leaves the good state
  /// loses at random.
  var lossWhenGood = 0.0
  var lossWhenBad = 0.0
  var goodToBad = 0.0
  var badToGood = 1.0
  var reorderRate = 0.0
  var reorderDistance = 1...1
  var duplicateRate = 0.0
  var duplicateDistance = 0...0

  mutating func apply(_ kind: Scenario.Kind) {
    switch kind {
    case .loss(let rate): (lossWhenGood, goodToBad) = (rate, 0)
    case .gilbertElliott(let p, let r, let bad, let good):
      (goodToBad, badToGood, lossWhenBad, lossWhenGood) = (p, r, bad, good)
    case .reorder(let rate, let distance): (reorderRate, reorderDistance) = (rate, distance)
    case .duplicate(let rate, let distance): (duplicateRate, duplicateDistance) = (rate, distance)
    default: break
    }
  }
}

/// The Gilbert-Elliott channel: two states, each with its own loss.
struct LossChannel {
  private var isBad = false
  private var run = 0

  /// Whether the next frame is lost; never more than `longestRun` in a row.
  mutating func loses(
    _ impairments: Impairments, longestRun: Int, random: inout SplitMix64
  ) -> Bool {
    if impairments.goodToBad > 0 {
      isBad = isBad ? !random.chance(impairments.badToGood) : random.chance(impairments.goodToBad)
    }
    let probability = isBad ? impairments.lossWhenBad : impairments.lossWhenGood
    guard random.chance(probability), run < longestRun else {
      run = 0
      return false
    }
    run += 1
    return true
  }
}

/// Frames that have not arrived yet: late ones and copies, by the number after which they are due.
struct DelayedFrames {
  private struct Entry {
    var due: UInt64
    var number: UInt64
    var isCopy: Bool
  }
  /// The next one due is the last.
  private var entries: [Entry] = []

  var count: Int { entries.count }

  mutating func insert(number: UInt64, due: UInt64, isCopy: Bool) {
    // The place after all that are due later; where equal, first in is first out.
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].due > due { low = middle + 1 } else { high = middle }
    }
    entries.insert(Entry(due: due, number: number, isCopy: isCopy), at: low)
  }

  func isDue(next: UInt64) -> Bool { entries.last.map { $0.due < next } ?? false }

  mutating func removeNext() -> (number: UInt64, isCopy: Bool)? {
    entries.popLast().map { ($0.number, $0.isCopy) }
  }
}
