/// Frames of one kind that are held, and the runs of rising numbers among them: numbers that
/// differ, in order of arrival, each above the one before by at most W.
///
/// For every frame it keeps, per length, the latest frame that a run of that length ending here can
/// begin with; so a run is found as soon as it is complete, whatever arrived between its frames.
struct RisingRuns {
  struct Element {
    /// As on the wire: a run may cross the wrap.
    var number: UInt32
    /// Index of the frame in its association.
    var index: UInt64
    /// May be the first of a run.
    var mayBegin: Bool
    /// Arrived after the last frame that broke the runs.
    var isUnbroken: Bool
    /// At n: the index of the latest first frame of a run of n + 1 that ends here; 0: none.
    var beginnings: [UInt64]
  }

  private(set) var elements: [Element] = []

  /// Whether the frame with `index` is held and may begin something.
  func holds(_ index: UInt64) -> Bool {
    elements.contains { $0.index == index && $0.mayBegin }
  }

  var isEmpty: Bool { elements.isEmpty }

  /// Drops what the frame with `index` comes too late to confirm.
  mutating func expire(at index: UInt64, rules: SequenceRules) {
    if let first = elements.first, first.index + rules.window < index {
      elements.removeAll { $0.index + rules.window < index }
    }
  }

  /// No run may reach across the present moment.
  mutating func breakRuns() {
    for position in elements.indices {
      elements[position].beginnings = []
      elements[position].isUnbroken = false
    }
  }

  /// No frame held so far counts as one that came just before a run; runs go on.
  mutating func passProgress() {
    for position in elements.indices { elements[position].isUnbroken = false }
  }

  /// Adds a frame; returns the numbers of the run that it completes, lowest first.
  mutating func add(
    _ number: UInt32, index: UInt64, mayBegin: Bool, rules: SequenceRules
  ) -> (first: UInt64, numbers: [UInt32])? {
    var beginnings = [UInt64](repeating: 0, count: rules.confirmations)
    if mayBegin { beginnings[0] = index }
    for element in elements where continues(element.number, with: number, rules) {
      for (length, first) in element.beginnings.dropLast().enumerated()
      where first + rules.window >= index && first > beginnings[length + 1] {
        beginnings[length + 1] = first
      }
    }
    guard beginnings.contains(where: { $0 != 0 }) else { return nil }
    elements.append(
      Element(
        number: number, index: index, mayBegin: mayBegin, isUnbroken: true,
        beginnings: beginnings))
    guard let first = beginnings.last, first != 0 else { return nil }
    return (first, trace(back: first, rules))
  }

  /// The frames held that may begin something and whose number is within W of one of `numbers`.
  func companions(of numbers: [UInt32], rules: SequenceRules, unbrokenOnly: Bool) -> [UInt64] {
    elements.filter { element in
      element.mayBegin && (!unbrokenOnly || element.isUnbroken)
        && numbers.contains { isWithin(element.number, of: $0, rules) }
    }.map(\.index)
  }

  /// The numbers of the run that the last element completes and the frame `first` begins.
  private func trace(back first: UInt64, _ rules: SequenceRules) -> [UInt32] {
    var numbers = [elements[elements.count - 1].number]
    var position = elements.count - 1
    var length = rules.confirmations - 1
    while length > 0 {
      length -= 1
      let wanted = length
      guard
        let before = elements[..<position].lastIndex(where: {
          continues($0.number, with: numbers[0], rules) && wanted < $0.beginnings.count
            && $0.beginnings[wanted] == first
        })
      else { break }
      numbers.insert(elements[before].number, at: 0)
      position = before
    }
    return numbers
  }

  private func continues(_ number: UInt32, with next: UInt32, _ rules: SequenceRules) -> Bool {
    next != number && UInt64(next &- number) <= rules.window
  }

  private func isWithin(_ number: UInt32, of other: UInt32, _ rules: SequenceRules) -> Bool {
    min(UInt64(number &- other), UInt64(other &- number)) <= rules.window
  }
}
