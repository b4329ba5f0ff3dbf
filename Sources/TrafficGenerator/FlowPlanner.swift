/// Writes the order of arrival of the frames of one flow after another: numbers, losses, late
/// frames, copies and events.
///
/// It works by what is meant, not by what an observer would conclude: `Margin` keeps events so far
/// apart that the rules for numbers leave only the meant conclusion.
struct FlowPlanner {
  private(set) var frames: [PlannedFrame] = []
  private(set) var lives: [Life] = []

  private var random = SplitMix64(seed: 0)
  private var impairments = Impairments()
  private var state = SenderState()
  private var delayed = DelayedFrames()

  /// What the planner knows of the life that is being written.
  private struct SenderState {
    var flow = 0
    var carrier = Carrier.macsec
    var life = 0
    /// The number that the sender gives next.
    var next: UInt64 = 1
    var lowest: UInt64 = 1
    var highest: UInt64 = 0
    var wraps = false
    /// Frames of this life so far.
    var emitted = 0
    /// Where in `frames` this life begins.
    var firstIndex = 0
    /// Frames since the last event of this life; `nil`: none yet, and no epoch before it.
    var sinceEvent: Int?
    /// The first frames after a restart or return are only mildly disturbed.
    var calmFrames = 0
    var channel = LossChannel()
  }

  init(packets: Int) { frames.reserveCapacity(packets) }

  /// Appends exactly `count` frames of one flow, with the events that find room in it.
  mutating func plan(
    flow: Int, carrier: Carrier, count: Int, impairments: Impairments,
    events: [Scenario.Kind], random: SplitMix64
  ) {
    self.random = random
    self.impairments = impairments
    let end = frames.count + count
    state = SenderState()
    (state.flow, state.carrier) = (flow, carrier)
    guard carrier.hasNumbers else {
      startLife(first: 1, an: 0)
      quiet(count)
      return
    }
    var (left, wraps) = eventList(events)
    startLife(first: firstNumber(wraps: wraps, count: count, hasEvents: !left.isEmpty), an: 0)
    state.wraps = wraps
    let isEventful = wraps || !left.isEmpty
    while let event = left.popLast() {
      let room = end - frames.count
      let minimum = framesBefore(event)
      let cost = framesFor(event) + 2 * Margin.quiet + 8
      guard minimum + cost <= room, isPossible(event) else { continue }
      let share = room / (left.count + 2)
      stretch(max(minimum, min(share / 2 + self.random.below(share + 1), room - cost)))
      perform(event)
    }
    stretch(end - frames.count, head: isEventful ? Margin.quiet : 1, tail: 0)
  }

  // MARK: - Which events, and where

  /// Single events in the order in which to take them from the end, and whether the numbers wrap.
  private mutating func eventList(_ kinds: [Scenario.Kind]) -> ([Scenario.Kind], Bool) {
    let wraps = kinds.contains(.wrap)
    var events: [Scenario.Kind] = []
    for kind in kinds where kind != .wrap {
      switch kind {
      case .rekey(let times):
        for _ in 0..<random.from(times) { events.append(kind) }
      case .return where wraps || state.carrier != .macsec: break
      // Where numbers wrap, small numbers are expected: a restart or a jump would be misread.
      case .restart where wraps, .outage where wraps, .skip where wraps: break
      default: events.append(kind)
      }
    }
    if wraps {
      // A fourth rekey comes back to the first AN, whose numbers have wrapped.
      var rekeys = 0
      events.removeAll {
        if case .rekey = $0 { rekeys += 1 } else { return false }
        return rekeys > 3
      }
    }
    for index in events.indices.reversed().dropLast() {
      events.swapAt(index, random.below(index + 1))
    }
    return (events, wraps)
  }

  private mutating func firstNumber(wraps: Bool, count: Int, hasEvents: Bool) -> UInt64 {
    if wraps {
      let longest = hasEvents ? 60 : max(21, min(count / 2, 20_000))
      return 1 << 32 - UInt64(random.from(20...longest))
    }
    // Most captures begin with the key; some in the middle of its life, and then so far from 1
    // that the numbers of a restarted sender lie far below.
    return random.chance(0.3) ? 2_000 + random.below(1 << 29) : 1
  }

  /// Frames of this life that must come before an event, for it to be read as meant.
  private func framesBefore(_ event: Scenario.Kind) -> Int {
    let own =
      switch event {
      case .restart: 140
      case .return, .rekey: 90
      case .replay: 300
      default: 2 * Margin.quiet + 8
      }
    return max(own, (state.sinceEvent.map { Margin.decided - $0 }) ?? 0)
  }

