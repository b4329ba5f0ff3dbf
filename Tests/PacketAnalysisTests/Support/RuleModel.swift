import PacketAnalysis

/// The rules of `docs/sequence-tracking.md`, slow and obvious: what the tracker is compared with.
///
/// Every verdict counts as if it had been known at arrival. So the frames of an AN are read from
/// the first, until one of them decides what was not known; then again from the first, with that
/// known and whatever was found about later frames forgotten; until a reading has no news.
/// A frame is its position in the arrivals; an `index` counts the frames of the association.
struct RuleModel {
  /// Of a frame: it begins a jump or an epoch, it was confirmed with that beginning, it is a replay.
  enum Verdict { case jump, farBelow, returned, restart, joins, replay }

  /// One life of an association. Numbers are extended, and may be negative until reported.
  final class Epoch {
    /// How, and with which frame of the association, it began.
    var (origin, index): (Verdict?, Int) = (nil, 0)
    var (lowest, highest) = (0, 0)
    var wireHighest: Int { highest & 0xFFFF_FFFF }
    /// Which frame brought each number first.
    var arrived: [Int: Int] = [:]
    var (counted, suspects): ([Int], [Int]) = ([], [])
    var reordered: UInt64 = 0
    var skips: [ClosedRange<Int>] = []
  }

  let arrivals: [Arrival]
  let an: UInt8
  let isMACsec: Bool
  let options: TrackingOptions
  /// Found so far; and how many frames were read: what is W frames older than these is decided.
  var verdicts: [Int: Verdict] = [:]
  var reach = 0
  var epochs: [Epoch] = []
  var badTags: UInt64 = 0
  var index = 0
  var isAbsent = false
  var isOlderOpen = false
  /// The number that the newest epoch, or its latest jump, began with.
  var anchor = 0
  /// The frames that brought highest forward within H.
  var advances: [Int] = []
  /// What may be part of a run, by the verdict that the run would bring; and for 1 to K rising
  /// frames that end with it, the latest first of them: itself where it is held.
  var candidates: [Verdict: [(frame: Int, index: Int, firsts: [Int?])]] = [:]
  var h: Int { Int(options.horizon) }
  var w: Int { Int(options.window) }
  var s: Int { Int(options.start) }
  var k: Int { options.confirmations }
  var newest: Epoch { epochs[epochs.count - 1] }
  var older: Epoch? { epochs.dropLast().last }

  @Sendable static func judge(
    _ arrivals: [Arrival], isMACsec: Bool, options: TrackingOptions
  ) -> ChannelResult {
    var result = ChannelResult()
    for an in Set(arrivals.map(\.an)).sorted() {
      var model = RuleModel(arrivals: arrivals, an: an, isMACsec: isMACsec, options: options)
      while let (verdict, frames) = model.read(), let first = frames.min() {
        model.verdicts = model.verdicts.filter { $0.key < first }
        for frame in frames { model.verdicts[frame] = verdict == .replay ? .replay : .joins }
        model.verdicts[first] = verdict
      }
      if model.badTags > 0 { result.badTags[an] = model.badTags }
      for (epoch, next) in zip(model.epochs, model.epochs.dropFirst() + [Epoch()]) {
        if epoch.arrived.count == 1, next.origin == .farBelow {
          next.suspects += epoch.counted + epoch.suspects  // rule 5: it is no epoch
        } else if !(epoch.counted + epoch.suspects).isEmpty {
          result.epochs.append(model.result(epoch))
        }
      }
    }
    return result
  }

  /// Reads the frames of the AN from the first, up to one that decides something of some frames.
  mutating func read() -> (Verdict, Set<Int>)? {
    (epochs, advances, candidates) = ([Epoch()], [], [:])
    (badTags, index, isAbsent, isOlderOpen) = (0, 0, false, false)
    for frame in arrivals.indices where arrivals[frame].an == an {
      let others = (0..<frame).reversed().prefix { arrivals[$0].an != an }.reversed()
      let isAway = Dictionary(grouping: others) { arrivals[$0].an }.values.contains {  // rule 1
        $0.count >= s || elapsed($0[0], frame) >= options.retireNanoseconds
      }
      isAbsent = !newest.arrived.isEmpty && (isAbsent || isAway)
      index += 1
      reach = max(reach, index)
      if let news = read(frame) { return news }
    }
    return nil
  }

