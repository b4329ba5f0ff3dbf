import Glibc
import PacketAnalysis

/// One interface of a live capture, through all that becomes of it: it may go down, go away and come
/// back, and is the same point of capture.
final class LiveInterface {
  let name: String
  let linkType: LinkType
  private let options: LiveCaptureOptions
  private var ring: PacketRing
  private var reader: RingBlockReader
  let contexts: [InterfaceContext]

  private(set) var received: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  private var blindness = BlindLedger()
  /// When the drops of the kernel were last asked for.
  private var lastLook: Timestamp
  /// When the interface was last known to be up.
  private var lastUp: Timestamp
  private(set) var isDown = false
  /// Why it could not be taken up again.
  private var obstacle: LiveCaptureError?

  init(_ name: String, point: UInt16, options: LiveCaptureOptions) throws(LiveCaptureError) {
    let (interface, index) = try InterfaceList.kernelsView(of: name)
    guard let linkType = interface.linkType else {
      throw LiveCaptureError(name, .unknownLinkType(hardwareType: interface.hardwareType))
    }
    if interface.state == .down { throw LiveCaptureError(name, .isDown) }
    (self.name, self.linkType, self.options) = (name, linkType, options)
    contexts = [InterfaceContext(linkType: linkType, point: point)]
    reader = RingBlockReader(linkType: linkType, snapLength: options.snapLength)
    lastLook = .now
    lastUp = .now
    ring = try Self.ring(of: interface, index: index, options)
    isDown = interface.state != .up
  }

  private static func ring(
    of interface: NetworkInterface, index: Int32, _ options: LiveCaptureOptions
  ) throws(LiveCaptureError) -> PacketRing {
    let filter = try KernelFilter(
      options.filter, interface: interface, direction: options.direction,
      snapLength: options.snapLength)
    // What the loopback interface sends comes back: it would be seen twice.
    let ignoresOutgoing =
      options.direction == .in || options.direction == .both && interface.isLoopback
    return try PacketRing(
      interface.name, index: index, size: options.ringSize, filter: filter,
      ignoresOutgoing: ignoresOutgoing, isPromiscuous: options.isPromiscuous)
  }

  var socket: Int32 { ring.socket }
  var captured: UInt64 { reader.statistics.packets }
  /// Frames that are in the ring.
  var waiting: UInt64 {
    let taken = captured &+ dropped
    return received > taken ? received - taken : 0
  }

  // MARK: Frames

  /// Analyzes the next block, if there is one; returns how many frames it had, `nil` for no block.
  ///
  /// - Parameter use: gets the block after the analysis, and how many frames it had.
  func analyzeNext(
    _ analyzer: PacketAnalyzer, file: Int, frameLimit: Int,
    use: (UnsafeMutableRawBufferPointer, Int) -> Void
  ) -> Int? {
    guard let block = ring.nextBlock() else { return nil }
    let before = captured
    analyzer.analyze(
      block, frameLimit: frameLimit, reader: &reader, file: file, interfaces: contexts)
    let count = Int(captured - before)
    use(block, count)
    ring.release()
    return count
  }

  func refuseFrames() { ring.refuseFrames() }

  // MARK: What was not seen

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

  /// Looks whether the interface is up; one that went away and came back gets a new ring.
  func lookAtState() {
    let now = Timestamp.now
    let view = try? InterfaceList.kernelsView(of: name)
    let wasDown = ring.wasDown
    guard let view, view.interface.state == .up, view.index == ring.interfaceIndex || reopen(view)
    else {
      isDown = true
      return
    }
    if isDown || wasDown {
      blindness.add(from: lastUp, to: now, reason: .interfaceDown, drops: 0)
    }
    isDown = false
    lastUp = now
  }

  /// Returns whether it worked.
  private func reopen(_ view: (interface: NetworkInterface, index: Int32)) -> Bool {
    do throws(LiveCaptureError) {
      guard view.interface.linkType == linkType else {
        throw LiveCaptureError(
          name, .unknownLinkType(hardwareType: view.interface.hardwareType))
      }
      let new = try Self.ring(of: view.interface, index: view.index, options)
      lookAtDrops()
      ring = new
      obstacle = nil
      return true
    } catch {
      obstacle = error
      return false
    }
  }

  // MARK: Results

  /// As it stands in files.
  var description: CaptureInterface {
    CaptureInterface(linkType: linkType, snapLength: options.snapLength, name: name)
  }

  func blindIntervals(point: Int) -> [BlindInterval] {
    var intervals = blindness.intervals
    if isDown {
      intervals.append(
        BlindInterval(point: 0, start: lastUp, end: nil, reason: .interfaceDown, drops: 0))
    }
    for index in intervals.indices { intervals[index].point = point }
    return intervals
  }

  func summary(file: Int) -> CaptureSummary {
    var summary = CaptureSummary(file: file, format: .live, point: file)
    let statistics = reader.statistics
    summary.packets = statistics.packets
    summary.octets = statistics.octets
    summary.firstTime = statistics.firstTime
    summary.lastTime = statistics.lastTime
    summary.timeSteps = statistics.timeSteps
    summary.snappedFrames = statistics.snappedFrames
    summary.longestFrameOctets = statistics.longestFrameOctets
    summary.snapLength = options.snapLength
    summary.capturedDrops = dropped
    summary.linkType = linkType
    return summary
  }

  var notes: [String] {
    var notes: [String] = []
    if let obstacle { notes.append("\(name) was not taken up again: \(obstacle)") }
    if blindness.joinedNanoseconds > 0 {
      notes.append(
        "\(name): blind intervals less than \(blindness.joinedNanoseconds / 1_000_000) ms apart "
          + "were joined, since there were too many")
    }
    return notes
  }
}

extension Timestamp {
  /// By the clock from which the kernel takes the times of frames.
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      nanosecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}
