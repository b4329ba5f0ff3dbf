internal import CPacketRing
import PacketAnalysis

/// One interface of a live capture, through all that becomes of it: it may go down, go away and come
/// back, and is the same point of capture.
final class LiveInterface {
  let name: String
  /// What the kernel called it when it was opened: there may be several names.
  private var firstName: String?
  /// What it is called now; `nil`: as then.
  private var newName: String?
  let linkType: LinkType
  private var options: LiveCaptureOptions
  private let query: InterfaceQuery
  /// Each has a share of the channels.
  let rings: [InterfaceRing]

  /// When it was not there, or not up.
  private var absence = BlindLedger()
  /// When the interface was last known to be up.
  private var lastUp: Timestamp
  private(set) var isDown = false
  /// Why it could not be taken up again.
  private var obstacle: LiveCaptureError?

  init(_ name: String, point: UInt16, options: LiveCaptureOptions) throws(LiveCaptureError) {
    query = try InterfaceQuery()
    let (interface, index) = try query.interface(named: name)
    guard let linkType = interface.linkType else {
      throw LiveCaptureError(name, .unknownLinkType(hardwareType: interface.hardwareType))
    }
    if interface.state == .down { throw LiveCaptureError(name, .isDown) }
    (self.name, self.linkType, self.options) = (name, linkType, options)
    firstName = query.name(of: index)
    lastUp = .now
    let contexts = [InterfaceContext(linkType: linkType, point: point)]
    let count = options.ringCount
    rings = try Self.rings(of: interface, index: index, options).enumerated().map { number, ring in
      InterfaceRing(
        ring,
        reader: RingBlockReader(
          linkType: linkType, snapLength: options.snapLength,
          numbering: RingNumbering(first: UInt64(number) + 1, step: UInt64(count))),
        contexts: contexts)
    }
    isDown = interface.state != .up
  }

  private static func rings(
    of interface: NetworkInterface, index: Int32, _ options: LiveCaptureOptions
  ) throws(LiveCaptureError) -> [any FrameSource] {
    switch options.source {
    case .xdp: return [try XDPRing(interface, index: index, options)]
    case .libpcap: return [try LibpcapSource(interface, options)]
    case .ring: break
    }
    do throws(LiveCaptureError) {
      return try packetRings(of: interface, index: index, options)
    } catch {
      // Something that this kernel does not have.
      guard case .system = error.reason, options.ringCount == 1,
        let source = try? LibpcapSource(interface, options)
      else { throw error }
      return [source]
    }
  }

  private static func packetRings(
    of interface: NetworkInterface, index: Int32, _ options: LiveCaptureOptions
  ) throws(LiveCaptureError) -> [any FrameSource] {
    let filter = try KernelFilter(
      options.filter, interface: interface, direction: options.direction,
      snapLength: options.snapLength)
    var request = PacketRing.Request(
      name: interface.name, index: index, size: options.ringSize, filter: filter)
    // What the loopback interface sends comes back: it would be seen twice.
    request.ignoresOutgoing =
      options.direction == .in || options.direction == .both && interface.isLoopback
    request.isPromiscuous = options.isPromiscuous
    guard options.ringCount > 1 else { return [try PacketRing(request)] }
    let program = FanoutProgram(interface.linkType ?? .ethernet, decoding: options.decoding)
    return try PacketRing.group(of: options.ringCount, request, program)
  }

  var captured: UInt64 { rings.reduce(0) { $0 + $1.captured } }
  var received: UInt64 { rings.reduce(0) { $0 + $1.received } }
  var dropped: UInt64 { rings.reduce(0) { $0 + $1.dropped } }
  var waiting: UInt64 { rings.reduce(0) { $0 + $1.waiting } }

  // MARK: Its state

  /// What the kernel makes of another filter. Only while the interface is up.
  func compile(filter expression: String?) throws(LiveCaptureError) -> KernelFilter {
    try KernelFilter(
      expression, interface: query.interface(named: newName ?? name).interface,
      direction: options.direction, snapLength: options.snapLength)
  }

  /// Frames that are in the rings already had passed the filter before.
  func replaceFilter(
    by filter: KernelFilter, _ expression: String?
  ) throws(LiveCaptureError) {
    for ring in rings { try ring.replaceFilter(by: filter, of: name) }
    options.filter = expression
  }

