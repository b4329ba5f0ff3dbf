import PacketAnalysis

/// What was written: every planned frame with its place and time in the capture.
struct Emission {
  let flows: [Flow]
  let starts: [Int]
  private(set) var frames: [PlannedFrame]
  private(set) var lives: [Life]
  /// When each frame of the capture was seen; the first is frame 1.
  private(set) var times: [Int64] = []

  // Of the capture as a whole.
  private(set) var octets: UInt64 = 0
  private(set) var snappedFrames: UInt64 = 0
  private(set) var longestFrame = 0
  private(set) var timeSteps: UInt64 = 0

  /// Shuffles the flows together, each in its own order, and writes their frames.
  init(
    _ plan: consuming TrafficPlan, options: GeneratorOptions,
    sink: inout some OctetSink & ~Copyable, tell: (GeneratorProgress) -> Void
  ) throws(GeneratorError) {
    (flows, starts) = (plan.flows, plan.starts)
    (frames, lives) = plan.takeFrames()
    times.reserveCapacity(frames.count)

    let order = Self.order(starts: starts, seed: options.seed)
    var next = starts
    var random = SplitMix64(seed: options.seed, part: TrafficGenerator.payloadPart)
    let writer = FrameWriter(options: options, flows: flows, random: &random)
    var clock = CaptureClock(options: options)
    var capture = CaptureWriter(options: options)
    let snapLength = options.snapLength ?? .max
    var number: UInt32 = 0
    for flow in order {
      let index = next[Int(flow)]
      next[Int(flow)] = index + 1
      number += 1
      frames[index].frame = number
      let frame = frames[index]
      let life = lives[frame.life]
      let time = capture.resolved(clock.next())
      if let last = times.last, time < last { timeSteps += 1 }
      times.append(time)

      let start = capture.beginRecord()
      let length = writer.write(frame, of: life, into: &capture.buffer)
      capture.endRecord(frameAt: start, length: length, time: time)
      lives[frame.life].packets += 1
      lives[frame.life].octets += UInt64(length)
      octets += UInt64(length)
      longestFrame = max(longestFrame, length)
      if length > snapLength { snappedFrames += 1 }
      if capture.isFull {
        try capture.flush(to: &sink)
        tell(GeneratorProgress(frames: times.count, totalFrames: order.count, octets: octets))
      }
    }
    try capture.flush(to: &sink)
  }

  /// For each frame of the capture its flow, every order equally likely (Fisher and Yates).
  private static func order(starts: [Int], seed: UInt64) -> [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(starts.last ?? 0)
    for flow in 0..<(starts.count - 1) {
      order.append(
        contentsOf: repeatElement(
          UInt32(truncatingIfNeeded: flow), count: starts[flow + 1] - starts[flow]))
    }
    var random = SplitMix64(seed: seed, part: TrafficGenerator.orderPart)
    for index in order.indices.reversed().dropLast() {
      order.swapAt(index, random.below(index + 1))
    }
    return order
  }
}

/// The times of a capture: even traffic with jitter, and steps back where a scenario wants them.
private struct CaptureClock {
  private var time: Int64
  private let shortest: UInt64
  private let spread: UInt64
  private var stepRate = 0.0
  private var stepNanoseconds = 0
  private var random: SplitMix64

  init(options: GeneratorOptions) {
    time = options.startTime.nanosecondsSinceEpoch
    random = SplitMix64(seed: options.seed, part: TrafficGenerator.timePart)
    // From half the mean interval to one and a half.
    let mean = UInt64(1e9 / options.packetsPerSecond)
    (shortest, spread) = (mean / 2, mean + 1)
    for scenario in options.scenarios {
      guard case .timeSteps(let rate, let nanoseconds) = scenario.kind else { continue }
      (stepRate, stepNanoseconds) = (rate, nanoseconds)
    }
  }

  mutating func next() -> Int64 {
    time += Int64(shortest + random.below(spread))
    guard random.chance(stepRate) else { return time }
    return max(0, time - Int64(1 + random.below(stepNanoseconds)))
  }
}
