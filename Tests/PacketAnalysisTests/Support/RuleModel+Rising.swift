import PacketAnalysis

/// Finds rising frames.
struct RisingFrames {
  struct Frame {
    var index: Int
    var position: Int
    var number: UInt32
    var isHeld: Bool
    /// For 1 to K rising frames that end with this one, the latest index of the first.
    var latestFirst: [Int?]
  }
  var frames: [Frame] = []

  /// The first of K rising frames that end with this one.
  mutating func append(
    _ index: Int, _ position: Int, _ number: UInt32, isHeld: Bool, mayBegin: Bool,
    after: Int, reach: Int, _ options: TrackingOptions
  ) -> Frame? {
    frames.removeAll { $0.index < max(index, reach) - Int(options.window) }
    var latestFirst: [Int?] = [mayBegin ? index : nil]
    for length in 1..<max(options.confirmations, 1) {
      let below = frames.filter { (1...options.window).contains(UInt64(number &- $0.number)) }
      latestFirst.append(below.compactMap { $0.latestFirst[length - 1] }.max())
    }
    let frame = Frame(
      index: index, position: position, number: number, isHeld: isHeld, latestFirst: latestFirst)
    if isHeld || latestFirst.contains(where: { $0 != nil }) { frames.append(frame) }
    guard let first = latestFirst.last ?? nil, first > after else { return nil }
    return frames.first { $0.index == first }
  }

  /// Rule 6: a run with `number` in it would be refuted at once.
  mutating func drop(refutedBy number: UInt32, _ options: TrackingOptions) {
    let dropped = frames.filter { UInt64(number &- $0.number) > options.start }.map(\.index)
    frames.removeAll { dropped.contains($0.index) }
    for place in frames.indices {
      frames[place].latestFirst = frames[place].latestFirst.map {
        $0.flatMap { dropped.contains($0) ? nil : $0 }
      }
    }
  }

  /// The held frames whose number is within W of one of the rising frames: these leave no room
  /// between them that is further than W from all, so their first and last tell.
  func takenIn(_ first: Frame, _ last: UInt32, after: Int, _ options: TrackingOptions) -> Set<Int> {
    let reach = UInt64(last &- first.number) + 2 * options.window
    let within = frames.filter {
      $0.isHeld && $0.index > after
        && UInt64($0.number &- first.number &+ UInt32(options.window)) <= reach
    }
    return Set(within.map(\.position)).union([first.position])
  }
}