  /// Looks whether the interface is up; one that went away and came back gets new rings.
  ///
  /// - Returns: when it was not, where it is up again.
  func lookAtState() -> ClosedRange<Timestamp>? {
    let now = Timestamp.now
    let view = findInterface()
    let wasDown = rings.reduce(false) { $1.wasDown || $0 }
    guard let view, view.interface.state == .up,
      view.index == rings.first?.interfaceIndex || reopen(view)
    else {
      isDown = true
      return nil
    }
    let times =
      isDown || wasDown
      ? absence.add(from: lastUp, to: now, reason: .interfaceDown, drops: 0) : nil
    isDown = false
    lastUp = now
    return times
  }

  /// The interface whose frames come, whatever it is called; where that was removed, one with its name.
  private func findInterface() -> (interface: NetworkInterface, index: Int32)? {
    Self.find(rings.first?.interfaceIndex, nameOf: query.name) { current in
      newName = current == firstName ? nil : current
      return try? query.interface(named: newName ?? name)
    }
  }

  /// Asks what the interface with a number is called, and then for what is called so. It may get another
  /// name in between, and its old one may even be given to another: then once more.
  ///
  /// - Parameter named: what has the name, or the first name where there is none, and its number.
  static func find<Interface>(
    _ index: Int32?, nameOf: (Int32) -> String?,
    named: (String?) -> (interface: Interface, index: Int32)?
  ) -> (interface: Interface, index: Int32)? {
    for _ in 0..<3 {
      let name = index.flatMap(nameOf)
      let found = named(name)
      if name == nil || found?.index == index { return found }
    }
    return nil
  }

  /// Since when it is not up; `nil`: it is.
  var downTimes: ClosedRange<Timestamp>? { isDown ? lastUp...max(lastUp, .now) : nil }

  /// Returns whether it worked.
  private func reopen(_ view: (interface: NetworkInterface, index: Int32)) -> Bool {
    do throws(LiveCaptureError) {
      guard view.interface.linkType == linkType else {
        throw LiveCaptureError(
          name, .unknownLinkType(hardwareType: view.interface.hardwareType))
      }
      if rings.count > 1 || rings.first?.turn(to: view.index) != true {
        let new = try Self.rings(of: view.interface, index: view.index, options)
        for (ring, new) in zip(rings, new) { ring.replace(with: new) }
      }
      (firstName, newName, obstacle) = (query.name(of: view.index), nil, nil)
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
    var intervals = absence.intervals + rings.flatMap(\.blindness.intervals)
    intervals.sort { ($0.start ?? .absent) < ($1.start ?? .absent) }
    if isDown {
      intervals.append(
        BlindInterval(point: 0, start: lastUp, end: nil, reason: .interfaceDown, drops: 0))
    }
    for index in intervals.indices { intervals[index].point = point }
    return intervals
  }

  func summary(file: Int) -> CaptureSummary {
    var summary = CaptureSummary(file: file, format: .live, point: file)
    var statistics = FrameStatistics()
    for ring in rings { statistics.add(ring.statistics) }
    summary.set(statistics)
    summary.snapLength = options.snapLength
    summary.capturedDrops = dropped
    summary.linkType = linkType
    return summary
  }

  var notes: [String] {
    var notes: [String] = []
    if options.source == .ring, rings.contains(where: \.isOfLibpcap) {
      notes.append("\(name): the kernel gave no packet ring; its frames came through libpcap")
    }
    if let newName { notes.append("\(name) is called \(newName) now") }
    if let obstacle { notes.append("\(name) was not taken up again: \(obstacle)") }
    let ledgers = [absence] + rings.map(\.blindness)
    let joined = ledgers.map(\.joinedNanoseconds).max() ?? 0
    if joined > 0 {
      notes.append(
        "\(name): blind intervals less than \(joined / 1_000_000) ms apart "
          + "were joined, since there were too many")
    }
    return notes
  }
}

extension Timestamp {
  /// By the clock from which the kernel takes the times of frames. In C, as Swift's `timespec` is now
  /// Glibc's and now libpcap's, as the compiler comes by it.
  static var now: Timestamp {
    Timestamp(nanosecondsSinceEpoch: gapscope_clock_nanoseconds())
  }
}
