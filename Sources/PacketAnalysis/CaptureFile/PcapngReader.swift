/// Reads a pcapng file (draft-ietf-opsawg-pcapng) chunk by chunk.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                          Block Type                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      Block Total Length                       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     /                          Block Body                           /
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      Block Total Length                       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// A block that lies about its length ends the reading: nothing says where the next one begins.
struct PcapngReader {
  /// No machine has more; a file that describes more would fill memory with them.
  static let largestInterfaceCount = 65_535

  /// Of all sections, in the order of the file.
  var interfaces: [CaptureInterface] = []
  var drops = DropList()
  /// Where the first octet that was not consumed lies in the file.
  var offset: UInt64 = 0

  /// One for each interface.
  var ledgers: [DropLedger] = []
  /// Of a part of a file: what it says of drops, for the reader of the parts before. `nil` where a
  /// file is read from its beginning.
  var partNotes: [DropNote]?
  /// Of the section.
  private(set) var isSwapped = false
  private(set) var isInSection = false
  /// Index into `interfaces` of the interface that the section numbers 0.
  private(set) var firstInterface = 0
  var frameCount: UInt64 = 0
  /// Of the frames, on the wire.
  var octetCount: UInt64 = 0
  var skipped: SkippedPcapngBlock?

  init() {}

  var interfaceCount: Int { interfaces.count }

  mutating func read(
    _ octets: UnsafeRawBufferPointer, atEnd: Bool, limit: Timestamp?, frameLimit: Int,
    into consumer: inout some FrameConsumer & ~Copyable
  ) -> ReadStep {
    guard let base = octets.baseAddress else {
      return ReadStep(consumedOctets: 0, status: short(of: 4, available: 0, atEnd: atEnd))
    }
    let begin = offset
    var position = 0
    var status = ReadStep.Status.batchFull
    do throws(DamagedPcapngBlock) {
      let known = interfaces.count
      // The caller gives a new interface its point before it gets frames of it.
      let last = frameCount &+ UInt64(frameLimit)
      let isMixed = consumer.isMixed
      var hints = Lookahead.Hints()
      var lookahead = Lookahead(
        from: base, to: skipped == nil && !isSwapped ? base + octets.count : base,
        after: frameCount, headerOctets: 28, isMixed: isMixed, hints: &hints, for: &consumer,
        layout: Self.layout)
      // The interface of the last block, if that held a frame.
      var usual: Int?
      reading: while frameCount < last, interfaces.count == known {
        if let usual {
          consumer.expectFrames(ofInterface: UInt32(truncatingIfNeeded: usual))
          position +=
            isMixed
            ? readPlainBlocks(
              base + position, to: base + octets.count, interface: usual, limit: limit,
              lastFrame: last, isMixed: true, lookahead: &lookahead, hints: &hints,
              into: &consumer)
            : readPlainBlocks(
              base + position, to: base + octets.count, interface: usual, limit: limit,
              lastFrame: last, isMixed: false, lookahead: &lookahead, hints: &hints,
              into: &consumer)
          if frameCount >= last { break }
        }
        let available = octets.count - position
        let framesBefore = frameCount
        let step =
          if skipped != nil {
            try skip(base + position, available: available)
          } else {
            try readBlock(
              base + position, available: available, offset: begin &+ UInt64(position),
              limit: limit, into: &consumer)
          }
        switch step {
        case .consumed(let length):
          lookahead.step(
            after: frameCount, isMixed: isMixed, hints: &hints, for: &consumer, layout: Self.layout)
          usual = frameCount > framesBefore ? interface(ofFrameIn: base + position) : nil
          position += length
        case .needs(let needed):
          offset = begin &+ UInt64(position)
          status = short(of: needed, available: available, atEnd: atEnd)
          break reading
        case .later(let time):
          status = .limitReached(next: time)
          break reading
        case .left:
          status = .end
          break reading
        }
      }
      offset = begin &+ UInt64(position)
    } catch {
      offset = begin &+ UInt64(position)
      status =
        isInSection
        ? .damaged(CaptureSummary.Damage(offset: skipped?.offset ?? offset, reason: error.reason))
        : .refused(reason: "it is no pcapng file that can be read: \(error.reason)")
    }
    return ReadStep(consumedOctets: position, status: status)
  }

