import PacketAnalysis

/// The rules of `docs/sequence-tracking.md`, slow and obvious: the oracle of the tracker.
///
/// Every verdict counts as if it had been known at arrival. So the frames of an AN are read from
/// the first, until the reading comes upon a verdict that it did not know; then they are read
/// again with it, and without what was found about later frames; until a reading has no news.
enum RuleModel {
  @Sendable static func judge(
    _ arrivals: [Arrival], isMACsec: Bool, options: TrackingOptions
  ) -> ChannelResult {
    var result = ChannelResult()
    for an in Set(arrivals.map(\.an)).sorted() {
      var reading = RuleReading(arrivals, an, isMACsec, options)
      while let (beginning, verdict) = reading.read() {
        var known = reading.known.filter { $0.key < beginning }
          .mapValues { RuleVerdict(kind: $0.kind, frames: $0.frames.filter { $0 < beginning }) }
        known[beginning] = verdict
        reading = RuleReading(
          arrivals, an, isMACsec, options, known, reach: max(reading.reach, reading.index))
      }
      result.epochs += reading.results()
      if reading.badTags > 0 { result.badTags[an] = reading.badTags }
    }
    return result
  }
}

/// One reading of the frames of an AN, with the verdicts known so far by their first frame.
struct RuleReading {
  let arrivals: [Arrival]
  let an: UInt8
  let isMACsec: Bool
  let options: TrackingOptions
  let known: [Int: RuleVerdict]
  /// How many frames have been read at most: earlier ones are decided W frames before that.
  let reach: Int
  var epochs: [RuleEpoch] = []
  var badTags: UInt64 = 0
  /// How many frames of the association were read, and which brought highest forward last.
  private(set) var index = 0
  private var lastAdvance = 0
  private var isAbsent = false
  private var isOlderOpen = false
  /// Of the newest epoch: the frames that its own confirmations took in.
  private var taken: Set<Int> = []
  /// The number that the newest epoch, or its latest jump, began with.
  private var anchor = 0
  private var rising: [RuleVerdict.Kind: RisingFrames] = [:]
  private let (h, w, s): (Int, Int, Int)

  init(
    _ arrivals: [Arrival], _ an: UInt8, _ isMACsec: Bool, _ options: TrackingOptions,
    _ known: [Int: RuleVerdict] = [:], reach: Int = 0
  ) {
    (self.arrivals, self.an, self.isMACsec) = (arrivals, an, isMACsec)
    (self.options, self.known, self.reach) = (options, known, reach)
    (h, w, s) = (Int(options.horizon), Int(options.window), Int(options.start))
  }

  mutating func read() -> (Int, RuleVerdict)? {
    var others: [Arrival] = []  // since the last frame of the AN
    for (position, arrival) in arrivals.enumerated() {
      guard arrival.an == an else {
        others.append(arrival)
        continue
      }
      let news = observe(position, isAway: isAway(others, arrival))
      if let news { return news }
      others = []
    }
    return nil
  }

  /// Rule 1.
  private func isAway(_ others: [Arrival], _ arrival: Arrival) -> Bool {
    Dictionary(grouping: others, by: \.an).values.contains { frames in
      guard frames.count < s else { return true }
      guard let first = frames.first?.timeNanoseconds, let time = arrival.timeNanoseconds else {
        return false
      }
      return time - first >= options.retireNanoseconds
    }
  }

  /// Rule 2, and rule 8: `nil` where the number may not be 0.
  private func extend(_ number: UInt32, _ epoch: RuleEpoch) -> Int? {
    let wrap = 1 << 32
    let same = epoch.highest & ~(wrap - 1) | Int(number)
    let toWrap = wrap - epoch.highest & (wrap - 1)
    var choices = [same]
    if !isAbsent {
      let above = same + wrap - epoch.highest
      if toWrap <= 1 << 24 || abs(above) <= h { choices.append(same + wrap) }
      if epoch.highest - (same - wrap) <= h { choices.append(same - wrap) }
    }
    let nearest = choices.reduce(same) {
      abs($1 - epoch.highest) < abs($0 - epoch.highest) ? $1 : $0
    }
    let isInside = nearest >= epoch.lowest && (0...h).contains(epoch.highest - nearest)
    return number != 0 || toWrap <= h || isInside ? nearest : nil
  }

  private func nearest(_ number: UInt32, _ anchor: Int) -> Int {
    let same = anchor & ~0xFFFF_FFFF | Int(number)
    return [same, same + 1 << 32, same - 1 << 32].reduce(same) {
      abs($1 - anchor) < abs($0 - anchor) ? $1 : $0
    }
  }

