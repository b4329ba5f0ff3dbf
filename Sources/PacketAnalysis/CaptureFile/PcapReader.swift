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
    // Nearly every file is of our byte order, with microseconds or nanoseconds: for these the loop
    // is compiled once more, with the constants in it.
    let isPlain =
      !header.isSwapped && header.recordHeaderLength == 16 && header.lengthOrder == .capturedFirst
    return isPlain
      ? walk(
        base, octets.count, isPlain: true, atEnd: atEnd, limit: limit, frameLimit: frameLimit,
        into: &consumer)
      : walk(
        base, octets.count, isPlain: false, atEnd: atEnd, limit: limit, frameLimit: frameLimit,
        into: &consumer)
  }

  @inline(__always)
  private mutating func walk(
    _ base: UnsafeRawPointer, _ octetCount: Int, isPlain: Bool, atEnd: Bool, limit: Timestamp?,
    frameLimit: Int,
    into consumer: inout some FrameConsumer & ~Copyable
  ) -> ReadStep {
    var next = base
    let end = base + octetCount
    var statistics = interface.statistics
    var number = statistics.packets
    let lastFrame = number &+ UInt64(max(frameLimit, 0))
    let isSwapped = isPlain ? false : header.isSwapped
    let headerLength = isPlain ? 16 : header.recordHeaderLength
    let lastHeader = end - headerLength
    let fractionNanoseconds = header.fractionNanoseconds
    let largest = max(
      Self.usualLargestRecord, min(interface.snapLength, Self.largestRecord))
    let latest = limit?.nanosecondsSinceEpoch ?? .max

    var lookahead = Lookahead(
      from: base, to: isPlain ? end : base, after: number, headerOctets: 16, for: &consumer,
      layout: Self.layout)
    var step = ReadStep(consumedOctets: 0, status: .batchFull)
    while number < lastFrame {
      guard _fastPath(next <= lastHeader) else {
        step = short(of: headerLength, end - next, atEnd, at: next - base)
        break
      }
      let record = RecordOctets(next, isSwapped: isSwapped)
      var (captured, original) = (record.uint32(at: 8), record.uint32(at: 12))
      if !isPlain { (captured, original) = ordered(captured, original) }
      if _slowPath(captured &- 1 >= largest) {
        // Where another header follows, its time zone and accuracy stand here: both are 0.
        if captured > 0 || original == 0, let joined = joined(next, at: next - base) {
          step.status = .damaged(joined)
          break
        }
        if captured > 0 {
          step.status = .damaged(absurd(captured, largest, at: next - base))
          break
        }
        // So look zeros where a file was shortened meanwhile. A record without octets begins a step
        // of its own, so that whoever has the octets can see whether they are still there.
        if next > base { break }
      }
      let following = next + (headerLength &+ Int(captured))
      guard _fastPath(following <= end) else {
        step = short(of: following - next, end - next, atEnd, at: next - base)
        break
      }
      let time = Timestamp(
        nanosecondsSinceEpoch: Int64(record.uint32(at: 0)) &* 1_000_000_000
          &+ Int64(record.uint32(at: 4)) &* fractionNanoseconds)
      guard _fastPath(time.nanosecondsSinceEpoch <= latest) else {
        step.status = .limitReached(next: time)
        break
      }
      statistics.count(originalLength: original, capturedLength: captured, time: time)
      let frame = CapturedFrame(
        octets: record.start + headerLength, capturedLength: captured, originalLength: original,
        time: time, number: number &+ 1, interface: 0)
      if isPlain {
        consumer.take(frame, hint: lookahead.hint(after: number))
        lookahead.step(after: number, for: &consumer, layout: Self.layout)
      } else {
        consumer.take(frame)
      }
      number &+= 1
      next = following
    }
    statistics.packets = number
    interface.statistics = statistics
    offset &+= UInt64(next - base)
    step.consumedOctets = next - base
    return step
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
