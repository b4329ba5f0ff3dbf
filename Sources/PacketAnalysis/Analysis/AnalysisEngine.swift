/// The per-packet path: a batch of frames is decoded and its table slots are prefetched, then the
/// associations are updated.
///
/// In two steps, because a table slot is a cache miss away: while the headers of some frames are read,
/// the slots that their update needs are on their way.
struct AnalysisEngine<Sink: ArrivalSink>: ~Copyable {
  private let decoder: FrameDecoder
  /// Frames before or after are left out.
  private let isTimed: Bool
  private let earliest: Timestamp
  private let latest: Timestamp
  private var frame = DecodedFrame()
  private var pending = PendingObservations()

  var tracker: SequenceTracker<Sink>
  private(set) var contexts = ContextTable()
  private(set) var flows = FlowTable()
  private(set) var totals = FrameTotals()
  private(set) var findings = FindingTable()

  init(options: AnalysisOptions, sink: Sink) {
    decoder = FrameDecoder(options: DecodingOptions(options))
    isTimed = options.from != nil || options.to != nil
    earliest = options.from ?? .absent
    latest = options.to ?? Timestamp(nanosecondsSinceEpoch: .max)
    tracker = SequenceTracker(options: options.tracking, sink: sink)
  }

  /// Analyzes the frames of a batch, which are all of the file with the index `file`.
  mutating func analyze(_ batch: borrowing FrameBatch, file: Int, interfaces: [InterfaceContext]) {
    var position = 0
    while position < batch.count {
      // What was decoded last is updated after the next frames were decoded: by then its slots are
      // there.
      let waiting = pending.count
      let end = min(position + Self.stride, batch.count)
      while position < end {
        // Neighbours are mostly of one interface.
        let index = batch[position].interface
        position = decodeUsual(
          position..<end, of: batch, file: file, interface: interfaces[Int(index)], index: index)
        guard position < end, batch[position].interface == index else { continue }
        decodeAny(at: position, of: batch, file: file, interfaces)
        position += 1
      }
      update(before: waiting, batch, interfaces)
    }
    update(before: pending.count, batch, interfaces)
    pending.removeAll()
  }

  // MARK: First pass

  /// So many frames are decoded at a time.
  private static var stride: Int { 32 }

  /// Decodes frames of the usual forms; returns the position of the first that is of another form
  /// or of another interface than the one with `index`.
  @inline(__always)
  private mutating func decodeUsual(
    _ range: Range<Int>, of batch: borrowing FrameBatch, file: Int, interface: InterfaceContext,
    index: UInt32
  ) -> Int {
    guard interface.linkType == .ethernet, !isTimed else { return range.lowerBound }
    var short = ShortCount()
    var position = range.lowerBound
    while position < range.upperBound {
      let captured = batch[position]
      guard captured.interface == index,
        let header = ShortPath.read(
          captured.span, originalLength: captured.originalLength,
          fcsLengthOctets: interface.fcsLengthOctets, point: interface.point)
      else { break }
      short.add(header.key, octets: captured.originalLength)
      let hash = tracker.prefetch(header.key)
      pending.append(
        header.key, hash: hash, number: header.number, shape: header.shape, frame: captured,
        file: file, position: position, header: 0, isUsual: true)
      position &+= 1
    }
    short.add(to: &totals)
    return position
  }

  /// Any frame, by the general decoder.
  @inline(never)
  private mutating func decodeAny(
    at position: Int, of batch: borrowing FrameBatch, file: Int, _ interfaces: [InterfaceContext]
  ) {
    let captured = batch[position]
    if isTimed, captured.time < earliest || captured.time > latest { return }
    let interface = interfaces[Int(captured.interface)]
    decode(captured, captured.span, interface)
    let place = FramePlace(file: file, frame: captured.number)
    totals.count(frame.frameClass, octets: captured.originalLength)
    if let finding = frame.finding {
      findings.add(finding, place: place, time: captured.time)
      if let badTag = frame.badTag {
        // The frames of the batch so far come before this one.
        update(before: pending.count, batch, interfaces)
        tracker.countBadTag(contexts.key(.macsec(badTag), point: interface.point))
      }
    }
    if let flow = frame.flow {
      flows.count(
        FlowKey(flow, point: interface.point), octets: captured.originalLength,
        time: captured.time, place: place)
    }
    guard frame.headerCount > 0 else { return }
    totals.nested += UInt64(frame.headerCount - 1)
    // Leaves room for one header of each other frame of the batch.
    if frame.headerCount > 1 {
      update(before: pending.count, batch, interfaces)
      pending.removeAll()
    }
    for index in 0..<frame.headerCount {
      let header = frame.headers[index]
      let key = contexts.key(header.identity, point: interface.point)
      let hash = tracker.prefetch(key)
      let shape = ShortPath.shape(
        tci: header.tci.rawValue, destination: frame.destinationMAC, source: frame.sourceMAC)
      pending.append(
        key, hash: hash, number: header.number, shape: header.number == 0 ? shape.ofZero : shape,
        frame: captured, file: file, position: position, header: index, isUsual: false)
    }
  }

  private mutating func decode(
    _ captured: CapturedFrame, _ octets: RawSpan, _ interface: InterfaceContext
  ) {
    decoder.decode(
      octets, originalLength: captured.originalLength, fcsLengthOctets: interface.fcsLengthOctets,
      linkType: interface.linkType, into: &frame)
  }

  // MARK: Second pass

  /// Updates the associations of what is pending, as far as `end`.
  private mutating func update(
    before end: Int, _ batch: borrowing FrameBatch, _ interfaces: [InterfaceContext]
  ) {
    while pending.done < min(end, pending.count) {
      let index = pending.takeFirst()
      if tracker.observeInOrder(pending[index]) || tracker.observeGap(pending[index]) { continue }
      lookCarefully(at: index, batch, interfaces)
    }
  }

  @inline(never)
  private mutating func lookCarefully(
    at index: Int, _ batch: borrowing FrameBatch, _ interfaces: [InterfaceContext]
  ) {
    let observation = pending[index].copy
    var details: ObservationDetails?
    if tracker.needsDetails(of: observation) {
      let captured = batch[Int(observation.position)]
      if observation.isUsual {
        details = ObservationDetails(usual: captured.span)
      } else {
        decode(captured, captured.span, interfaces[Int(captured.interface)])
        details = ObservationDetails(header: Int(observation.header), of: frame)
      }
    }
    tracker.observeWithCare(observation, details: details)
  }}

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

/// The frames of one batch that took the short path.
private struct ShortCount {
  private var macsec: UInt64 = 0
  private var frames: UInt64 = 0
  private var octets: UInt64 = 0

  @inline(__always)
  mutating func add(_ key: CompactKey, octets length: UInt32) {
    frames &+= 1
    octets &+= UInt64(length)
    macsec &+= key.second >> 56 == CompactKey.Kind.macsec.rawValue ? 1 : 0
  }

  func add(to totals: inout FrameTotals) {
    totals.packets += frames
    totals.octets += octets
    totals.macsec += macsec
    totals.esp += frames - macsec
  }
}

extension FrameTotals {
  mutating func count(_ frameClass: FrameClass, octets length: UInt32) {
    packets += 1
    octets += UInt64(length)
    switch frameClass {
    case .macsec: macsec += 1
    case .esp: esp += 1
    case .ah: ah += 1
    case .mka: mka += 1
    case .eapol: eapol += 1
    case .ike: ike += 1
    case .plain: plain += 1
    case .fragment: fragments += 1
    case .other: other += 1
    case .malformed: malformed += 1
    case .truncated: truncated += 1
    }
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