  /// Frames that an event itself takes, at most.
  private func framesFor(_ event: Scenario.Kind) -> Int {
    switch event {
    case .replay(let length): length.upperBound
    case .forged(let count): 2 * count.upperBound
    case .return: 100
    default: 0
    }
  }

  private func isPossible(_ event: Scenario.Kind) -> Bool {
    // Twice the largest jump, so that what is lost on the way there cannot lead too far.
    switch event {
    case .outage(let size), .skip(let size):
      state.next + UInt64(size.lowerBound) + 1 << 27 < Margin.highestPlainNumber
    case .return: freshAN != nil
    default: true
    }
  }

  /// An AN that the flow has not used. The one that stands in while another is away is such, so
  /// that no association has two epochs within a few frames.
  private var freshAN: UInt8? {
    let used = lives.reversed().prefix { $0.flow == state.flow }.map(\.an)
    return (0..<4 as Range<UInt8>).first { !used.contains($0) }
  }

  // MARK: - Events

  private mutating func perform(_ event: Scenario.Kind) {
    switch event {
    case .replay(let length): replay(length)
    case .forged(let count): forge(count)
    case .outage(let size), .skip(let size): jump(size)
    case .restart:
      let life = lives[state.life]
      startLife(first: 1, an: life.an, spi: life.spi)
    case .rekey:
      rekey()
    case .return:
      let an = lives[state.life].an
      rekey(toAN: freshAN)
      stretch(90)
      rekey(toAN: an)
    default: break
    }
  }

  private mutating func rekey(toAN an: UInt8? = nil) {
    let old = lives[state.life]
    let border = frames.count
    if state.carrier == .macsec {
      startLife(first: 1, an: an ?? (old.an + 1) & 3)
    } else {
      startLife(first: 1, an: 0)
    }
    // The last frames under the old key and the first under the new one overtake each other; each
    // association stays in order.
    let overlap = random.below(9)
    quiet(8)
    guard overlap > 0 else { return }
    let before = Array(frames[(border - overlap)..<border])
    let after = Array(frames[border..<(border + overlap)])
    var (b, a) = (0, 0)
    for index in (border - overlap)..<(border + overlap) {
      let takesOld = a == after.count || (b < before.count && random.chance(0.5))
      frames[index] = takesOld ? before[b] : after[a]
      if takesOld { b += 1 } else { a += 1 }
    }
  }

  /// Frames of the last few thousand, once more and in the order of their numbers; well below the
  /// highest, so that the traffic that goes on cannot be taken for more of it.
  private mutating func replay(_ length: ClosedRange<Int>) {
    let from = max(state.firstIndex, frames.count - 3_000)
    let reach: UInt64 = UInt64(Margin.wrapReach)
    let highest = state.highest
    let numbers = Set(
      frames[from...].lazy.filter { [life = state.life] in $0.life == life && !$0.isSuspect }
        .map(\.number)
    ).filter { $0 + 150 <= highest && $0 + reach >= highest }.sorted()
    guard numbers.count >= length.lowerBound else { return }
    let count = random.from(length.lowerBound...min(length.upperBound, numbers.count))
    // Often from the very beginning, where a replay is hardest to tell from a restart.
    let first = random.chance(0.4) ? 0 : random.below(numbers.count - count + 1)
    for number in numbers[first..<(first + count)] { emit(number) }
    state.sinceEvent = 0
  }

  /// Frames with a number far from all others, a genuine one after each: K rising numbers never
  /// come without one between. Below the lowest nothing tells them from a new epoch but that they
  /// are fewer than K.
  private mutating func forge(_ range: ClosedRange<Int>) {
    let count = random.from(range)
    var (made, below) = (0, 0)
    var forged: UInt32?
    for _ in 0..<count {
      let candidate = forged.map { random.chance(0.5) ? $0 &+ 1 : nil } ?? nil
      guard let number = candidate ?? farNumber(), isFar(number) else { continue }
      if UInt64(number) < state.lowest & 0xFFFF_FFFF {
        guard below < 3 else { continue }
        below += 1
      }
      forged = number
      made += 1
      frames.append(PlannedFrame(number: UInt64(number), life: state.life, isSuspect: true))
      state.emitted += 1
      quiet(1)
    }
    if made > 0 { state.sinceEvent = 0 }
  }

