internal import CPacketSupport

/// The per-packet path: each frame is decoded, and its association is updated at once.
///
/// A table slot is a cache miss away. So the readers look ahead (`Lookahead`), and say which frames
/// will soon be taken (`expect`): while some are read, the slots of others are on their way.
struct AnalysisEngine<Tracker: HeaderTracker & ~Copyable>: ~Copyable {
  let options: AnalysisOptions
  let limits: AnalysisLimits
  private let decoder: FrameDecoder
  /// Frames before or after are left out.
  private let isTimed: Bool
  private let earliest: Timestamp
  private let latest: Timestamp
  private var frame = DecodedFrame()

  /// Of the frames that were taken, where others may have been left out.
  private(set) var times: ClosedRange<Timestamp>?

  // Of the frames that are taken.
  /// Frame 0 of their file.
  private var file = FramePlace(file: 0, frame: 0)
  private var interfaces: [InterfaceContext] = []
  /// The interface whose frames the short path reads; `none`: of no interface.
  private var shortInterface = Self.none
  private var short = ShortPath.Context()
  private static var none: UInt32 { .max }

  var tracker: Tracker
  var contexts: ContextTable
  var flows: FlowTable
  /// Headers whose key needs a number in `contexts`, which is full: of associations that are not
  /// followed.
  private(set) var leftOut = GivenUp.Frames()
  /// Of the frames that the general decoder read, of plain ones, and of parts that were added.
  var others = FrameTotals()
  // Of those with a protected header that the short path read: they are not counted one by one, but
  // are what is left of all that were read when those in `others` and those out of time are taken off.
  private var usual = FrameCount()
  private var usualESP: UInt64 = 0
  private var outOfTime = FrameCount()
  private var othersBefore = FrameCount()
  private var espBefore: UInt64 = 0
  /// Of the frames that were read last, many were MACsec and many ESP.
  private(set) var isMixed = false
  var findings = FindingTable()

  /// - Parameter limits: other ones than those of the options.
  init(options: AnalysisOptions, limits: AnalysisLimits? = nil, tracker: consuming Tracker) {
    self.options = options
    self.limits = limits ?? options.limits
    contexts = ContextTable(limit: self.limits.associations)
    flows = FlowTable(limit: self.limits.associations)
    decoder = FrameDecoder(options: DecodingOptions(options))
    isTimed = options.from != nil || options.to != nil
    earliest = options.from ?? .absent
    latest = options.to ?? Timestamp(nanosecondsSinceEpoch: .max)
    self.tracker = tracker
  }

  var totals: FrameTotals {
    var totals = others
    totals.packets += usual.packets
    totals.octets += usual.octets
    totals.macsec += usual.packets - usualESP
    totals.esp += usualESP
    return totals
  }

  /// Analyzes frames of a batch, which are all of the file with the index `file`.
  mutating func analyze(
    _ batch: borrowing FrameBatch, _ frames: Range<Int>, file: Int,
    interfaces: [InterfaceContext]
  ) {
    begin(file: file, interfaces)
    var read = FrameCount()
    for position in frames {
      if position + Lookahead.frames < frames.upperBound {
        _ = expect(batch[position + Lookahead.frames])
      }
      if position + Lookahead.locatedFrames < frames.upperBound {
        _ = locate(expect(batch[position + Lookahead.locatedFrames]), isMixed: isMixed)
      }
      let frame = batch[position]
      read.add(octets: frame.originalLength)
      note(frame.time)
      take(frame)
    }
    end(read)
  }

  /// Analyzes the frames of a chunk of the file with the index `file`, at most `frameLimit`.
  mutating func analyze(
    _ octets: UnsafeRawBufferPointer, atEnd: Bool, limit: Timestamp?, frameLimit: Int,
    reader: inout CaptureReader, file: Int, interfaces: [InterfaceContext]
  ) -> (step: ReadStep, frameCount: Int) {
    begin(file: file, interfaces)
    let before = FrameCount(packets: reader.frameCount, octets: reader.octetCount)
    let step = reader.readFrames(
      octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, into: &self)
    let read = FrameCount(packets: reader.frameCount, octets: reader.octetCount) - before
    end(read)
    return (step, Int(read.packets))
  }

