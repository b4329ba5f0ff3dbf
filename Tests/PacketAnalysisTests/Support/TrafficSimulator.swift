import CaptureTestSupport
import PacketAnalysis

/// Random traffic of one channel in which everything happens that the rules speak of, often on
/// their borders: it knows the limits, but nothing of what is made of them.
struct TrafficSimulator {
  var options: TrackingOptions
  private var random: SplitMix64
  private var arrivals: [Arrival] = []
  private var clockNanoseconds: Int64 = 1_700_000_000_000_000_000
  /// The next number of each AN.
  private var next: [UInt32] = []
  /// What was sent, to be sent again.
  private var sent: [(an: UInt8, number: UInt32)] = []

  /// Limits so small that random traffic meets them: (K + 1) W is at most H, as by default.
  static let smallOptions: TrackingOptions = {
    var options = TrackingOptions()
    options.horizon = 64
    options.window = 16
    options.start = 4
    options.confirmations = 3
    return options
  }()

  init(seed: UInt64, options: TrackingOptions = smallOptions) {
    self.options = options
    random = SplitMix64(seed: seed)
  }

  /// After everything that happens, at most so many frames in order.
  private var calmLength = 0

  /// About so many frames.
  static func arrivals(
    seed: UInt64, count: Int, options: TrackingOptions = smallOptions, calmLength: Int = 0
  ) -> [Arrival] {
    var simulator = TrafficSimulator(seed: seed, options: options)
    simulator.calmLength = calmLength
    return simulator.run(count: count)
  }

  private mutating func run(count: Int) -> [Arrival] {
    let associations = [1, 1, 2, 4].randomElement(using: &random) ?? 1
    next = (0..<associations).map { _ in firstNumber() }
    var an: UInt8 = 0
    while arrivals.count < count {
      if chance(1, in: 3) { an = UInt8(Int.random(in: 0..<associations, using: &random)) }
      act(an)
      if calmLength > 0, chance(1, in: 2) { send(an, run(an, near(calmLength))) }
    }
    return arrivals
  }

  private mutating func act(_ an: UInt8) {
    let place = Int(an)
    let (window, start) = (Int(options.window), Int(options.start))
    switch Int.random(in: 0..<24, using: &random) {
    case 0...4: send(an, run(an, near(window)))
    case 5: next[place] &+= UInt32(near(Int(options.horizon)))  // a burst of loss
    case 6, 7: next[place] &+= UInt32.random(in: 0...2, using: &random)
    case 8, 9: send(an, shuffled(run(an, near(2 * window)), distance: near(window)))
    case 10:  // a SPAN port copies each
      send(an, run(an, near(window)).flatMap { [$0, $0] })
    case 11: replay(length: near(2 * window))
    case 12: if let last = sent.last { send(last.an, [last.number]) }
    case 13:  // a sender that restarts, an AN that returns, or a replay of its beginning
      let before = next[place]
      next[place] = UInt32.random(in: 0...UInt32(start) + 1, using: &random)
      send(an, run(an, near(options.confirmations + 2)))
      if chance(1, in: 2) {
        next[place] = before
        send(an, run(an, near(options.confirmations)))
      }
    case 14: next[place] = firstNumber()
    case 15: send(an, [.random(in: 0 ... .max, using: &random)])  // forged
    case 16: forge(an)
    case 17: send(an, [0])
    case 18: outage(place)
    case 19:
      // The last: more nanoseconds than 32 bits have.
      wait(
        options.retireNanoseconds
          + [-2_000, -1, 0, 1, 1_300_000_000].randomElement(or: 0, &random))
    case 20: wait(-Int64.random(in: 0...1_000_000, using: &random))
    case 21:  // as many frames as make the other ANs away, or almost
      send(an, run(an, start + Int.random(in: -1...1, using: &random)))
    case 22:  // from around W below the lowest up to the highest
      send(an, [next[place] &- UInt32(near(window)) &- UInt32(near(3 * window))])
    default:  // around the horizon, with some of the traffic after it
      next[place] &+= UInt32(Int(options.horizon) + .random(in: -2...2, using: &random))
      send(an, shuffled(run(an, near(options.confirmations + 2)), distance: 2))
    }
  }

