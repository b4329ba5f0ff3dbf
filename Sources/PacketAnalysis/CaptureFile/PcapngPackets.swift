/// The blocks that hold frames, and those that say how many were dropped.
extension PcapngReader {
  // MARK: Frames

  /// Reads Enhanced Packet Blocks that follow one another, are of our byte order and of one interface,
  /// and have no options: in most files all but a few. Ends before the first block of which any of
  /// this does not hold, whose length, time or number is not simply as expected, or behind which the chunk
  /// soon ends: `readBlock` knows what to make of it.
  ///
  /// - Returns: the octets that were read.
  @inline(__always)
  mutating func readPlainBlocks(
    _ start: UnsafeRawPointer, to end: UnsafeRawPointer, interface: Int, limit: Timestamp?,
    lastFrame: UInt64, isMixed: Bool, lookahead: inout Lookahead, hints: inout Lookahead.Hints,
    into consumer: inout some FrameConsumer & ~Copyable
  ) -> Int {
    let conversion = interfaces[interface].time
    let numberInSection = UInt32(truncatingIfNeeded: interface &- firstInterface)
    let latest = limit ?? Timestamp(nanosecondsSinceEpoch: .max)
    var statistics = interfaces[interface].statistics
    let framesBefore = frameCount
    var number = framesBefore
    let octetsBefore = statistics.octets
    var next = start
    let lastStart = Lookahead.lastStart(
      from: start, to: end, framesLeft: lastFrame &- number, headerOctets: 28, leastOctets: 32)
    guard next <= lastStart else { return 0 }
    while true {
      let block = RecordOctets(next, isSwapped: false)
      let length = block.uint32(at: 4)
      let captured = block.uint32(at: 20)
      guard block.uint32(at: 0) == PcapngBlock.enhancedPacket,
        captured <= PcapReader.largestRecord, (captured &+ 35) & ~3 == length,
        next + Int(length) <= lastStart,
        block.uint32(at: Int(length) &- 4) == length, block.uint32(at: 8) == numberInSection,
        let time = conversion.simpleTimestamp(ticks: ticks(of: block)), time <= latest
      else { break }
      let original = block.uint32(at: 24)
      number &+= 1
      statistics.count(originalLength: original, capturedLength: captured, time: time)
      consumer.take(
        CapturedFrame(
          octets: block.start + 28, capturedLength: captured, originalLength: original, time: time,
          number: number, interface: UInt32(truncatingIfNeeded: interface)),
        hint: hints.of(number), isMixed: isMixed)
      lookahead.step(
        after: number, isMixed: isMixed, hints: &hints, for: &consumer, layout: Self.layout)
      next += Int(length)
    }
    statistics.packets &+= number &- framesBefore
    interfaces[interface].statistics = statistics
    octetCount &+= statistics.octets &- octetsBefore
    frameCount = number
    return next - start
  }

  /// Enhanced Packet Block (4.3).
  @inline(__always)
  mutating func readEnhancedPacket(
    _ block: RecordOctets, length: Int, limit: Timestamp?,
    into consumer: inout some FrameConsumer & ~Copyable
  ) throws(DamagedPcapngBlock) -> PcapngBlockStep {
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
      interface: interface, into: &consumer)
    return .consumed(length)
  }

  /// The obsolete Packet Block (appendix A), which has its drop count in the header.
  mutating func readPacket(
    _ block: RecordOctets, length: Int, limit: Timestamp?,
    into consumer: inout some FrameConsumer & ~Copyable
  ) throws(DamagedPcapngBlock) -> PcapngBlockStep {
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
      interface: interface, into: &consumer)
    return .consumed(length)
  }

  /// A Simple Packet Block (4.4) has neither time nor interface: it is of the section's first.
  mutating func readSimplePacket(
    _ block: RecordOctets, length: Int, limit: Timestamp?,
    into consumer: inout some FrameConsumer & ~Copyable
  ) throws(DamagedPcapngBlock) -> PcapngBlockStep {
    let interface = try index(ofInterface: 0)
    if Self.isLater(.absent, than: limit) { return .later(.absent) }
    let original = block.uint32(at: 8)
    let snapLength = interfaces[interface].snapLength
    let captured = min(original, snapLength == 0 ? .max : snapLength, UInt32(length - 16))
    deliver(
      block.start + 12, captured: captured, original: original, time: .absent,
      interface: interface, into: &consumer)
    return .consumed(length)
  }

  @inline(__always)
  private mutating func deliver(
    _ octets: UnsafeRawPointer, captured: UInt32, original: UInt32, time: Timestamp,
    interface: Int, into consumer: inout some FrameConsumer & ~Copyable
  ) {
    frameCount &+= 1
    octetCount &+= UInt64(original)
    interfaces[interface].statistics.packets &+= 1
    interfaces[interface].statistics.count(
      originalLength: original, capturedLength: captured, time: time)
    consumer.take(
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
    // The high half comes first, whatever the byte order of each.
    let ticks = block.uint64(at: 12)
    let isBigEndian = block.isSwapped == (1.littleEndian == 1)
    return isBigEndian ? ticks : ticks << 32 | ticks >> 32
  }

  @inline(__always)
  private func capturedLength(
    of block: RecordOctets, length: Int
  ) throws(DamagedPcapngBlock) -> UInt32 {
    let captured = block.uint32(at: 20)
    guard Int(captured) <= length &- 32 else {
      throw DamagedPcapngBlock(
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
    note(
      DropNote(
        interface: interface,
        kind: .dropCount(
          count, from: interfaces[interface].statistics.previousTime, to: time.known)))
  }

  /// Interface Statistics Block (4.6).
  mutating func noteStatistics(
    _ block: RecordOctets, length: Int
  ) throws(DamagedPcapngBlock) {
    let interface = try index(ofInterface: block.uint32(at: 8))
    let statistics = InterfaceStatistics(
      block: block, length: length, time: interfaces[interface].time)
    let options = PcapngOptions(of: block, from: 20, to: length - 4)
    let blind = BlindComment(of: options, in: block)
    guard statistics.drops != nil || blind != nil else { return }
    note(DropNote(interface: interface, kind: .statistics(statistics, blind)))
  }

  /// What a part is told it keeps for the reader of the parts before, who knows what was told before.
  mutating func note(_ note: DropNote) {
    guard partNotes == nil else {
      partNotes?.append(note)
      return
    }
    let interface = note.interface
    switch note.kind {
    case .dropCount(let count, let start, let end):
      let record = ledgers[interface].note(
        dropCount: count, from: start, to: end, interface: interface)
      if let record { drops.add(record) }
    case .statistics(let statistics, let blind):
      let record = ledgers[interface].note(statistics, interface: interface)
      if let record { drops.add(record) }
      if let blind {
        drops.add(
          DropRecord(
            interface: interface, start: blind.times.lowerBound, end: blind.times.upperBound,
            drops: 0, reason: blind.reason))
      }
    }
    interfaces[interface].drops = ledgers[interface].total
  }
}
