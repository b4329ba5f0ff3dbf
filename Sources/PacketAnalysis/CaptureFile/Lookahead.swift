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

  /// What the consumer said of the coming frames, by their numbers.
  ///
  /// Not in one value with the rest, since an array that is indexed would keep that out of registers, too.
  struct Hints {
    /// One element more has the length of the last long record, which needs no register.
    fileprivate var values = InlineArray<33, UInt64>(repeating: 0)

    /// What the consumer said of the frame with this number.
    @inline(__always)
    func of(_ number: UInt64) -> UInt64 { values[Lookahead.index(number)] }
  }

  /// A frame is looked at so many frames ahead, and its association is located when half of them are left:
  /// so long it takes for what tells where it is to arrive, and then for a slot of a large table.
  static let frames = 32
  static let locatedFrames = frames / 2
  /// So far ahead of these octets are asked for: the processor does not look beyond a page by
  /// itself. An address behind the end does no harm.
  private static let prefetchOctets = 2_560

  /// The last place where a record may begin whose header, and what is looked at of its frame, are there, and
  /// up to which there are no more frames than `framesLeft`: one comparison for each record says all that.
  ///
  /// - Parameter leastOctets: that a record with a frame has.
  @inline(__always)
  static func lastStart(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, framesLeft: UInt64,
    headerOctets: Int, leastOctets: Int
  ) -> UnsafeRawPointer {
    let reach =
      framesLeft < UInt64(end - start) ? min(start + leastOctets * Int(framesLeft), end) : end
    return reach - (headerOctets + ShortPath.leastLengthAhead)
  }

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
    headerOctets: Int, isMixed: Bool, hints: inout Hints,
    for consumer: inout some FrameConsumer & ~Copyable,
    layout: (UnsafeRawPointer) -> (frame: Int?, next: Int)
  ) {
    self.record = record
    self.end = end - (headerOctets + ShortPath.leastLengthAhead - 1)
    for ahead in 1...UInt64(Self.frames) {
      look(at: number &+ ahead, isMixed: isMixed, hints: &hints, for: &consumer, layout: layout)
    }
    for ahead in 1...UInt64(Self.locatedFrames) {
      Self.locate(number &+ ahead, isMixed: isMixed, hints: &hints, for: &consumer)
    }
  }

  /// Passes over one record: the frame with this number was read last, and what was said of it is forgotten.
  @inline(__always)
  mutating func step(
    after number: UInt64, isMixed: Bool, hints: inout Hints,
    for consumer: inout some FrameConsumer & ~Copyable,
    layout: (UnsafeRawPointer) -> (frame: Int?, next: Int)
  ) {
    Self.locate(
      number &+ UInt64(Self.locatedFrames), isMixed: isMixed, hints: &hints, for: &consumer)
    look(
      at: number &+ UInt64(Self.frames), isMixed: isMixed, hints: &hints, for: &consumer,
      layout: layout)
  }

  @inline(__always)
  private static func locate(
    _ number: UInt64, isMixed: Bool, hints: inout Hints,
    for consumer: inout some FrameConsumer & ~Copyable
  ) {
    let index = index(number)
    hints.values[index] = consumer.locate(hints.values[index], isMixed: isMixed)
  }

  @inline(__always)
  private mutating func look(
    at number: UInt64, isMixed: Bool, hints: inout Hints,
    for consumer: inout some FrameConsumer & ~Copyable,
    layout: (UnsafeRawPointer) -> (frame: Int?, next: Int)
  ) {
    guard _fastPath(record < end) else { return }
    let (frame, next) = layout(record)
    if let frame {
      hints.values[Self.index(number)] = consumer.expect(record + frame, isMixed: isMixed)
    }
    gapscope_prefetch_read(record + Self.prefetchOctets)
    // Up to the next record there may be more lines; those of medium ones come by themselves. For some short
    // ones it is one too many: a condition that changes costs more.
    if next < 512 {
      gapscope_prefetch_read(record + Self.prefetchOctets + 64)
    } else {
      Self.askBehind(longRecord: record, octets: next, hints: &hints)
    }
    record += next
  }

  /// Of very long ones there are too many lines. Where one is as long as the one before, those to come may
  /// be, too.
  @inline(__always)
  private static func askBehind(
    longRecord record: UnsafeRawPointer, octets: Int, hints: inout Hints
  ) {
    if hints.values[frames] == UInt64(octets) {
      gapscope_prefetch_read(record + 4 * octets)
      gapscope_prefetch_read(record + 4 * octets + 63)
    }
    hints.values[frames] = UInt64(octets)
  }

  @inline(__always)
  fileprivate static func index(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: number) & (frames - 1)
  }
}