  private mutating func send(_ an: UInt8, _ numbers: [UInt32]) {
    for number in numbers {
      wait(Int64.random(in: 0...2_000, using: &random))
      arrivals.append(
        Arrival(
          an: an, number: number, timeNanoseconds: chance(1, in: 40) ? nil : clockNanoseconds,
          frame: UInt64(arrivals.count) + 1, octets: .random(in: 60...1_500, using: &random)))
      sent.append((an, number))
    }
  }

  /// The next numbers of an AN.
  private mutating func run(_ an: UInt8, _ length: Int) -> [UInt32] {
    (0..<max(length, 0)).map { _ in
      defer { next[Int(an)] &+= 1 }
      return next[Int(an)]
    }
  }

  /// No number more than about `distance` from its place.
  private mutating func shuffled(_ numbers: [UInt32], distance: Int) -> [UInt32] {
    let places = numbers.indices.map { $0 + Int.random(in: 0...distance, using: &random) }
    return zip(places, numbers).enumerated()
      .sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
  }

  private mutating func replay(length: Int) {
    guard let start = sent.indices.randomElement(using: &random) else { return }
    for old in sent[start...].prefix(length) { send(old.an, [old.number]) }
  }

  /// Rising numbers from nowhere, with the traffic between them or alone.
  private mutating func forge(_ an: UInt8) {
    var forged = UInt32.random(in: 0 ... .max, using: &random)
    for _ in 0..<near(options.confirmations + 1) {
      send(an, [forged])
      forged &+= UInt32(near(Int(options.window)))
      if chance(1, in: 3) { send(an, run(an, 1)) }
    }
  }

  /// Sometimes of more numbers than a link can carry in the time.
  private mutating func outage(_ place: Int) {
    let exponent = [10, 24, 25, 31].randomElement(or: 10, &random)
    next[place] &+= UInt32.random(in: 0...1 << exponent, using: &random)
    if chance(1, in: 2) { wait(.random(in: 0...2_000_000_000, using: &random)) }
  }

  private mutating func wait(_ nanoseconds: Int64) { clockNanoseconds += nanoseconds }

  /// Small, just above 2^24 below a wrap, just before a wrap, anywhere.
  private mutating func firstNumber() -> UInt32 {
    let spread = UInt32(near(4 * Int(options.horizon)))
    let anywhere = UInt32.random(in: 1 ... .max, using: &random)
    return [1, spread, 0 &- spread, (0 &- (1 << 24)) &- spread, anywhere]
      .randomElement(or: 1, &random)
  }

  /// 1 to `limit` + 1, the limits often.
  private mutating func near(_ limit: Int) -> Int {
    chance(1, in: 3)
      ? max(1, limit + .random(in: -1...1, using: &random)) : .random(in: 1...limit, using: &random)
  }

  private mutating func chance(_ times: Int, in all: Int) -> Bool {
    Int.random(in: 0..<all, using: &random) < times
  }
}

extension Array {
  fileprivate func randomElement(or none: Element, _ random: inout SplitMix64) -> Element {
    randomElement(using: &random) ?? none
  }
}

/// A shorter sequence that fails too: chunks are left out, halves first, single frames last, as
/// long as what remains still fails (delta debugging; Zeller, Hildebrandt 2002).
func shrink(_ arrivals: [Arrival], fails: ([Arrival]) -> Bool) -> [Arrival] {
  var shortest = arrivals
  var chunk = max(arrivals.count / 2, 1)
  while true {
    var start = 0
    var isShorter = false
    while start < shortest.count {
      var shorter = shortest
      shorter.removeSubrange(start..<min(start + chunk, shortest.count))
      if fails(shorter) {
        (shortest, isShorter) = (shorter, true)
      } else {
        start += chunk
      }
    }
    if chunk == 1 && !isShorter { return shortest }
    chunk = max(chunk / 2, 1)
  }
}

/// What a failing test prints: the seed, and arrivals to paste into a test of their own.
func report(seed: UInt64, _ arrivals: [Arrival]) -> String {
  let frames = arrivals.map { arrival in
    let time = arrival.timeNanoseconds.map(String.init) ?? "-"
    return "AN\(arrival.an) \(arrival.number) at \(time) (frame \(arrival.frame))"
  }
  return "seed \(seed), \(arrivals.count) frames: " + frames.joined(separator: ", ")
}