  /// Analyzes the frames of a block of a packet ring, at most `frameLimit`.
  mutating func analyze(
    _ block: UnsafeMutableRawBufferPointer, frameLimit: Int, reader: inout RingBlockReader,
    file: Int, interfaces: [InterfaceContext]
  ) {
    begin(file: file, interfaces)
    let before = FrameCount(reader.statistics)
    reader.readFrames(block, frameLimit: frameLimit, into: &self)
    end(FrameCount(reader.statistics) - before)
  }

  private mutating func begin(file: Int, _ interfaces: [InterfaceContext]) {
    self.file = FramePlace(file: file, frame: 0)
    self.interfaces = interfaces
    (shortInterface, short) = (Self.none, ShortPath.Context())
    othersBefore = FrameCount(packets: others.packets, octets: others.octets)
    espBefore = usualESP
    outOfTime = FrameCount()
  }

  /// - Parameter read: all frames since `begin`.
  private mutating func end(_ read: FrameCount) {
    let others = FrameCount(packets: others.packets, octets: others.octets) - othersBefore
    let usual = read - others - outOfTime
    self.usual = self.usual + usual
    let esp = usualESP &- espBefore
    if read.packets > 0 { isMixed = min(esp, usual.packets &- esp) > read.packets / 32 }
    tracker.catchUp()
    // Whoever owns them adds to them between the chunks, and would have to copy what is kept here.
    interfaces = []
  }
}

extension AnalysisEngine where Tracker: ~Copyable {
  private mutating func note(_ time: Timestamp) {
    guard time != .absent, time >= earliest, time <= latest else { return }
    times = times?.spanning(time...time) ?? time...time
  }
}

// MARK: Frames

extension AnalysisEngine: FrameConsumer where Tracker: ~Copyable {
  /// Neighbours are mostly of one interface: the short path reads the frames of this one.
  mutating func expectFrames(ofInterface interface: UInt32) {
    guard interface != shortInterface else { return }
    shortInterface = interface
    let context =
      isTimed ? nil : ShortPath.Context(interfaces[Int(interface)], decoder.options)
    short = context ?? ShortPath.Context()
    short.hash(by: tracker.table.hasher)
  }

  /// Returns what `locate` needs to find the association or the flow.
  @inline(__always)
  mutating func expect(_ octets: UnsafeRawPointer, isMixed: Bool) -> UInt64 {
    if let channel = ShortPath.channel(octets, short, isMixed: isMixed) { return expect(channel) }
    return expectOther(octets)
  }

  @inline(never)
  private mutating func expectOther(_ octets: UnsafeRawPointer) -> UInt64 {
    if let channel = ShortPath.channel(tagged: octets, short) { return expect(channel) }
    guard let flow = ShortPath.flow(octets, short) else { return 0 }
    return UInt64(flows.expect(flow)) | Self.isFlow
  }

  @inline(__always)
  private mutating func expect(_ channel: ShortPath.Channel) -> UInt64 {
    UInt64(
      tracker.table.expect(
        tracker.table.hasher.hash(channel.word, factor: channel.factor) ^ channel.mark))
  }

  @inline(__always)
  mutating func locate(_ expected: UInt64, isMixed: Bool) -> UInt64 {
    let hash = UInt32(truncatingIfNeeded: expected)
    let isFlow = Int64(bitPattern: expected) < 0
    if isMixed { return locateEither(hash, isFlow: isFlow) }
    guard _fastPath(!isFlow) else { return locateFlow(hash) }
    return tracker.table.locate(hash)
  }

  /// An association or a flow, by choices: no branch foretells which comes next.
  @inline(__always)
  private func locateEither(_ hash: UInt32, isFlow: Bool) -> UInt64 {
    let (ofAssociation, ofFlow) = (tracker.table.bucket(of: hash), flows.bucket(of: hash))
    let index = KeyIndex.locate(hash, in: isFlow ? ofFlow : ofAssociation)
    let (association, flow) = (tracker.table.address(at: index), flows.address(at: index))
    gapscope_prefetch_write(isFlow ? flow : association)
    return isFlow ? UInt64(index) | Self.isFlow : UInt64(index) &* AssociationTable.slotOctets
  }

  @inline(never)
  private mutating func locateFlow(_ expected: UInt32) -> UInt64 {
    UInt64(flows.locate(expected)) | Self.isFlow
  }

  /// Marks what was expected, or located, as a flow: the sign. No slot of an association is there.
  private static var isFlow: UInt64 { 1 << 63 }

