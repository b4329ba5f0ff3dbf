/// Reads a pcap file (draft-ietf-opsawg-pcap) chunk by chunk.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      Timestamp (Seconds)                      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |            Timestamp (Microseconds or nanoseconds)            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                    Captured Packet Length                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                    Original Packet Length                     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     /                          Packet Data                          /
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// Seconds are unsigned and so reach the year 2106. A sub-second field of a second or more is
/// added as it is: the largest still fits in a `Timestamp`.
struct PcapReader {
  let header: PcapHeader
  private(set) var interface: CaptureInterface
  /// Where the first octet that was not consumed lies in the file.
  private(set) var offset = UInt64(PcapHeader.lengthOctets)

  init(_ header: PcapHeader) {
    self.header = header
    interface = header.interface
  }

  /// A reader of the same file that begins at `offset`, and counts frames from there.
  func part(at offset: UInt64) -> PcapReader {
    var reader = PcapReader(header)
    reader.offset = offset
    return reader
  }

  /// Stands where `part` stands, which began where this one stood, and has counted the same frames.
  mutating func goOn(with part: PcapReader) {
    interface.statistics.append(part.interface.statistics)
    offset = part.offset
  }

  /// A record may be this long at least, whatever the snap length says (libpcap's limit).
  static let usualLargestRecord: UInt32 = 262_144
  /// And at most this long, whatever the snap length says: it must fit in a buffer.
  static let largestRecord: UInt32 = 16 << 20

  @inline(__always)
  mutating func read(
    _ octets: UnsafeRawBufferPointer, atEnd: Bool, limit: Timestamp?, frameLimit: Int,
    into consumer: inout some FrameConsumer & ~Copyable
  ) -> ReadStep {
    guard let base = octets.baseAddress else {
      return short(of: header.recordHeaderLength, 0, atEnd)
    }
    let end = base + octets.count
    let last = interface.statistics.packets &+ UInt64(max(frameLimit, 0))
    // Nearly every file is of our byte order, with microseconds or nanoseconds.
    let isPlain =
      !header.isSwapped && header.recordHeaderLength == 16 && header.lengthOrder == .capturedFirst
    consumer.expectFrames(ofInterface: 0)
    let isMixed = consumer.isMixed
    var hints = Lookahead.Hints()
    var lookahead = Lookahead(
      from: base, to: isPlain ? end : base, after: interface.statistics.packets, headerOctets: 16,
      isMixed: isMixed, hints: &hints, for: &consumer, layout: Self.layout)
    var step = ReadStep(consumedOctets: 0, status: .batchFull)
    while interface.statistics.packets < last {
      if isPlain {
        let start = base + step.consumedOctets
        step.consumedOctets +=
          isMixed
          ? readPlainRecords(
            start, to: end, limit: limit, last: last, isMixed: true, lookahead: &lookahead,
            hints: &hints, into: &consumer)
          : readPlainRecords(
            start, to: end, limit: limit, last: last, isMixed: false, lookahead: &lookahead,
            hints: &hints, into: &consumer)
        if interface.statistics.packets >= last { break }
      }
      guard
        let length = readRecord(
          base + step.consumedOctets, to: end, atEnd: atEnd, limit: limit, step: &step,
          into: &consumer)
      else { break }
      lookahead.step(
        after: interface.statistics.packets, isMixed: isMixed, hints: &hints, for: &consumer,
        layout: Self.layout)
      step.consumedOctets += length
    }
    offset &+= UInt64(step.consumedOctets)
    return step
  }

  /// Reads records that are whole and of usual lengths. Ends before the first of which that does not hold,
  /// which is later than the limit, or behind which the chunk soon ends: `readRecord` knows what to make
  /// of it.
  ///
  /// - Returns: the octets that were read.
  @inline(__always)
  private mutating func readPlainRecords(
    _ start: UnsafeRawPointer, to end: UnsafeRawPointer, limit: Timestamp?, last: UInt64,
    isMixed: Bool, lookahead: inout Lookahead, hints: inout Lookahead.Hints,
    into consumer: inout some FrameConsumer & ~Copyable
  ) -> Int {
    var statistics = interface.statistics
    var number = statistics.packets
    let fractionNanoseconds = header.fractionNanoseconds
    let largest = largest
    let latest = limit?.nanosecondsSinceEpoch ?? .max
    let lastStart = Lookahead.lastStart(
      from: start, to: end, framesLeft: last &- number, headerOctets: 16, leastOctets: 17)
    var next = start
    guard next <= lastStart else { return 0 }
    while true {
      let record = RecordOctets(next, isSwapped: false)
      let (captured, original) = (record.uint32(at: 8), record.uint32(at: 12))
      let following = next + (16 &+ Int(captured))
      guard _fastPath(captured &- 1 < largest), _fastPath(following <= lastStart) else { break }
      let time = time(of: record, fractionNanoseconds)
      guard _fastPath(time.nanosecondsSinceEpoch <= latest) else { break }
      number &+= 1
      statistics.count(originalLength: original, capturedLength: captured, time: time)
      consumer.take(
        CapturedFrame(
          octets: record.start + 16, capturedLength: captured, originalLength: original,
          time: time, number: number, interface: 0),
        hint: hints.of(number), isMixed: isMixed)
      lookahead.step(
        after: number, isMixed: isMixed, hints: &hints, for: &consumer, layout: Self.layout)
      next = following
    }
    statistics.packets = number
    interface.statistics = statistics
    return next - start
  }

