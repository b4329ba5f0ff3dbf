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
  private var filterChanges: (count: Int, last: String?) = (0, nil)

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

  /// Analyzes what is there, at most `frameLimit` frames of one block; waits a moment where nothing
  /// is. Returns how many frames there were.
  @discardableResult
  public func analyzeNext(_ analyzer: PacketAnalyzer, frameLimit: Int) -> Int {
    let now = clock.now
    if now >= nextLook {
      for interface in interfaces { look(at: interface) }
      nextLook = now + Self.pause
    }
    for _ in interfaces {
      let file = turn
      turn = (turn + 1) % interfaces.count
      interfaces[file].lookAtDrops()
      if let count = interfaces[file].analyzeNext(analyzer, file: file, frameLimit: frameLimit) {
        return count
      }
    }
    wait()
    return 0
  }

  private func look(at interface: LiveInterface) {
    interface.lookAtDrops()
    interface.lookAtState()
  }

  /// Until a ring has a block, or an interface has something to tell.
  private func wait() {
    var requests = interfaces.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
    let milliseconds = Int32(Self.pause / .milliseconds(1))
    guard poll(&requests, nfds_t(requests.count), milliseconds) > 0 else { return }
    // An interface that goes down says so at once.
    for (request, interface) in zip(requests, interfaces)
    where request.revents & Int16(POLLERR) != 0 {
      look(at: interface)
    }
  }

  /// From here on nothing more comes in; what is in the rings can still be analyzed.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    for interface in interfaces {
      interface.refuseFrames()
      look(at: interface)
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

  private var filterNotes: [String] {
    guard filterChanges.count > 0 else { return [] }
    let filter = filterChanges.last.map { "'\($0)'" } ?? "none"
    return ["the filter was changed \(filterChanges.count) times meanwhile; now it is \(filter)"]
  }

  /// What was seen so far, for a report.
  public var description: RunDescription {
    var run = RunDescription()
    run.files = names
    run.points = names
    run.captures = interfaces.enumerated().map { $1.summary(file: $0) }
    run.blindIntervals = interfaces.enumerated().flatMap { $1.blindIntervals(point: $0) }
    run.notes = interfaces.flatMap(\.notes) + filterNotes
    return run
  }
}
