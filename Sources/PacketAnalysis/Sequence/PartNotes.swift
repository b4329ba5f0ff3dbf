/// What a tracker of a later part of a file remembers besides, for the tracker of the part before to
/// go on with it (`SequenceTracker.goOn`).
struct PartNotes {
  /// Numbers near the first of their association that came after a higher one, in order of arrival.
  var lateNumbers: [LateNumber] = []
  /// So far above the first number they are remembered: further than frames overtake each other.
  static let lateNumberReach: UInt64 = 64

  struct LateNumber {
    /// Its index.
    var association: UInt32
    var number: UInt64
    /// The highest number at that time.
    var highest: UInt64
  }
}

extension SequenceTracker {
  /// To be called before a new number of the newest epoch is counted.
  mutating func noteLate(_ number: UInt64, _ record: UInt32) {
    guard partNotes != nil else { return }
    let index = Int(record)
    let highest = records[index].newest.numbers.highest
    if number < highest, number < records[index].anchor + PartNotes.lateNumberReach {
      partNotes?.lateNumbers.append(
        PartNotes.LateNumber(
          association: records[index].start, number: number, highest: highest))
    }
  }
}