  /// Reads one record of any file.
  ///
  /// - Parameter step: says how far the octets were read before, and is told why no more are.
  /// - Returns: its length in octets; `nil` where it was not read.
  @inline(never)
  private mutating func readRecord(
    _ start: UnsafeRawPointer, to end: UnsafeRawPointer, atEnd: Bool, limit: Timestamp?,
    step: inout ReadStep, into consumer: inout some FrameConsumer & ~Copyable
  ) -> Int? {
    let headerLength = header.recordHeaderLength
    guard end - start >= headerLength else {
      step = short(of: headerLength, end - start, atEnd, at: step.consumedOctets)
      return nil
    }
    let record = RecordOctets(start, isSwapped: header.isSwapped)
    let (captured, original) = ordered(record.uint32(at: 8), record.uint32(at: 12))
    if captured &- 1 >= largest {
      // Where another header follows, its time zone and accuracy stand here: both are 0.
      if captured > 0 || original == 0, let joined = joined(start, at: step.consumedOctets) {
        step.status = .damaged(joined)
        return nil
      }
      if captured > 0 {
        step.status = .damaged(absurd(captured, largest, at: step.consumedOctets))
        return nil
      }
      // So look zeros where a file was shortened meanwhile. A record without octets begins a step
      // of its own, so that whoever has the octets can see whether they are still there.
      if step.consumedOctets > 0 { return nil }
    }
    let length = headerLength &+ Int(captured)
    guard length <= end - start else {
      step = short(of: length, end - start, atEnd, at: step.consumedOctets)
      return nil
    }
    let time = time(of: record, header.fractionNanoseconds)
    if let limit, time > limit {
      step.status = .limitReached(next: time)
      return nil
    }
    interface.statistics.packets &+= 1
    interface.statistics.count(originalLength: original, capturedLength: captured, time: time)
    consumer.take(
      CapturedFrame(
        octets: start + headerLength, capturedLength: captured, originalLength: original,
        time: time, number: interface.statistics.packets, interface: 0))
    return length
  }

  /// More octets than this no record has.
  private var largest: UInt32 {
    max(Self.usualLargestRecord, min(interface.snapLength, Self.largestRecord))
  }

  @inline(__always)
  private func time(of record: RecordOctets, _ fractionNanoseconds: Int64) -> Timestamp {
    Timestamp(
      nanosecondsSinceEpoch: Int64(record.uint32(at: 0)) &* 1_000_000_000
        &+ Int64(record.uint32(at: 4)) &* fractionNanoseconds)
  }

  /// Of a record of our byte order.
  @inline(__always)
  private static func layout(of record: UnsafeRawPointer) -> (frame: Int?, next: Int) {
    (frame: 16, next: 16 &+ Int(RecordOctets(record, isSwapped: false).uint32(at: 8)))
  }

  @inline(never)
  private func ordered(_ first: UInt32, _ second: UInt32) -> (captured: UInt32, original: UInt32) {
    switch header.lengthOrder {
    case .capturedFirst: (first, second)
    case .originalFirst: (second, first)
    case .either: (min(first, second), max(first, second))
    }
  }

  /// The record that begins at `position` is not all there.
  @inline(never)
  private func short(of needed: Int, _ available: Int, _ atEnd: Bool, at position: Int = 0)
    -> ReadStep
  {
    let status: ReadStep.Status =
      if !atEnd {
        .needsMore(octets: needed)
      } else if available == 0 {
        .end
      } else {
        .damaged(
          CaptureSummary.Damage(
            offset: offset &+ UInt64(position),
            reason: "the file ends inside this record: \(available) of \(needed) octets"))
      }
    return ReadStep(consumedOctets: position, status: status)
  }

  @inline(never)
  private func joined(_ record: UnsafeRawPointer, at position: Int) -> CaptureSummary.Damage? {
    JoinedCapture.reason(RecordOctets(record, isSwapped: false).uint32(at: 0)).map {
      CaptureSummary.Damage(offset: offset &+ UInt64(position), reason: $0)
    }
  }

  @inline(never)
  private func absurd(_ captured: UInt32, _ largest: UInt32, at position: Int)
    -> CaptureSummary.Damage
  {
    CaptureSummary.Damage(
      offset: offset &+ UInt64(position),
      reason: "a captured length of \(captured) octets, more than the \(largest) that are possible")
  }
}
