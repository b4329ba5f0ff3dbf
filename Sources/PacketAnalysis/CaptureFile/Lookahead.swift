internal import CPacketSupport

/// Runs ahead of a reader through the same octets, so that what the coming frames need is asked for
/// before they are read: their octets by the processor, their associations by the consumer.
///
/// Nothing that it sees is verified, and nothing depends on it: where it is wrong, frames are only
/// waited for.
struct Lookahead {
  private var record: UnsafeRawPointer
  private let end: UnsafeRawPointer

  /// So many frames ahead: so long it takes for a slot of a large table to arrive.
  static let frames = 32
  /// So far ahead of these octets are asked for: the processor does not look beyond a page by
  /// itself. An address behind the end does no harm.
  private static let prefetchOctets = 2_560

  init(from record: UnsafeRawPointer, to end: UnsafeRawPointer) {
    (self.record, self.end) = (record, end)
  }

  /// Passes over one record.
  ///
  /// - Parameters:
  ///   - headerOctets: octets that `layout` reads, which are there.
  ///   - layout: where the frame of a record begins, `nil` where there is none, and where the next
  ///     record does; offsets from the record.
  @inline(__always)
  mutating func step(
    headerOctets: Int, into consumer: inout some FrameConsumer & ~Copyable,
    layout: (UnsafeRawPointer) -> (frame: Int?, next: Int)
  ) {
    guard end - record >= headerOctets + ShortPath.leastLength else { return }
    let (frame, next) = layout(record)
    if let frame { consumer.expect(record + frame) }
    gapscope_prefetch_read(record + Self.prefetchOctets)
    // Of longer records there are more lines before the next; of very long ones too many, and their
    // headers may lie anywhere.
    if next >= 128, next < 512 {
      gapscope_prefetch_read(record + Self.prefetchOctets + 64)
      gapscope_prefetch_read(record + Self.prefetchOctets + 128)
    }
    record += next
  }
}
