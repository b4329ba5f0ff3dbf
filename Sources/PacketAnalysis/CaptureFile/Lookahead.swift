internal import CPacketSupport

/// Runs ahead of a reader through the same octets, so that what the coming frames need is asked for
/// before they are read: their octets by the processor, their associations by the consumer.
///
/// Nothing that it sees is verified, and nothing depends on it: where it is wrong, frames are only
/// waited for.
struct Lookahead {
  private var record: UnsafeRawPointer
  /// Behind the last place where a record may begin that is looked at.
  private let end: UnsafeRawPointer
  /// What the consumer said of the coming frames, by the frames that were read before them.
  private var hints = InlineArray<32, UInt64>(repeating: 0)

  /// Of the last record that was a long one.
  private var longRecordOctets = 0

  /// A frame is looked at so many frames ahead, and its association is located when half of them are left:
  /// so long it takes for what tells where it is to arrive, and then for a slot of a large table.
  static let frames = 32
  static let locatedFrames = frames / 2
  /// So far ahead of these octets are asked for: the processor does not look beyond a page by
  /// itself. An address behind the end does no harm.
  private static let prefetchOctets = 2_560

  /// Looks at the first records of those from `record` to `end`.
  ///
  /// - Parameters:
  ///   - number: frames that were read.
  ///   - headerOctets: octets of a record that `layout` reads.
  ///   - layout: where the frame of a record begins, `nil` where there is none, and where the next
  ///     record does; offsets from the record.
  @inline(__always)
  init(
    from record: UnsafeRawPointer, to end: UnsafeRawPointer, after number: UInt64,
    headerOctets: Int, for consumer: inout some FrameConsumer & ~Copyable,
    layout: (UnsafeRawPointer) -> (frame: Int?, next: Int)
  ) {
    self.record = record
    self.end = end - (headerOctets + ShortPath.leastLengthAhead - 1)
    for ahead in 0..<UInt64(Self.frames) {
      look(after: number &+ ahead, for: &consumer, layout: layout)
    }
    for ahead in 0..<UInt64(Self.locatedFrames) { locate(after: number &+ ahead, for: &consumer) }
  }

  /// What the consumer said of the frame after `number` others.
  @inline(__always)
  func hint(after number: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: hints[Self.index(number)])
  }

  /// Passes over one record: the frame after `number` others was read, and what was said of it is
  /// forgotten.
  @inline(__always)
  mutating func step(
    after number: UInt64, for consumer: inout some FrameConsumer & ~Copyable,
    layout: (UnsafeRawPointer) -> (frame: Int?, next: Int)
  ) {
    locate(after: number &+ UInt64(Self.locatedFrames), for: &consumer)
    look(after: number, for: &consumer, layout: layout)
  }

  @inline(__always)
  private mutating func locate(
    after number: UInt64, for consumer: inout some FrameConsumer & ~Copyable
  ) {
    let index = Self.index(number)
    hints[index] = UInt64(consumer.locate(hints[index]))
  }

  @inline(__always)
  private mutating func look(
    after number: UInt64, for consumer: inout some FrameConsumer & ~Copyable,
    layout: (UnsafeRawPointer) -> (frame: Int?, next: Int)
  ) {
    guard _fastPath(record < end) else { return }
    let (frame, next) = layout(record)
    if let frame { hints[Self.index(number)] = consumer.expect(record + frame) }
    gapscope_prefetch_read(record + Self.prefetchOctets)
    // Up to the next record there may be more lines; those of medium ones come by themselves. For some short
    // ones it is one too many: a condition that changes costs more.
    if next < 512 {
      gapscope_prefetch_read(record + Self.prefetchOctets + 64)
    } else {
      // Of very long ones too many. Where one is as long as the one before, those to come may be, too.
      if next == longRecordOctets {
        gapscope_prefetch_read(record + 4 * next)
        gapscope_prefetch_read(record + 4 * next + 63)
      }
      longRecordOctets = next
    }
    record += next
  }

  @inline(__always)
  private static func index(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: number) & (frames - 1)
  }
}