  /// Reads one frame; the verdict that it completes, if that is not known yet.
  private mutating func observe(_ position: Int, isAway: Bool) -> (Int, RuleVerdict)? {
    let number = arrivals[position].number
    guard let newest = epochs.last, !newest.firstArrivals.isEmpty else {
      return observeFirst(position, number)
    }
    isAbsent = isAbsent || isAway
    if let verdict = known[position], verdict.kind != .replay {
      begin(position, number, verdict)
      return nil
    }
    let last = epochs.count - 1
    let extended = taken.contains(position) ? nearest(number, anchor) : extend(number, newest)

    // Rule 6: a tentative epoch that was a replay.
    if newest.kind == .restart, max(index + 1, reach) <= newest.index + w,
      let old = extend(number, epochs[last - 1]), (1...h).contains(old - epochs[last - 1].highest),
      newest.highest & 0xFFFF_FFFF < epochs[last - 1].highest & 0xFFFF_FFFF,
      extended.map({ abs($0 - newest.highest) > s }) ?? true
    {
      index += 1
      let frames = Set(newest.counted + newest.suspects)
      return (newest.beginning, RuleVerdict(kind: .replay, frames: frames))
    }
    // Rule 7.
    isOlderOpen = isOlderOpen && index + 1 <= newest.index + w
    var older: Int?
    if isOlderOpen, !taken.contains(position), let old = extend(number, epochs[last - 1]),
      isNear(old, epochs[last - 1])
    {
      let distance = abs(old - epochs[last - 1].highest)
      if extended.map({ distance < abs($0 - newest.highest) }) ?? true { older = old }
    }
    // Rule 8.
    guard let value = older ?? extended else {
      if isMACsec {
        badTags += 1
      } else {
        index += 1
        epochs[last].suspects.append(position)
      }
      return nil
    }
    index += 1
    let home = older == nil ? last : last - 1
    let epoch = epochs[home]
    let isNew = epoch.firstArrivals[value] == nil
    let isAdvance = home == last && (1...h).contains(value - newest.highest)
    let fillsGap =
      isNew && (epoch.lowest...epoch.highest).contains(value)
      && !epoch.skips.contains { $0.contains(value) }
    let isReturn = isAbsent && !isAdvance && !fillsGap
    if isAdvance || taken.contains(position) { isAbsent = false }

    var kind: RuleVerdict.Kind?
    if taken.contains(position) || isNear(value, epoch) {
      if !isNew && home == last { kind = .restart }
      epochs[home].take(value, position)
    } else {
      kind = value > epoch.highest ? .jump : .farBelow
      epochs[home].suspects.append(position)
    }
    if isAdvance {
      lastAdvance = index
      rising[.restart]?.drop(refutedBy: number, options)
    }
    closeOlder()
    // A frame whose meaning is known makes up no other run; those of a replay begin nothing again.
    if taken.contains(position) { return nil }
    if known.values.contains(where: { $0.kind == .replay && $0.frames.contains(position) }) {
      return nil
    }
    let isFirst = number <= s && newest.highest - value > s
    return confirm(.returned, position, isHeld: isReturn, mayBegin: isReturn)
      ?? kind.flatMap {
        confirm(
          $0, position, isHeld: $0 != .restart || isFirst, mayBegin: $0 != .restart || isFirst)
      }
  }

  private mutating func observeFirst(_ position: Int, _ number: UInt32) -> (Int, RuleVerdict)? {
    if number == 0 && isMACsec {
      badTags += 1
      return nil
    }
    index += 1
    if epochs.isEmpty { epochs.append(RuleEpoch(beginning: position, index: index)) }
    if number == 0 {
      epochs[0].suspects.append(position)
    } else {
      epochs[0].take(Int(number), position)
    }
    return nil
  }

  private func isNear(_ number: Int, _ epoch: RuleEpoch) -> Bool {
    (epoch.lowest - w...epoch.highest + h).contains(number)
  }

  /// Rules 1, 4, 5, 6: K rising numbers.
  private mutating func confirm(
    _ kind: RuleVerdict.Kind, _ position: Int, isHeld: Bool, mayBegin: Bool
  ) -> (Int, RuleVerdict)? {
    let number = arrivals[position].number
    var frames = rising[kind] ?? RisingFrames()
    let first = frames.append(
      index, position, number, isHeld: isHeld, mayBegin: mayBegin,
      after: kind == .jump ? lastAdvance : 0, reach: reach, options)
    rising[kind] = frames
    guard let first else { return nil }
    let takenIn = frames.takenIn(
      first, number, after: kind == .restart ? lastAdvance : 0, options)
    return (takenIn.min() ?? position, RuleVerdict(kind: kind, frames: takenIn))
  }

  /// A verdict begins a jump or an epoch with this frame.
  private mutating func begin(_ position: Int, _ number: UInt32, _ verdict: RuleVerdict) {
    let last = epochs.count - 1
    index += 1
    if verdict.kind == .jump, let value = extend(number, epochs[last]) {
      let newest = epochs[last]
      if newest.firstArrivals.count == 1 {
        epochs[last].dissolve()
      } else if isSkip(newest, value, position) {
        epochs[last].skips.append(newest.highest + 1...value - 1)
      }
      epochs[last].take(value, position)
      anchor = value
    } else {
      epochs.append(RuleEpoch(kind: verdict.kind, beginning: position, index: index))
      epochs[last + 1].take(Int(number), position)
      anchor = Int(number)
      (isOlderOpen, isAbsent, rising[.restart]) = (true, false, nil)
    }
    taken = verdict.frames
    closeOlder()
  }

  /// Rule 9.
  private func isSkip(_ epoch: RuleEpoch, _ number: Int, _ position: Int) -> Bool {
    let between = number - epoch.highest - 1
    guard between > 1 << 24, let before = epoch.firstArrivals[epoch.highest],
      let from = arrivals[before].timeNanoseconds, let to = arrivals[position].timeNanoseconds,
      to > from
    else { return false }
    let carried = Int128(options.fastestFramesPerSecond) * Int128(to - from)
    return Int128(between) * 1_000_000_000 > carried
  }

  /// Rule 7: for good once the highest numbers are within W, as far as the wire tells.
  private mutating func closeOlder() {
    guard epochs.count > 1 else { return }
    let distance =
      UInt32(truncatingIfNeeded: epochs[epochs.count - 1].highest)
      &- UInt32(truncatingIfNeeded: epochs[epochs.count - 2].highest)
    if min(distance, 0 &- distance) <= w { isOlderOpen = false }
  }
}