  /// Rules 2 to 8 for one frame.
  mutating func read(_ frame: Int) -> (Verdict, Set<Int>)? {
    let number = arrivals[frame].number
    if let verdict = verdicts[frame], verdict != .replay {
      if verdict == .joins { isAbsent = false } else { begin(verdict, frame) }
      take(choices(number, anchor)[0], frame, newest)
      return nil
    }
    if newest.arrived.isEmpty { (newest.lowest, newest.highest) = (Int(number), Int(number)) }
    var (value, epoch) = (extend(number, newest), newest)
    if let older, let old = extend(number, older) {
      let distance = value.map { abs($0 - newest.highest) } ?? .max
      // Rule 6: the old epoch goes on, and the new one has not gone further: it was a replay.
      let goesOn = (1...h).contains(old - older.highest) && newest.highest < older.wireHighest
      if newest.origin == .restart, reach <= newest.index + w, goesOn, distance > s {
        return (.replay, Set(newest.counted + newest.suspects))
      }
      // Rule 7: to the epoch whose highest is nearer.
      isOlderOpen = isOlderOpen && index <= newest.index + w
      let isNear = (older.lowest - w...older.highest + h).contains(old)
      if isOlderOpen, isNear, abs(old - older.highest) < distance { (value, epoch) = (old, older) }
    }
    guard let value else {  // rule 8
      if isMACsec { (badTags, index) = (badTags + 1, index - 1) } else { epoch.suspects += [frame] }
      return nil
    }
    // Rules 3 to 6, as if nothing were ever confirmed.
    let isNew = epoch.arrived[value] == nil
    let isSkipped = epoch.skips.contains { $0.contains(value) }
    let fillsGap = isNew && !isSkipped && (epoch.lowest...epoch.highest).contains(value)
    let mayRestart = number <= s && newest.highest - value > s
    var kind: Verdict? = isNew || epoch !== newest ? nil : .restart
    if value > epoch.highest + h { kind = .jump }
    if value < epoch.lowest - w { kind = .farBelow }
    if isNew, kind != nil { epoch.suspects += [frame] } else { take(value, frame, epoch) }
    if verdicts[frame] != nil { return nil }  // what is known makes up no other run
    return confirm(.returned, frame, isHeld: isAbsent && !fillsGap)
      ?? kind.flatMap { confirm($0, frame, isHeld: isNew || mayRestart) }
  }

  /// A number with the high half of another one, the next, and the one before: the nearest first.
  func choices(_ number: UInt32, _ other: Int) -> [Int] {
    let same = other & ~0xFFFF_FFFF | Int(number)
    return [same, same + 1 << 32, same - 1 << 32].sorted { abs($0 - other) < abs($1 - other) }
  }

  /// Rule 2, and rule 8: `nil` where the number may not be 0.
  func extend(_ number: UInt32, _ epoch: Epoch) -> Int? {
    let (highest, toWrap) = (epoch.highest, 1 << 32 - epoch.wireHighest)
    let value = choices(number, highest).first {
      $0 >> 32 == highest >> 32
        || !isAbsent && (abs($0 - highest) <= h || $0 > highest && toWrap <= 1 << 24)
    }
    guard number == 0, let value else { return value }
    let isInside = value >= epoch.lowest && (0...h).contains(highest - value)
    return !epoch.arrived.isEmpty && (toWrap <= h || isInside) ? value : nil
  }

  /// Counts a frame that is no suspect.
  mutating func take(_ value: Int, _ frame: Int, _ epoch: Epoch) {
    if epoch === newest, (1...h).contains(value - epoch.highest) {
      (advances, isAbsent) = (advances + [frame], false)
    }
    epoch.counted.append(frame)
    if epoch.arrived[value] == nil { epoch.arrived[value] = frame } else { return }
    if value < epoch.highest { epoch.reordered += 1 }
    (epoch.lowest, epoch.highest) = (min(epoch.lowest, value), max(epoch.highest, value))
    // Rule 7: closed for good once the highest numbers are within W, as far as the wire tells.
    let apart = abs(newest.wireHighest - (older?.wireHighest ?? 0))
    if min(apart, 1 << 32 - apart) <= w { isOlderOpen = false }
  }

