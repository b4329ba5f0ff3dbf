/// Frames of one kind that are held, and the runs of rising numbers among them: numbers that
/// differ, in order of arrival, each above the one before by at most W.
///
/// For every frame it keeps, per length, the latest frame that a run of that length ending here can
/// begin with; so a run is found as soon as it is complete, whatever arrived between its frames.
struct RisingRuns {
  private struct Element {
    /// As on the wire: a run may cross the wrap.
    var number: UInt32
    /// May be the first of a run.
    var mayBegin: Bool
    /// Index of the frame in its association.
    var index: UInt64
    /// No run goes on from it (rule 6).
    var isPassed = false
  }

  private let rules: SequenceRules
  /// By index. Those before `head` came too long ago.
  private var elements: [Element] = []
  private var head = 0
  /// At `position` * K + n: the index of the latest first frame of a run of n + 1 that ends at
  /// that element; 0: none.
  private var beginnings: [UInt64] = []
  /// No run may reach across the frame with this index.
  private var brokenIndex: UInt64 = 0
  /// Frames up to this index do not count as having come just before a run.
  private var passedIndex: UInt64 = 0

  init(_ rules: SequenceRules) { self.rules = rules }

  var isEmpty: Bool { head == elements.count }

  /// Whether the frame with `index` is held and may begin something.
  func holds(_ index: UInt64) -> Bool {
    var (low, high) = (head, elements.count)
    while low < high {
      let middle = (low + high) / 2
      if elements[middle].index < index { low = middle + 1 } else { high = middle }
    }
    return low < elements.count && elements[low].index == index && elements[low].mayBegin
  }

  /// Drops what the frame with `index` comes too late to confirm.
  mutating func expire(at index: UInt64) {
    while head < elements.count, elements[head].index + rules.window < index { head += 1 }
    guard head > Self.compaction else { return }
    elements.removeFirst(head)
    beginnings.removeFirst(head * rules.confirmations)
    head = 0
  }

  /// No run may reach across the frame with `index`.
  mutating func breakRuns(at index: UInt64) {
    brokenIndex = index
    passedIndex = index
  }

  /// Rule 6: the frame with `index` shows that the old epoch goes on with `number`. No frame held so
  /// far counts as one that came just before a run; and no run goes on from those that it would
  /// leave more than S behind: their restart would be refuted at once.
  mutating func passProgress(to number: UInt32, at index: UInt64) {
    passedIndex = index
    // The first frame of the runs that may still go on.
    var first = UInt64.max
    for position in head..<elements.count where !elements[position].isPassed {
      if UInt64(number &- elements[position].number) > rules.start {
        elements[position].isPassed = true
        continue
      }
      let own = position * rules.confirmations
      for beginning in beginnings[own..<own + rules.confirmations] where beginning != 0 {
        first = min(first, beginning)
      }
    }
    while head < elements.count, elements[head].index < first { head += 1 }
  }

  /// Adds a frame; returns the numbers of the run that it completes, lowest first.
  mutating func add(
    _ number: UInt32, index: UInt64, mayBegin: Bool
  ) -> (first: UInt64, numbers: [UInt32])? {
    let length = rules.confirmations
    let own = beginnings.count
    beginnings.append(contentsOf: repeatElement(0, count: length))
    if mayBegin { beginnings[own] = index }
    for position in head..<elements.count
    where elements[position].index > brokenIndex && !elements[position].isPassed
      && continues(elements[position].number, number)
    {
      let others = position * length
      for place in 0..<length - 1 {
        let first = beginnings[others + place]
        if first + rules.window >= index, first > beginnings[own + place + 1] {
          beginnings[own + place + 1] = first
        }
      }
    }
    guard beginnings[own...].contains(where: { $0 != 0 }) else {
      beginnings.removeLast(length)
      return nil
    }
    elements.append(Element(number: number, mayBegin: mayBegin, index: index))
    let first = beginnings[own + length - 1]
    return first == 0 ? nil : (first, trace(back: first))
  }

  /// The frames held that may begin something and whose number is within W of one of `numbers`.
  func companions(of numbers: [UInt32], unbrokenOnly: Bool) -> [UInt64] {
    elements[head...].filter { element in
      element.mayBegin && (!unbrokenOnly || element.index > passedIndex)
        && numbers.contains { isWithin(element.number, of: $0) }
    }.map(\.index)
  }

  /// The numbers of the run that the last element completes and the frame `first` begins.
  private func trace(back first: UInt64) -> [UInt32] {
    var position = elements.count - 1
    var numbers = [elements[position].number]
    for place in (0..<rules.confirmations - 1).reversed() {
      let next = elements[position].number
      guard
        let before = (head..<position).last(where: {
          elements[$0].index > brokenIndex && continues(elements[$0].number, next)
            && beginnings[$0 * rules.confirmations + place] == first
        })
      else { break }
      position = before
      numbers.insert(elements[position].number, at: 0)
    }
    return numbers
  }

  @inline(__always)
  private func continues(_ number: UInt32, _ next: UInt32) -> Bool {
    next != number && UInt64(next &- number) <= rules.window
  }

  private func isWithin(_ number: UInt32, of other: UInt32) -> Bool {
    min(UInt64(number &- other), UInt64(other &- number)) <= rules.window
  }

  private static let compaction = 256
}
