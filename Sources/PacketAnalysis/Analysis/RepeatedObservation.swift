/// Lets a tracker observe some frames of a part of a file that was analyzed already: those of
/// channels that could not be joined.
struct RepeatedObservation: FrameConsumer, ~Copyable {
  private let channels: ChannelFilter
  private var engine: AnalysisEngine<SequenceTracker<NoSink>>
  private let decoder: FrameDecoder
  /// Frame 0 of the file.
  private let file: FramePlace
  private let interfaces: [InterfaceContext]
  /// For the frames of an Ethernet interface.
  private let short: [ShortPath.Context?]
  private let framesBefore: UInt64
  private var frame = DecodedFrame()

  init(
    of channels: Set<CompactKey>, engine: consuming AnalysisEngine<SequenceTracker<NoSink>>,
    options: AnalysisOptions, file: Int, interfaces: [InterfaceContext], framesBefore: UInt64
  ) {
    self.channels = ChannelFilter(channels)
    self.engine = engine
    decoder = FrameDecoder(options: DecodingOptions(options))
    self.file = FramePlace(file: file, frame: 0)
    self.interfaces = interfaces
    self.framesBefore = framesBefore
    let decodingOptions = decoder.options
    short = interfaces.map { ShortPath.Context($0, decodingOptions) }
  }

  /// The engine, with all that was observed.
  consuming func finish() -> AnalysisEngine<SequenceTracker<NoSink>> {
    engine.tracker.catchUp()
    return engine
  }

  mutating func take(_ captured: CapturedFrame) {
    var captured = captured
    captured.number &+= framesBefore
    let interface = Int(captured.interface)
    if let context = short[interface] {
      if let path = ShortPath(captured), takeShort(path, captured, context) { return }
      if let path = ShortPath(tagged: captured), takeShort(path, captured, context) { return }
    }
    decode(captured, interfaces[interface])
  }

  /// Returns whether the short path reads the frame.
  private mutating func takeShort(
    _ path: ShortPath, _ captured: CapturedFrame, _ context: ShortPath.Context
  ) -> Bool {
    let isSnapped = path.isSnapped(captured, context)
    guard let header = path.macsec(context, isSnapped: isSnapped) ?? path.esp(context) else {
      return path.plain(context) != nil
    }
    guard channels.contains(header.key) else { return true }
    engine.tracker.observe(
      Observation(
        header, on: path,
        hash: engine.tracker.hash(header.key.first, channelWord: header.channelWord),
        of: captured, place: file.frame(captured.number)),
      ObservationDetails(usual: captured, clearVLANs: path.clearVLANs(of: header)))
    return true
  }

  private mutating func decode(_ captured: CapturedFrame, _ interface: InterfaceContext) {
    decoder.decode(
      captured.span, originalLength: captured.originalLength,
      fcsLengthOctets: interface.fcsLengthOctets, linkType: interface.linkType, into: &frame)
    if let badTag = frame.badTag {
      let key = engine.contexts.key(.macsec(badTag), point: interface.point)
      if channels.contains(key) {
        engine.tracker.countBadTag(key)
      }
    }
    for index in 0..<frame.headerCount {
      let header = frame.header(at: index)
      let key = engine.contexts.key(header.identity, point: interface.point)
      guard channels.contains(key) else { continue }
      let details = ObservationDetails(header, of: frame)
      engine.tracker.observe(
        Observation(
          header, key: key,
          hash: engine.tracker.hash(key.first, channelWord: key.channelWord), details: details,
          of: captured, place: file.frame(captured.number), isNested: index > 0),
        details)
    }
  }
}

/// A few channels among many: most keys are sorted out by one bit.
private struct ChannelFilter {
  private let channels: Set<CompactKey>
  private var bits = InlineArray<64, UInt64>(repeating: 0)

  init(_ channels: Set<CompactKey>) {
    self.channels = channels
    for channel in channels {
      let (word, bit) = Self.place(of: channel)
      bits[word] |= bit
    }
  }

  func contains(_ key: CompactKey) -> Bool {
    let (word, bit) = Self.place(of: key.channel)
    return bits[word] & bit != 0 && channels.contains(key.channel)
  }

  private static func place(of channel: CompactKey) -> (word: Int, bit: UInt64) {
    let mixed = (channel.first ^ channel.second &* 0x85EB_CA6B) &* 0x9E37_79B9_7F4A_7C15
    return (Int(mixed >> 58), 1 << (mixed >> 52 & 63))
  }
}