  /// Rules 1, 4, 5, 6: K rising numbers, the first of them held and not decided yet.
  mutating func confirm(_ kind: Verdict, _ frame: Int, isHeld: Bool) -> (Verdict, Set<Int>)? {
    let open = candidates[kind, default: []].filter { $0.index >= reach - w }
    // No run goes on over these; in rule 6, where they would refute the restart.
    let cuts = kind == .jump || kind == .restart ? advances : []
    let below = open.filter { before in
      (1...w).contains(rise(before.frame, frame))
        && !cuts.contains { $0 > before.frame && (kind == .jump || rise(before.frame, $0) > s) }
    }
    var firsts = [isHeld ? frame : nil]
    for length in 1..<k { firsts.append(below.compactMap { $0.firsts[length - 1] }.max()) }
    if !firsts.allSatisfy({ $0 == nil }) { candidates[kind] = open + [(frame, index, firsts)] }
    guard let first = firsts[k - 1], open.contains(where: { $0.frame == first }) else { return nil }
    // What is held and within W of one of them: there is no room between them.
    let takenIn = candidates[kind, default: []].filter {
      $0.firsts[0] != nil && (kind != .restart || $0.frame > advances.last ?? 0)
        && (rise(first, $0.frame) <= rise(first, frame) + w || rise($0.frame, first) <= w)
    }
    return (kind, Set(takenIn.map(\.frame) + [first]))
  }

  /// How far the number of the second frame is above that of the first, on the wire.
  func rise(_ from: Int, _ to: Int) -> Int { Int(arrivals[to].number &- arrivals[from].number) }

  /// Nanoseconds between two frames; negative where one of the times is not known.
  func elapsed(_ from: Int, _ to: Int) -> Int64 {
    guard let from = arrivals[from].timeNanoseconds else { return -1 }
    return arrivals[to].timeNanoseconds.map { $0 - from } ?? -1
  }

  /// A jump or an epoch begins with this frame.
  mutating func begin(_ verdict: Verdict, _ frame: Int) {
    let last = newest
    guard verdict == .jump, let value = extend(arrivals[frame].number, last) else {
      (anchor, epochs) = (Int(arrivals[frame].number), epochs + [Epoch()])
      (newest.origin, newest.index) = (verdict, index)
      (newest.lowest, newest.highest) = (anchor, anchor)
      (isOlderOpen, isAbsent, candidates[.restart]) = (true, false, nil)
      return
    }
    let between = value - last.highest - 1
    let time = elapsed(last.arrived[last.highest] ?? frame, frame)
    let carried = Int128(options.fastestFramesPerSecond) * Int128(time)
    if last.arrived.count == 1 {
      last.suspects += last.counted
      (last.counted, last.arrived, last.lowest, last.highest) = ([], [:], value, value)
    } else if between > 1 << 24, time > 0, Int128(between) * 1_000_000_000 > carried {
      last.skips.append(last.highest + 1...value - 1)  // rule 9
    }
    anchor = value
  }

  func result(_ epoch: Epoch) -> EpochResult {
    let counted = epoch.counted.map { arrivals[$0] }
    let suspects = epoch.suspects.sorted().map { arrivals[$0] }
    let times = (counted + suspects).compactMap(\.timeNanoseconds)
    let base = epoch.lowest & ~0xFFFF_FFFF
    let arrived = epoch.arrived.sorted { $0.key < $1.key }.map {
      (number: UInt64($0.key - base), arrival: arrivals[$0.value])
    }
    var result = EpochResult(
      an: an, packets: UInt64(counted.count + suspects.count),
      octets: (counted + suspects).reduce(0) { $0 + UInt64($1.octets) },
      distinct: UInt64(arrived.count), duplicates: UInt64(counted.count - arrived.count),
      reordered: epoch.reordered, suspects: UInt64(suspects.count),
      lowest: arrived.first?.number, highest: arrived.last?.number,
      suspectFrames: suspects.map { .init(number: $0.number, frame: $0.frame) },
      firstTimeNanoseconds: times.min(), lastTimeNanoseconds: times.max())
    for (below, above) in zip(arrived, arrived.dropFirst()) where above.number > below.number + 1 {
      let gap = EpochResult.Gap(
        first: below.number + 1, last: above.number - 1,
        before: .init(frame: below.arrival.frame, timeNanoseconds: below.arrival.timeNanoseconds),
        after: .init(frame: above.arrival.frame, timeNanoseconds: above.arrival.timeNanoseconds))
      let isSkipped = epoch.skips.contains { $0.contains(base + Int(gap.first)) }
      result[keyPath: isSkipped ? \EpochResult.skips : \.gaps].append(gap)
      result[keyPath: isSkipped ? \EpochResult.skipped : \.lost] += gap.last - gap.first + 1
    }
    let steps = zip(epoch.counted, epoch.counted.dropFirst()).map(elapsed).filter { $0 >= 0 }
    if let least = steps.min(), let most = steps.max() {  // rule 10
      let mean = UInt64(steps.reduce(0, +)) / UInt64(steps.count)
      result.interArrival = .init(
        minimumNanoseconds: UInt64(least), meanNanoseconds: mean, maximumNanoseconds: UInt64(most))
    }
    return result
  }
}