  /// The same of a frame of any length.
  private mutating func expect(_ captured: CapturedFrame) -> UInt64 {
    captured.capturedLength >= ShortPath.leastLengthAhead
      ? expect(captured.octets, isMixed: isMixed) : 0
  }

  /// A frame that nobody looked at ahead.
  mutating func take(_ captured: CapturedFrame) {
    expectFrames(ofInterface: captured.interface)
    let hint = locate(expect(captured), isMixed: isMixed)
    if captured.capturedLength >= ShortPath.leastLengthAhead {
      take(captured, hint: hint, isMixed: false)
    } else {
      takeOther(captured, hint: hint)
    }
  }

  @inline(__always)
  mutating func take(_ captured: CapturedFrame, hint: UInt64, isMixed: Bool) {
    let path = ShortPath(readable: captured)
    if let header = path.macsec(short), _fastPath(takeInOrder(header, on: path, captured, hint)) {
      return
    }
    if isMixed, short.isOfUse {
      if let header = path.esp(short), _fastPath(takeInOrder(header, on: path, captured, hint)) {
        return usualESP &+= 1
      }
      if let flow = path.plain(short) { return takePlain(flow, captured, hint) }
    }
    takeOther(captured, hint: hint)
  }

  @inline(__always)
  private mutating func takeOther(_ captured: CapturedFrame, hint: UInt64) {
    // In registers, so that no frame of the usual forms need be in memory.
    takeOther(
      captured.octets, captured.capturedLength, captured.originalLength, captured.time,
      captured.number, captured.interface, hint)
  }

  /// Not MACsec of the usual form, or not simply the next of its association. Not inlined: the loop
  /// around it needs the registers.
  @inline(never)
  private mutating func takeOther(
    _ octets: UnsafeRawPointer, _ capturedLength: UInt32, _ originalLength: UInt32,
    _ time: Timestamp, _ number: UInt64, _ interface: UInt32, _ hint: UInt64
  ) {
    let captured = CapturedFrame(
      octets: octets, capturedLength: capturedLength, originalLength: originalLength, time: time,
      number: number, interface: interface)
    if short.isOfUse {
      if let path = ShortPath(captured), takeShort(path, captured, hint, isTried: true) { return }
      if takeTagged(captured, hint) { return }
    }
    takeAny(captured)
  }

  /// Returns whether the frame is one of those behind a VLAN tag that the short path reads.
  @inline(never)
  private mutating func takeTagged(_ captured: CapturedFrame, _ hint: UInt64) -> Bool {
    guard let path = ShortPath(tagged: captured) else { return false }
    return takeShort(path, captured, hint, isTried: false)
  }

  /// Returns whether the short path reads the frame.
  ///
  /// - Parameter isTried: a frame of MACsec is not simply the next of its association.
  @inline(__always)
  private mutating func takeShort(
    _ path: ShortPath, _ captured: CapturedFrame, _ hint: UInt64, isTried: Bool
  ) -> Bool {
    if let header = path.esp(short) {
      usualESP &+= 1
      takeUsual(header, on: path, captured, hint)
    } else if let header = path.macsec(short, isSnapped: path.isSnapped(captured, short)) {
      takeUsual(header, on: path, captured, hint, isTried: isTried)
    } else if let flow = path.plain(short) {
      takePlain(flow, captured, hint)
    } else {
      return takeEncapsulated(path, captured, hint)
    }
    return true
  }

  /// The same of ESP in UDP, but for the first frames between two addresses.
  @inline(never)
  private mutating func takeEncapsulated(
    _ path: ShortPath, _ captured: CapturedFrame, _ hint: UInt64
  ) -> Bool {
    guard let esp = path.encapsulatedESP(short),
      let key = contexts.recentKey(esp, point: short.point)
    else { return false }
    usualESP &+= 1
    let header = ShortPath.Header(
      key: key, channelWord: key.channelWord, number: esp.number, tci: 0)
    takeUsual(header, on: path, captured, hint)
    return true
  }

  @inline(__always)
  private mutating func takeInOrder(
    _ header: ShortPath.Header, on path: ShortPath, _ captured: CapturedFrame, _ hint: UInt64
  ) -> Bool {
    tracker.observeInOrder(
      header.key, hint: hint, number: header.number, octets: captured.originalLength,
      time: captured.time, place: file.frame(captured.number), shape: path.shape(of: header))
  }

