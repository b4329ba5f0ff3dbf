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
  static let sectionHeaderType = PcapngBlock.sectionHeader
  /// No machine has more; a file that describes more would fill memory with them.
  static let largestInterfaceCount = 65_535

  /// Of all sections, in the order of the file.
  private(set) var interfaces: [CaptureInterface] = []
  private(set) var drops: [DropRecord] = []
  /// Where the first octet that was not consumed lies in the file.
  private(set) var offset: UInt64 = 0

  /// One for each interface.
  private var ledgers: [DropLedger] = []
  /// Of the section.
  private var isSwapped = false
  private var isInSection = false
  /// Index into `interfaces` of the interface that the section numbers 0.
  private var firstInterface = 0
  private var frameCount: UInt64 = 0
  private var skipped: SkippedBlock?

  /// A block of no interest that did not fit in the chunk.
  private struct SkippedBlock {
    var offset: UInt64
    var length: UInt32
    /// Before the trailing length.
    var remaining: UInt32
  }

  /// What became of the block that was tried.
  private enum BlockStep {
    case consumed(Int)
    case needs(Int)
    case later(Timestamp)
  }

  private struct DamagedBlock: Error {
    var reason: String
  }

  init() {}

  var interfaceCount: Int { interfaces.count }

  mutating func read(
    _ octets: UnsafeRawBufferPointer, atEnd: Bool, limit: Timestamp?, into batch: inout FrameBatch
  ) -> ReadStep {
    guard let base = octets.baseAddress else {
      return ReadStep(consumedOctets: 0, status: short(of: 4, available: 0, atEnd: atEnd))
    }
    let begin = offset
    var position = 0
    var status = ReadStep.Status.batchFull
    do throws(DamagedBlock) {
      reading: while !batch.isFull {
        let available = octets.count - position
        let step =
          if skipped != nil {
            try skip(base + position, available: available)
          } else {
            try readBlock(
              base + position, available: available, offset: begin &+ UInt64(position),
              limit: limit, into: &batch)
          }
        switch step {
        case .consumed(let length):
          position += length
        case .needs(let needed):
          offset = begin &+ UInt64(position)
          status = short(of: needed, available: available, atEnd: atEnd)
          break reading
        case .later(let time):
          status = .limitReached(next: time)
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

  // MARK: Blocks

  @inline(__always)
  private mutating func readBlock(
    _ start: UnsafeRawPointer, available: Int, offset: UInt64, limit: Timestamp?,
    into batch: inout FrameBatch
  ) throws(DamagedBlock) -> BlockStep {
    guard available >= PcapngBlock.smallestOctets else {
      return .needs(Int(PcapngBlock.smallestOctets))
    }
    var block = RecordOctets(start, isSwapped: isSwapped)
    let type = block.uint32(at: 0)
    if type == PcapngBlock.sectionHeader {
      block = RecordOctets(start, isSwapped: try byteOrder(ofSectionHeader: start))
    }
    let length = block.uint32(at: 4)
    guard length >= PcapngBlock.smallestOctets, length & 3 == 0 else {
      throw DamagedBlock(reason: "a block length of \(length) octets")
    }
    guard let smallest = PcapngBlock.smallestOctets(ofType: type) else {
      skipped = SkippedBlock(offset: offset, length: length, remaining: length - 12)
      return .consumed(8)
    }
    guard length >= smallest else {
      throw DamagedBlock(
        reason: "a block of type \(type) and \(length) octets, less than the \(smallest) it needs")
    }
    guard length <= PcapngBlock.largestOctets else {
      throw DamagedBlock(
        reason:
          "a block of type \(type) and \(length) octets, more than the \(PcapngBlock.largestOctets) that are possible"
      )
    }
    guard available >= Int(length) else { return .needs(Int(length)) }
    try checkTrailer(block.uint32(at: Int(length) - 4), length: length)

    switch type {
    case PcapngBlock.enhancedPacket:
      return try readEnhancedPacket(block, length: Int(length), limit: limit, into: &batch)
    case PcapngBlock.packet:
      return try readPacket(block, length: Int(length), limit: limit, into: &batch)
    case PcapngBlock.simplePacket:
      return try readSimplePacket(block, length: Int(length), limit: limit, into: &batch)
    case PcapngBlock.sectionHeader: try beginSection(block)
    case PcapngBlock.interfaceDescription: try addInterface(block, length: Int(length))
    default: try noteStatistics(block, length: Int(length))
    }
    return .consumed(Int(length))
  }

  /// Passes over what is there of the block that is being skipped.
  private mutating func skip(
    _ start: UnsafeRawPointer, available: Int
  ) throws(DamagedBlock) -> BlockStep {
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

  private func checkTrailer(_ trailer: UInt32, length: UInt32) throws(DamagedBlock) {
    guard trailer == length else {
      throw DamagedBlock(reason: "a block that gives its length as \(length), then as \(trailer)")
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
  private func byteOrder(ofSectionHeader start: UnsafeRawPointer) throws(DamagedBlock) -> Bool {
    switch RecordOctets(start, isSwapped: false).uint32(at: 8) {
    case 0x1A2B_3C4D: return false
    case 0x4D3C_2B1A: return true
    default: throw DamagedBlock(reason: "a section header without its byte-order magic")
    }
  }

  private mutating func beginSection(_ block: RecordOctets) throws(DamagedBlock) {
    let (major, minor) = (block.uint16(at: 12), block.uint16(at: 14))
    // 1.2 was written by some and differs in nothing.
    guard major == 1, minor == 0 || minor == 2 else {
      throw DamagedBlock(reason: "a section of version \(major).\(minor); known is 1.0")
    }
    isSwapped = block.isSwapped
    isInSection = true
    firstInterface = interfaces.count
  }

  private mutating func addInterface(
    _ block: RecordOctets, length: Int
  ) throws(DamagedBlock) {
    guard interfaces.count < Self.largestInterfaceCount else {
      throw DamagedBlock(reason: "more than \(Self.largestInterfaceCount) interfaces")
    }
    interfaces.append(
      CaptureInterface(
        descriptionBlock: block, length: length, indexInSection: interfaces.count - firstInterface))
    ledgers.append(DropLedger())
  }

  /// Where the interface that the section numbers `number` is in `interfaces`.
  @inline(__always)
  private func index(ofInterface number: UInt32) throws(DamagedBlock) -> Int {
    let index = firstInterface &+ Int(number)
    guard index < interfaces.count else {
      throw DamagedBlock(
        reason:
          "a block of interface \(number) of a section with \(interfaces.count - firstInterface)")
    }
    return index
  }

  // MARK: Frames

  /// Enhanced Packet Block (4.3).
  @inline(__always)
  private mutating func readEnhancedPacket(
    _ block: RecordOctets, length: Int, limit: Timestamp?, into batch: inout FrameBatch
  ) throws(DamagedBlock) -> BlockStep {
    let interface = try index(ofInterface: block.uint32(at: 8))
    let captured = try capturedLength(of: block, length: length)
    let time = interfaces[interface].time.timestamp(ticks: ticks(of: block))
    if Self.isLater(time, than: limit) { return .later(time) }
    let options = 28 &+ paddedTo32Bits(Int(captured))
    if options < length &- 4 {
      noteDrops(block, from: options, to: length - 4, time: time, interface: interface)
    }
    deliver(
      block.start + 28, captured: captured, original: block.uint32(at: 24), time: time,
      interface: interface, into: &batch)
    return .consumed(length)
  }

  /// The obsolete Packet Block (appendix A), which has its drop count in the header.
  private mutating func readPacket(
    _ block: RecordOctets, length: Int, limit: Timestamp?, into batch: inout FrameBatch
  ) throws(DamagedBlock) -> BlockStep {
    let interface = try index(ofInterface: UInt32(block.uint16(at: 8)))
    let captured = try capturedLength(of: block, length: length)
    let time = interfaces[interface].time.timestamp(ticks: ticks(of: block))
    if Self.isLater(time, than: limit) { return .later(time) }
    let drops = block.uint16(at: 10)
    if drops != .max {  // All ones: not known.
      note(drops: UInt64(drops), before: time, interface: interface)
    }
    deliver(
      block.start + 28, captured: captured, original: block.uint32(at: 24), time: time,
      interface: interface, into: &batch)
    return .consumed(length)
  }

  /// A Simple Packet Block (4.4) has neither time nor interface: it is of the section's first.
  private mutating func readSimplePacket(
    _ block: RecordOctets, length: Int, limit: Timestamp?, into batch: inout FrameBatch
  ) throws(DamagedBlock) -> BlockStep {
    let interface = try index(ofInterface: 0)
    if Self.isLater(.absent, than: limit) { return .later(.absent) }
    let original = block.uint32(at: 8)
    let snapLength = interfaces[interface].snapLength
    let captured = min(original, snapLength == 0 ? .max : snapLength, UInt32(length - 16))
    deliver(
      block.start + 12, captured: captured, original: original, time: .absent,
      interface: interface, into: &batch)
    return .consumed(length)
  }

  @inline(__always)
  private mutating func deliver(
    _ octets: UnsafeRawPointer, captured: UInt32, original: UInt32, time: Timestamp,
    interface: Int, into batch: inout FrameBatch
  ) {
    frameCount &+= 1
    interfaces[interface].statistics.count(
      originalLength: original, capturedLength: captured, time: time)
    batch.append(
      CapturedFrame(
        octets: octets, capturedLength: captured, originalLength: original, time: time,
        number: frameCount, interface: UInt32(truncatingIfNeeded: interface)))
  }

  @inline(__always)
  private static func isLater(_ time: Timestamp, than limit: Timestamp?) -> Bool {
    guard let limit else { return false }
    return time > limit || limit == .absent
  }

  @inline(__always)
  private func ticks(of block: RecordOctets) -> UInt64 {
    UInt64(block.uint32(at: 12)) << 32 | UInt64(block.uint32(at: 16))
  }

  @inline(__always)
  private func capturedLength(
    of block: RecordOctets, length: Int
  ) throws(DamagedBlock) -> UInt32 {
    let captured = block.uint32(at: 20)
    guard Int(captured) <= length &- 32 else {
      throw DamagedBlock(
        reason: "a captured length of \(captured) octets in a block with room for \(length - 32)")
    }
    return captured
  }

  // MARK: Drops

  /// `epb_dropcount`.
  @inline(never)
  private mutating func noteDrops(
    _ block: RecordOctets, from start: Int, to end: Int, time: Timestamp, interface: Int
  ) {
    for option in PcapngOptions(of: block, from: start, to: end)
    where option.code == 4 && option.length == 8 {
      note(drops: block.uint64(at: option.offset), before: time, interface: interface)
    }
  }

  private mutating func note(drops count: UInt64, before time: Timestamp, interface: Int) {
    let record = ledgers[interface].note(
      dropCount: count, from: interfaces[interface].statistics.previousTime.known,
      to: time.known, interface: interface)
    if let record { drops.add(record) }
    interfaces[interface].drops = ledgers[interface].total
  }

  private mutating func noteStatistics(
    _ block: RecordOctets, length: Int
  ) throws(DamagedBlock) {
    let interface = try index(ofInterface: block.uint32(at: 8))
    let statistics = InterfaceStatistics(
      block: block, length: length, time: interfaces[interface].time)
    if let record = ledgers[interface].note(statistics, interface: interface) {
      drops.add(record)
    }
    interfaces[interface].drops = ledgers[interface].total
  }
}
