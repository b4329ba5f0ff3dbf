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
  /// `xdp` has neither filters nor what the machine sends; it and `libpcap` have a single ring.
  public var source = FrameSourceKind.ring
  /// Of each interface: each has a share of the channels, and a thread where there are several.
  public var ringCount = 1
  /// By which the kernel finds the ring of a frame, as the analysis its association.
  public var decoding = DecodingOptions()
  public init() {}

  public static let ringCounts = 1...64
}

/// The frames of interfaces of this machine, as they come in. Each interface is a point of capture,
/// and stands in a report where a file would stand.
///
///     let capture = try LiveCapture(["eth0"], options: options)
///     try capture.begin(analysis, frameLimit: .max)
///     while ... { capture.analyzeNext(analysis, frameLimit: .max) }
///     capture.stop()
///     while capture.isWaiting { ... }
///     capture.close()
///
/// Belongs to one thread. The frames stay where the kernel put them, in rings of each interface. A
/// single ring of each is emptied by the caller; several by threads, while the caller waits.
public final class LiveCapture {
  private let interfaces: [LiveInterface]
  /// By ring.
  private let readers: [RingReader]
  private let clock = ContinuousClock()
  private var nextLook: ContinuousClock.Instant
  private var isStopped = false
  private var filterChanges: (count: Int, last: String?) = (0, nil)
  /// What the threads have begun to use.
  private var analysis: RingAnalysis?
  private var threads: [RingThread] = []
  private var budget = FrameBudget(.max)

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
    readers = (0..<options.ringCount).map { ring in RingReader(interfaces.map { $0.rings[ring] }) }
    nextLook = clock.now + Self.pause
  }

  deinit { for thread in threads { thread.stop() } }

  /// Also writes from here on what is analyzed to files. To be called before the first frame is.
  ///
  /// - Returns: what is to be finished when the capture is closed.
  public func record(
    _ options: RecordingOptions, filter: String?
  ) throws(RecordingError) -> CaptureRecording {
    let recording = try CaptureRecording(
      options, interfaces: interfaces.map(\.description), filter: filter)
    for reader in readers {
      reader.recorder = FrameRecorder(recording, interfaceCount: interfaces.count)
    }
    return recording
  }

  // MARK: Frames

  /// Starts the threads, where there are several rings.
  ///
  /// - Parameter frameLimit: they analyze no more.
  public func begin(_ analysis: RingAnalysis, frameLimit: Int) throws(LiveCaptureError) {
    precondition(analysis.parts.count == readers.count, "an analyzer for each ring")
    guard readers.count > 1 else { return }
    (budget, leftBefore) = (FrameBudget(frameLimit), frameLimit)
    self.analysis = analysis
    for (reader, part) in zip(readers, analysis.parts) {
      guard let thread = RingThread(reader, part, budget) else {
        throw LiveCaptureError(
          names.joined(separator: ", "), operation: "start a thread for each ring")
      }
      threads.append(thread)
    }
  }

  /// Analyzes what is there, at most `frameLimit` frames; waits a moment where nothing is. Returns how
  /// many frames there were.
  @discardableResult
  public func analyzeNext(_ analysis: RingAnalysis, frameLimit: Int) -> Int {
    let now = clock.now
    if now >= nextLook {
      whileStill(look)
      nextLook = now + Self.pause
    }
    return threads.isEmpty
      ? analyzeHere(analysis.parts[0].analyzer, frameLimit) : waitForThreads()
  }

  private func analyzeHere(_ analyzer: PacketAnalyzer, _ frameLimit: Int) -> Int {
    let reader = readers[0]
    if let count = reader.analyzeNext(analyzer, grant: { min($0, frameLimit) }) { return count }
    reader.recorder?.flush()
    let milliseconds = Int32(Self.pause / .milliseconds(1))
    // An interface that goes down says so at once.
    if RingReader.wait(for: reader.sockets, milliseconds: milliseconds) == .error { look() }
    return 0
  }

  /// What was left of the budget when the caller heard of it last.
  private var leftBefore = 0

  private func waitForThreads() -> Int {
    for _ in 0..<5 where budget.remaining > 0 { usleep(20_000) }
    let left = budget.remaining
    defer { leftBefore = left }
    return leftBefore - left
  }

  private func look() {
    for reader in readers {
      reader.lookAtDrops()
      if threads.isEmpty { reader.recorder?.flush() }
    }
    for (index, interface) in interfaces.enumerated() {
      if let times = interface.lookAtState() { noteDown(index, times) }
    }
  }

  /// Also in the files, where there are any.
  private func noteDown(_ interface: Int, _ times: ClosedRange<Timestamp>) {
    readers[0].recorder?.note(
      MissingFrames(interface: interface, times: times, frames: 0, isDown: true))
  }

  /// No thread takes frames meanwhile.
  private func whileStill<Result>(_ body: () -> Result) -> Result {
    analysis?.whileStill(body) ?? body()
  }

  /// From here on nothing more comes in; what is in the rings can still be analyzed.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    whileStill {
      for reader in readers { reader.refuseFrames() }
      look()
    }
  }

  /// Puts another filter in the place of that of all interfaces, or of none where one of them cannot
  /// have it. `nil`: all frames.
  public func replaceFilter(by expression: String?) throws(LiveCaptureError) {
    if let expression { try KernelFilter.check(expression) }
    var filters: [KernelFilter] = []
    for interface in interfaces { filters.append(try interface.compile(filter: expression)) }
    for (interface, filter) in zip(interfaces, filters) {
      try interface.replaceFilter(by: filter, expression)
    }
    filterChanges = (filterChanges.count + 1, expression)
  }

  /// Whether frames are in the rings.
  public var isWaiting: Bool { whileStill { interfaces.contains { $0.waiting > 0 } } }

  /// Nothing more is analyzed; what was is on its way to the files.
  public func close() {
    for thread in threads { thread.stop() }
    for (index, interface) in interfaces.enumerated() {
      if let times = interface.downTimes { noteDown(index, times) }
    }
    for reader in readers { reader.recorder?.flush() }
  }

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
    public var capturedByRing: [UInt64]
  }

  public var counts: [Counts] {
    whileStill {
      interfaces.map {
        Counts(
          name: $0.name, captured: $0.captured, received: $0.received, dropped: $0.dropped,
          waiting: $0.waiting, isDown: $0.isDown, capturedByRing: $0.rings.map(\.captured))
      }
    }
  }

  private var filterNotes: [String] {
    guard filterChanges.count > 0 else { return [] }
    let filter = filterChanges.last.map { "'\($0)'" } ?? "none"
    return [
      "the filter was changed \(counted(filterChanges.count, "time")) meanwhile; now it is \(filter)"
    ]
  }

  /// What was seen so far, for a report.
  public var description: RunDescription {
    whileStill {
      var run = RunDescription()
      run.files = names
      run.points = names
      run.captures = interfaces.enumerated().map { $1.summary(file: $0) }
      run.blindIntervals = interfaces.enumerated().flatMap { $1.blindIntervals(point: $0) }
      run.notes = interfaces.flatMap(\.notes) + filterNotes
      return run
    }
  }
}