  private mutating func takePlain(
    _ flow: CompactFlowKey, _ captured: CapturedFrame, _ hint: UInt64
  ) {
    others.count(.plain, octets: captured.originalLength)
    flows.count(
      flow, hint: UInt32(truncatingIfNeeded: hint), octets: captured.originalLength,
      time: captured.time, place: file.frame(captured.number))
  }

  @inline(__always)
  private mutating func takeUsual(
    _ header: ShortPath.Header, on path: ShortPath, _ captured: CapturedFrame, _ hint: UInt64,
    isTried: Bool = false
  ) {
    if !isTried, takeInOrder(header, on: path, captured, hint) { return }
    tracker.observe(
      Observation(
        header, on: path,
        hash: tracker.hash(header.key.first, channelWord: header.channelWord), of: captured,
        place: file.frame(captured.number)),
      ObservationDetails(usual: captured, clearVLANs: path.clearVLANs(of: header)), hint: hint)
  }

  /// Any frame, by the general decoder.
  @inline(never)
  private mutating func takeAny(_ captured: CapturedFrame) {
    if isTimed {
      if captured.time < earliest || captured.time > latest {
        return outOfTime.add(octets: captured.originalLength)
      }
      note(captured.time)
    }
    let interface = interfaces[Int(captured.interface)]
    decoder.decode(
      captured.span, originalLength: captured.originalLength,
      fcsLengthOctets: interface.fcsLengthOctets, linkType: interface.linkType, into: &frame)
    let place = file.frame(captured.number)
    others.count(frame.frameClass, octets: captured.originalLength)
    if let finding = frame.finding {
      findings.add(finding, place: place, time: captured.time)
    }
    // Of any class. One of an association that is not known remains among the malformed frames.
    if let badTag = frame.badTag,
      let key = contexts.keyWithinLimit(.macsec(badTag), point: interface.point)
    {
      tracker.countBadTag(key)
    }
    if let flow = frame.flow {
      flows.count(
        FlowKey(flow, point: interface.point), octets: captured.originalLength,
        time: captured.time, place: place)
    }
    guard frame.headerCount > 0 else { return }
    others.nested += UInt64(frame.headerCount - 1)
    for index in 0..<frame.headerCount {
      let header = frame.header(at: index)
      guard let key = contexts.keyWithinLimit(header.identity, point: interface.point) else {
        leftOut.add(octets: captured.originalLength)
        continue
      }
      let details = ObservationDetails(header, of: frame)
      tracker.observe(
        Observation(
          header, key: key,
          hash: tracker.hash(key.first, channelWord: key.channelWord), details: details,
          of: captured, place: place, isNested: index > 0),
        details)
    }
  }
}

/// What the frames of one interface have in common.
public struct InterfaceContext: Sendable, Equatable {
  public var linkType: LinkType
  /// Octets of frame check sequence at the end of each frame.
  public var fcsLengthOctets: Int
  /// Index of the point of capture in the run.
  public var point: UInt16

  public init(linkType: LinkType, fcsLengthOctets: Int = 0, point: UInt16) {
    (self.linkType, self.fcsLengthOctets, self.point) = (linkType, fcsLengthOctets, point)
  }
}

/// Packets, and their octets on the wire.
private struct FrameCount: BitwiseCopyable {
  var packets: UInt64 = 0
  var octets: UInt64 = 0

  mutating func add(octets length: UInt32) {
    packets &+= 1
    octets &+= UInt64(length)
  }

  static func + (a: FrameCount, b: FrameCount) -> FrameCount {
    FrameCount(packets: a.packets &+ b.packets, octets: a.octets &+ b.octets)
  }

  static func - (a: FrameCount, b: FrameCount) -> FrameCount {
    FrameCount(packets: a.packets &- b.packets, octets: a.octets &- b.octets)
  }
}

extension FrameCount {
  init(_ statistics: FrameStatistics) {
    self.init(packets: statistics.packets, octets: statistics.octets)
  }
}

extension FlowKey {
  init(_ flow: PlainFlow, point: UInt16) {
    self.init(
      point: point, ipProtocol: flow.ipProtocol, source: flow.source,
      destination: flow.destination, sourcePort: flow.sourcePort,
      destinationPort: flow.destinationPort)
  }
}