  private mutating func farNumber() -> UInt32? {
    for _ in 0..<16 {
      let number = UInt32(truncatingIfNeeded: random.next())
      if isFar(number) { return number }
    }
    return nil
  }

  /// Whether a number on the wire is far outside the range seen, whatever its high half.
  private func isFar(_ number: UInt32) -> Bool {
    let above = number &- UInt32(truncatingIfNeeded: state.highest)
    let below = UInt32(truncatingIfNeeded: state.lowest) &- number
    let far: UInt32 = 1 << 26
    let span = state.highest - state.lowest
    return number > 1_000 && above > far && below > far
      && UInt64(above) + UInt64(below) + span == 1 << 32
  }

  private mutating func jump(_ size: ClosedRange<Int>) {
    let highest = Margin.highestPlainNumber - 1 << 27
    guard state.next + UInt64(size.lowerBound) < highest else { return }
    let most = min(UInt64(size.upperBound), highest - state.next)
    state.next += random.from(UInt64(size.lowerBound)...most)
    state.sinceEvent = 0
  }

  // MARK: - Frames

  private mutating func startLife(first: UInt64, an: UInt8, spi: UInt32? = nil) {
    let flow = state.flow
    var life = Life(flow: flow, an: an, salt: random.next())
    if !state.carrier.isMACsec {
      // 0 to 255 are reserved (RFC 4303, 2.1).
      life.spi = spi ?? 256 + UInt32(truncatingIfNeeded: random.below(0xFFFF_FE00 as UInt64))
    }
    // Only the lives of this flow can be of the same association; they are the last ones.
    let before = lives.reversed().prefix { $0.flow == flow }
    if let last = before.first(where: { $0.an == life.an && $0.spi == life.spi }) {
      life.epoch = last.epoch + 1
    }
    lives.append(life)
    let carrier = state.carrier
    state = SenderState()
    (state.flow, state.carrier) = (flow, carrier)
    (state.life, state.next, state.lowest) = (lives.count - 1, first, first)
    state.firstIndex = frames.count
    if life.epoch > 0 {
      state.sinceEvent = 0
      state.calmFrames = Margin.decided
    }
  }

  private mutating func emit(_ number: UInt64) {
    frames.append(PlannedFrame(number: number, life: state.life))
    state.emitted += 1
    state.sinceEvent = state.sinceEvent.map { $0 + 1 }
    if number > state.highest { state.highest = number }
  }

  /// The next numbers in order, none lost.
  private mutating func quiet(_ count: Int) {
    for _ in 0..<count {
      emit(state.next)
      state.next += 1
    }
  }

  /// Frames of the life as the network delivers them; undisturbed at both ends.
  private mutating func stretch(
    _ count: Int, head: Int = Margin.quiet, tail: Int = Margin.quiet
  ) {
    let head = min(head, count)
    let tail = min(tail, count - head)
    quiet(head)
    disturbed(count - head - tail)
    quiet(tail)
  }

  /// Exactly `count` frames with losses, late frames and copies; all that is late has come at the
  /// end.
  private mutating func disturbed(_ count: Int) {
    var left = count
    while left > 0 {
      if delayed.isDue(next: state.next) || delayed.count >= left {
        guard let (number, isCopy) = delayed.removeNext() else { continue }
        if isCopy && looksLikeRestart(number) { continue }
        emit(number)
        left -= 1
        continue
      }
      let number = state.next
      state.next += 1
      let isCalm = state.emitted < state.calmFrames
      let longestRun = isCalm ? Margin.longestCalmLossRun : Margin.longestLossRun
      if state.channel.loses(impairments, longestRun: longestRun, random: &random) { continue }
      if random.chance(impairments.reorderRate) {
        let distance = reach(impairments.reorderDistance, isCalm: isCalm)
        delayed.insert(number: number, due: number + UInt64(distance), isCopy: false)
        continue
      }
      emit(number)
      left -= 1
      if delayed.count < left, random.chance(impairments.duplicateRate) {
        let distance = reach(impairments.duplicateDistance, isCalm: isCalm)
        delayed.insert(number: number, due: number + UInt64(distance), isCopy: true)
      }
    }
  }

  private mutating func reach(_ distance: ClosedRange<Int>, isCalm: Bool) -> Int {
    let drawn = random.from(distance)
    return min(drawn, isCalm ? 1 : state.wraps ? Margin.wrapReach : drawn)
  }

  private func looksLikeRestart(_ number: UInt64) -> Bool {
    number & 0xFFFF_FFFF <= Margin.start && state.highest - number + 4 > Margin.start
  }
}
