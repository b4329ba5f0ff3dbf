import Glibc
public import PacketAnalysis

public struct LiveCaptureOptions: Sendable, Equatable {
  /// In the language of pcap-filter(7).
  public var filter: String?
  public var direction = FrameDirection.both
  /// Octets kept of each frame.
  public var snapLength: UInt32 = 262_144
  public var ringSize = RingSize(mebibytes: 32)
  public var isPromiscuous = false
  public init() {}
}

/// The frames of interfaces of this machine, as they come in. Each interface is a point of capture,
/// and stands in a report where a file would stand.
///
///     let capture = try LiveCapture(["eth0"], options: options)
///     while ... { capture.analyzeNext(analyzer, frameLimit: .max) }
///     capture.stop()
///     while capture.isWaiting { ... }
///
/// Belongs to one thread. The frames stay where the kernel put them, in a ring of each interface.
public final class LiveCapture {
  private let interfaces: [LiveInterface]
  private let clock = ContinuousClock()
  private var nextLook: ContinuousClock.Instant
  private var isStopped = false
  /// Whose turn it is, so that none waits for a busier one.
  private var turn = 0
  private var recorder: FrameRecorder?

  /// So often the state of the interfaces is looked at, and so long a call waits for frames.
  private static let pause = Duration.milliseconds(100)

  public init(_ names: [String], options: LiveCaptureOptions) throws(LiveCaptureError) {
    var interfaces: [LiveInterface] = []
    if let filter = options.filter { try KernelFilter.check(filter) }
    for (index, name) in names.enumerated() {
      if names[..<index].contains(name) { throw LiveCaptureError(name, .namedTwice) }
      interfaces.append(
        try LiveInterface(name, point: UInt16(clamping: index), options: options))
    }
    self.interfaces = interfaces
    nextLook = clock.now + Self.pause
  }

  /// Also writes from here on what is analyzed to files. To be called before the first frame is.
  ///
  /// - Returns: what is to be finished when the capture is over.
  public func record(
    _ options: RecordingOptions, filter: String?
  ) throws(RecordingError) -> CaptureRecording {
    let recording = try CaptureRecording(
      options, interfaces: interfaces.map(\.description), filter: filter)
    recorder = FrameRecorder(recording, interfaceCount: interfaces.count)
    return recording
  }

  /// What was analyzed last is on its way to the files.
  public func flushRecording() { recorder?.flush() }

  /// Analyzes what is there, at most `frameLimit` frames of one block; waits a moment where nothing
  /// is. Returns how many frames there were.
  @discardableResult
  public func analyzeNext(_ analyzer: PacketAnalyzer, frameLimit: Int) -> Int {
    let now = clock.now
    if now >= nextLook {
      for index in interfaces.indices { look(atInterface: index) }
      recorder?.flush()
      nextLook = now + Self.pause
    }
    for _ in interfaces {
      let file = turn
      turn = (turn + 1) % interfaces.count
      lookAtDrops(ofInterface: file)
      let count = interfaces[file].analyzeNext(analyzer, file: file, frameLimit: frameLimit) {
        recorder?.take($0, frameLimit: $1, interface: file)
      }
      if let count { return count }
    }
    recorder?.flush()
    wait()
    return 0
  }

  private func look(atInterface index: Int) {
    lookAtDrops(ofInterface: index)
    interfaces[index].lookAtState()
  }

  private func lookAtDrops(ofInterface index: Int) {
    guard let (drops, times) = interfaces[index].lookAtDrops() else { return }
    recorder?.note(MissingFrames(interface: index, times: times, frames: drops))
  }

  /// Until a ring has a block, or an interface has something to tell.
  private func wait() {
    var requests = interfaces.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
    let milliseconds = Int32(Self.pause / .milliseconds(1))
    guard poll(&requests, nfds_t(requests.count), milliseconds) > 0 else { return }
    // An interface that goes down says so at once.
    for (index, request) in requests.enumerated() where request.revents & Int16(POLLERR) != 0 {
      look(atInterface: index)
    }
  }

  /// From here on nothing more comes in; what is in the rings can still be analyzed.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    for index in interfaces.indices {
      interfaces[index].refuseFrames()
      look(atInterface: index)
    }
  }

  /// Whether frames are in the rings.
  public var isWaiting: Bool { interfaces.contains { $0.waiting > 0 } }

  // MARK: Results

  public var names: [String] { interfaces.map(\.name) }
  public var linkTypes: [LinkType] { interfaces.map(\.linkType) }

  /// What became of the frames of one interface.
  public struct Counts: Sendable, Equatable {
    public var name: String
    public var captured: UInt64
    /// Passed the filter, dropped or not.
    public var received: UInt64
    public var dropped: UInt64
    /// In the ring, not analyzed.
    public var waiting: UInt64
    public var isDown: Bool
  }

  public var counts: [Counts] {
    interfaces.map {
      Counts(
        name: $0.name, captured: $0.captured, received: $0.received, dropped: $0.dropped,
        waiting: $0.waiting, isDown: $0.isDown)
    }
  }

  /// What was seen so far, for a report.
  public var description: RunDescription {
    var run = RunDescription()
    run.files = names
    run.points = names
    run.captures = interfaces.enumerated().map { $1.summary(file: $0) }
    run.blindIntervals = interfaces.enumerated().flatMap { $1.blindIntervals(point: $0) }
    run.notes = interfaces.flatMap(\.notes)
    return run
  }
}
