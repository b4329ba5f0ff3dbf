import PacketAnalysis

/// One ring of an interface through all that becomes of it, and what was not seen in it.
final class InterfaceRing {
  private var source: any FrameSource
  private var reader: RingBlockReader
  let contexts: [InterfaceContext]

  private(set) var received: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  private(set) var blindness = BlindLedger()
  /// When the drops of the kernel were last asked for.
  private var lastLook = Timestamp.now
  private var sawError = false

  init(_ source: any FrameSource, reader: RingBlockReader, contexts: [InterfaceContext]) {
    (self.source, self.reader, self.contexts) = (source, reader, contexts)
  }

  var isOfLibpcap: Bool { source is LibpcapSource }
  var interfaceIndex: Int32? { source.interfaceIndex }
  var sockets: [Int32] { source.sockets }
  var statistics: FrameStatistics { reader.statistics }
  var captured: UInt64 { reader.statistics.packets }
  /// Frames that are in the ring.
  var waiting: UInt64 {
    if let waiting = source.waiting { return waiting }
    let taken = captured &+ dropped
    return received > taken ? received - taken : 0
  }

  /// Analyzes the next frames, if there are any; returns how many, `nil` for none.
  ///
  /// - Parameter grant: of so many frames, how many may be analyzed.
  func analyzeNext(
    _ analyzer: PacketAnalyzer, file: Int, recorder: FrameRecorder?, grant: (Int) -> Int
  ) -> Int? {
    source.analyzeNext(
      FrameUse(analyzer: analyzer, file: file, interfaces: contexts, recorder: recorder), &reader,
      grant: grant)
  }

  func refuseFrames() { source.refuseFrames() }

  func replaceFilter(by filter: KernelFilter, of name: String) throws(LiveCaptureError) {
    try source.replaceFilter(by: filter, of: name)
  }

  /// Takes up an interface that was made anew, where that needs no other source.
  func turn(to interface: Int32) -> Bool { source.turn(to: interface) }

  /// Another one takes its place: the interface was made anew.
  func replace(with source: any FrameSource) {
    lookAtDrops()
    self.source = source
  }

  /// Asks the kernel what it dropped since the last time; returns how much and when that was.
  @discardableResult
  func lookAtDrops() -> (drops: UInt64, times: ClosedRange<Timestamp>)? {
    let now = Timestamp.now
    let (received, dropped) = source.statistics()
    self.received += received
    self.dropped += dropped
    defer { lastLook = now }
    guard dropped > 0 else { return nil }
    return (
      dropped, blindness.add(from: lastLook, to: now, reason: .ringFull, drops: dropped)
    )
  }

  /// The socket has something to tell, which it tells once.
  func takeError() { if source.wasDown { sawError = true } }

  /// Whether the interface was down since the last call.
  var wasDown: Bool {
    takeError()
    defer { sawError = false }
    return sawError
  }
}