  /// Of a block of our byte order.
  @inline(__always)
  static func layout(of start: UnsafeRawPointer) -> (frame: Int?, next: Int) {
    let block = RecordOctets(start, isSwapped: false)
    return (
      frame: block.uint32(at: 0) == PcapngBlock.enhancedPacket ? 28 : nil,
      next: Int(block.uint32(at: 4))
    )
  }

  // MARK: Blocks

  /// Where the interface of the Enhanced Packet Block at `start`, which was read, is in `interfaces`;
  /// `nil` for another block, which another process may have made of it meanwhile.
  private func interface(ofFrameIn start: UnsafeRawPointer) -> Int? {
    let block = RecordOctets(start, isSwapped: isSwapped)
    guard !isSwapped, block.uint32(at: 0) == PcapngBlock.enhancedPacket else { return nil }
    return try? index(ofInterface: block.uint32(at: 8))
  }

  @inline(__always)
  private mutating func readBlock(
    _ start: UnsafeRawPointer, available: Int, offset: UInt64, limit: Timestamp?,
    into consumer: inout some FrameConsumer & ~Copyable
  ) throws(DamagedPcapngBlock) -> PcapngBlockStep {
    guard available >= PcapngBlock.smallestOctets else {
      return .needs(Int(PcapngBlock.smallestOctets))
    }
    var block = RecordOctets(start, isSwapped: isSwapped)
    let type = block.uint32(at: 0)
    if leaves(blockOfType: type) { return .left }
    if type == PcapngBlock.sectionHeader {
      block = RecordOctets(start, isSwapped: try byteOrder(ofSectionHeader: start))
    }
    let length = block.uint32(at: 4)
    guard length >= PcapngBlock.smallestOctets, length & 3 == 0 else {
      try refuseJoined(start)
      throw DamagedPcapngBlock(reason: "a block length of \(length) octets")
    }
    guard let smallest = PcapngBlock.smallestOctets(ofType: type) else {
      try refuseJoined(start)
      skipped = SkippedPcapngBlock(offset: offset, length: length, remaining: length - 12)
      return .consumed(8)
    }
    guard length >= smallest else {
      throw DamagedPcapngBlock(
        reason: "a block of type \(type) and \(length) octets, less than the \(smallest) it needs")
    }
    guard length <= PcapngBlock.largestOctets else {
      throw DamagedPcapngBlock(
        reason:
          "a block of type \(type) and \(length) octets, more than the \(PcapngBlock.largestOctets) that are possible"
      )
    }
    guard available >= Int(length) else { return .needs(Int(length)) }
    try checkTrailer(block.uint32(at: Int(length) - 4), length: length)

    switch type {
    case PcapngBlock.enhancedPacket:
      return try readEnhancedPacket(block, length: Int(length), limit: limit, into: &consumer)
    case PcapngBlock.packet:
      return try readPacket(block, length: Int(length), limit: limit, into: &consumer)
    case PcapngBlock.simplePacket:
      return try readSimplePacket(block, length: Int(length), limit: limit, into: &consumer)
    case PcapngBlock.sectionHeader: try beginSection(block)
    case PcapngBlock.interfaceDescription: try addInterface(block, length: Int(length))
    default: try noteStatistics(block, length: Int(length))
    }
    return .consumed(Int(length))
  }

  /// Refuses the header of a pcap file, which looks like a block that nobody knows.
  private func refuseJoined(_ start: UnsafeRawPointer) throws(DamagedPcapngBlock) {
    let word = RecordOctets(start, isSwapped: false).uint32(at: 0)
    if word != PcapngBlock.sectionHeader, let reason = JoinedCapture.reason(word) {
      throw DamagedPcapngBlock(reason: reason)
    }
  }

