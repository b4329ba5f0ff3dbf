import PacketAnalysis

/// A ring of one interface through all that becomes of it, and what was not seen in it.
final class InterfaceRing {
  private var ring: PacketRing
  private var reader: RingBlockReader
  let contexts: [InterfaceContext]

  private(set) var received: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  private(set) var blindness = BlindLedger()
  /// When the drops of the kernel were last asked for.
  private var lastLook = Timestamp.now
  private var sawError = false

  init(_ ring: PacketRing, reader: RingBlockReader, contexts: [InterfaceContext]) {
    (self.ring, self.reader, self.contexts) = (ring, reader, contexts)
  }

  var interfaceIndex: Int32 { ring.interfaceIndex }
  var socket: Int32 { ring.socket }
  var statistics: FrameStatistics { reader.statistics }
  var captured: UInt64 { reader.statistics.packets }
  /// Frames that are in the ring.
  var waiting: UInt64 {
    let taken = captured &+ dropped
    return received > taken ? received - taken : 0
  }

  /// Analyzes the next block, if there is one; returns how many frames of it, `nil` for no block.
  ///
  /// - Parameters:
  ///   - grant: of so many frames, how many may be analyzed.
  ///   - use: gets the block after the analysis, and how many of its frames were analyzed.
  func analyzeNext(
    _ analyzer: PacketAnalyzer, file: Int, grant: (Int) -> Int,
    use: (UnsafeMutableRawBufferPointer, Int) -> Void
  ) -> Int? {
    guard let block = ring.nextBlock() else { return nil }
    let before = captured
    analyzer.analyze(
      block, frameLimit: grant(RingBlockReader.frameCount(of: block)), reader: &reader, file: file,
      interfaces: contexts)
    let count = Int(captured - before)
    use(block, count)
    ring.release()
    return count
  }

  func refuseFrames() { ring.refuseFrames() }

  /// Another one takes its place: the interface was made anew.
  func replace(with ring: PacketRing) {
    lookAtDrops()
    self.ring = ring
  }

  /// Asks the kernel what it dropped since the last time; returns how much and when that was.
  @discardableResult
  func lookAtDrops() -> (drops: UInt64, times: ClosedRange<Timestamp>)? {
    let now = Timestamp.now
    let (received, dropped) = ring.statistics()
    self.received += received
    self.dropped += dropped
    defer { lastLook = now }
    guard dropped > 0 else { return nil }
    return (
      dropped, blindness.add(from: lastLook, to: now, reason: .ringFull, drops: dropped)
    )
  }

  /// The socket has something to tell, which it tells once.
  func takeError() { if ring.wasDown { sawError = true } }

  /// Whether the interface was down since the last call.
  var wasDown: Bool {
    takeError()
    defer { sawError = false }
    return sawError
  }
}
