/// Writes the order of arrival of the frames of one flow after another: numbers, losses, late
/// frames, copies and events.
///
/// It works by what is meant, not by what an observer would conclude: `Margin` keeps events so far
/// apart that the rules for numbers leave only the meant conclusion.
struct FlowPlanner {
  var frames: [PlannedFrame] = []
  private(set) var lives: [Life] = []

  var random = SplitMix64(seed: 0)
  private var impairments = Impairments()
  var state = SenderState()
  private var delayed = DelayedFrames()
  /// Where in `frames` the flow in hand will end.
  private(set) var end = 0

  /// What the planner knows of the life that is being written.
  struct SenderState {
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

  /// Appends exactly `count` frames of one flow, with the events that find room in it; those that
  /// are `certain` come first.
  mutating func plan(
    flow: Int, carrier: Carrier, count: Int, impairments: Impairments,
    certain: [Scenario.Kind], events: [Scenario.Kind], random: SplitMix64
  ) {
    self.random = random
    self.impairments = impairments
    end = frames.count + count
    state = SenderState()
    (state.flow, state.carrier) = (flow, carrier)
    guard carrier.hasNumbers else {
      startLife(first: 1, an: 0)
      quiet(count)
      return
    }
    let wraps = certain.contains(.wrap) || (certain.isEmpty && events.contains(.wrap))
    // Taken from the end.
    let first = eventList(certain, wraps: wraps)
    let rekeys = first.count { $0.name == "rekey" }
    var left = eventList(events, wraps: wraps, rekeys: rekeys) + first
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

  /// Single events, shuffled.
  private mutating func eventList(
    _ kinds: [Scenario.Kind], wraps: Bool, rekeys: Int = 0
  ) -> [Scenario.Kind] {
    var events: [Scenario.Kind] = []
    var rekeys = rekeys
    for kind in kinds {
      switch kind {
      case .rekey(let times):
        // A fourth rekey comes back to the first AN, which must not be where the numbers wrapped.
        let count = wraps ? min(random.from(times), max(0, 3 - rekeys)) : random.from(times)
        rekeys += count
        events += repeatElement(kind, count: count)
      // Where numbers wrap, small numbers are expected: a restart or a jump would be misread.
      case .restart, .return, .outage, .skip: if !wraps { events.append(kind) }
      case .wrap: break
      default: events.append(kind)
      }
    }
    for index in events.indices.reversed().dropLast() {
      events.swapAt(index, random.below(index + 1))
    }
    return events
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
    case .replay(let length): length.lowerBound
    case .forged(let count): 3 * count.upperBound
    case .restart: 3 * Margin.quiet + 1
    case .return: 100 + 3 * Margin.quiet + 1
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

  // MARK: - Frames

  mutating func startLife(first: UInt64, an: UInt8, spi: UInt32? = nil) {
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

  mutating func emit(_ number: UInt64) {
    frames.append(PlannedFrame(number: number, life: state.life))
    state.emitted += 1
    state.sinceEvent = state.sinceEvent.map { $0 + 1 }
    if number > state.highest { state.highest = number }
  }

  /// The next numbers in order, none lost.
  mutating func quiet(_ count: Int) {
    for _ in 0..<count {
      emit(state.next)
      state.next += 1
    }
  }

  /// Frames of the life as the network delivers them; undisturbed at both ends.
  mutating func stretch(
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