  /// Passes over what is there of the block that is being skipped.
  private mutating func skip(
    _ start: UnsafeRawPointer, available: Int
  ) throws(DamagedPcapngBlock) -> PcapngBlockStep {
    guard let block = skipped else { return .consumed(0) }
    if block.remaining > 0 {
      guard available > 0 else { return .needs(4) }
      let passed = min(UInt32(clamping: available), block.remaining)
      skipped?.remaining -= passed
      return .consumed(Int(passed))
    }
    guard available >= 4 else { return .needs(4) }
    try checkTrailer(
      RecordOctets(start, isSwapped: isSwapped).uint32(at: 0), length: block.length)
    skipped = nil
    return .consumed(4)
  }

  private func checkTrailer(_ trailer: UInt32, length: UInt32) throws(DamagedPcapngBlock) {
    guard trailer == length else {
      throw DamagedPcapngBlock(
        reason: "a block that gives its length as \(length), then as \(trailer)")
    }
  }

  /// The octets do not hold the block that is next.
  private func short(of needed: Int, available: Int, atEnd: Bool) -> ReadStep.Status {
    if !atEnd { return .needsMore(octets: needed) }
    if let skipped {
      let there = UInt64(skipped.length) - UInt64(skipped.remaining) - 4 + UInt64(available)
      return .damaged(
        CaptureSummary.Damage(
          offset: skipped.offset,
          reason: "the file ends inside this block: \(there) of \(skipped.length) octets"))
    }
    if available == 0 { return .end }
    if !isInSection {
      return .refused(
        reason:
          "it ends inside the header of a pcapng file, after \(available) of \(max(needed, 28)) octets"
      )
    }
    return .damaged(
      CaptureSummary.Damage(
        offset: offset,
        reason: "the file ends inside this block: \(available) of \(needed) octets"))
  }

  // MARK: Sections and interfaces

  /// Byte-Order Magic (4.1): whether the section was written in the order that is not ours.
  private func byteOrder(ofSectionHeader start: UnsafeRawPointer) throws(DamagedPcapngBlock) -> Bool
  {
    switch RecordOctets(start, isSwapped: false).uint32(at: 8) {
    case 0x1A2B_3C4D: return false
    case 0x4D3C_2B1A: return true
    default: throw DamagedPcapngBlock(reason: "a section header without its byte-order magic")
    }
  }

  private mutating func beginSection(_ block: RecordOctets) throws(DamagedPcapngBlock) {
    let (major, minor) = (block.uint16(at: 12), block.uint16(at: 14))
    // 1.2 was written by some and differs in nothing.
    guard major == 1, minor == 0 || minor == 2 else {
      throw DamagedPcapngBlock(reason: "a section of version \(major).\(minor); known is 1.0")
    }
    isSwapped = block.isSwapped
    isInSection = true
    firstInterface = interfaces.count
  }

  private mutating func addInterface(
    _ block: RecordOctets, length: Int
  ) throws(DamagedPcapngBlock) {
    guard interfaces.count < Self.largestInterfaceCount else {
      throw DamagedPcapngBlock(reason: "more than \(Self.largestInterfaceCount) interfaces")
    }
    interfaces.append(
      CaptureInterface(
        descriptionBlock: block, length: length, indexInSection: interfaces.count - firstInterface))
    ledgers.append(DropLedger())
  }

  /// Where the interface that the section numbers `number` is in `interfaces`.
  @inline(__always)
  func index(ofInterface number: UInt32) throws(DamagedPcapngBlock) -> Int {
    let index = firstInterface &+ Int(number)
    guard index < interfaces.count else {
      throw DamagedPcapngBlock(
        reason:
          "a block of interface \(number) of a section with \(interfaces.count - firstInterface)")
    }
    return index
  }
}
