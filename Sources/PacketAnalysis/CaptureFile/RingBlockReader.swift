/// Reads the frames of a packet ring, block by block, as the kernel lays them out (Linux,
/// TPACKET_V3: `struct tpacket_block_desc` and `struct tpacket3_hdr` of `linux/if_packet.h`).
///
///     block   8 status   12 frames   16 offset of the first frame's header
///     frame   0 offset of the next   4 seconds   8 nanoseconds   12 captured length   16 length
///             20 status   24 offset of the frame   32 VLAN TCI   36 VLAN TPID
///
/// Nothing is copied. A VLAN tag that the kernel took off is put back where it was: the ring keeps
/// four octets free before each frame, into which its two addresses move. The frame's header then
/// says so, and a block that was read can be read again.
public struct RingBlockReader: Sendable {
  /// Octets that the ring must keep free before each frame.
  public static let reservedOctets: UInt32 = 4

  public private(set) var statistics = FrameStatistics()
  private let numbering: RingNumbering
  /// More is not kept of a frame.
  private let snapLength: UInt32
  /// Whether the interface has Ethernet frames, which alone have tags.
  private let isEthernet: Bool

  public init(
    linkType: LinkType, snapLength: UInt32, numbering: RingNumbering = RingNumbering()
  ) {
    self.numbering = numbering
    isEthernet = linkType == .ethernet
    self.snapLength = snapLength
  }

  /// Reads at most `frameLimit` frames of a block, the first ones.
  @inline(__always)
  mutating func readFrames(
    _ block: UnsafeMutableRawBufferPointer, frameLimit: Int,
    into consumer: inout some FrameConsumer & ~Copyable
  ) {
    guard let base = block.baseAddress, block.count >= Self.blockHeaderOctets else { return }
    var statistics = self.statistics
    var header = Int(base.load(fromByteOffset: 16, as: UInt32.self))
    var left = min(Int(base.load(fromByteOffset: 12, as: UInt32.self)), frameLimit)
    consumer.expectFrames(ofInterface: 0)
    let isMixed = consumer.isMixed
    var hints = Lookahead.Hints()
    var lookahead = Lookahead(
      from: base + min(header, block.count), to: base + block.count, after: statistics.packets,
      headerOctets: Self.largestFrameOffset, isMixed: isMixed, hints: &hints, for: &consumer,
      layout: Self.layout)
    while left > 0, header <= block.count - Self.frameHeaderOctets {
      let record = base + header
      let position = header + Int(record.load(fromByteOffset: 24, as: UInt16.self))
      var captured = record.load(fromByteOffset: 12, as: UInt32.self)
      var original = record.load(fromByteOffset: 16, as: UInt32.self)
      // The kernel keeps within its block; who reads it must not depend on that.
      guard position + Int(captured) <= block.count else { break }
      var octets = base + position
      if record.load(fromByteOffset: 20, as: UInt32.self) & Self.tagWasTaken != 0, isEthernet,
        captured >= 12
      {
        captured = min(captured &+ 4, snapLength)
        original &+= 4
        octets = Self.restoreTag(
          of: record, before: octets, capturedLength: captured, originalLength: original)
      }
      let time = Timestamp(
        nanosecondsSinceEpoch: Int64(record.load(fromByteOffset: 4, as: UInt32.self))
          &* 1_000_000_000 &+ Int64(record.load(fromByteOffset: 8, as: UInt32.self)))
      statistics.packets &+= 1
      statistics.count(originalLength: original, capturedLength: captured, time: time)
      let frame = CapturedFrame(
        octets: octets, capturedLength: captured, originalLength: original, time: time,
        number: numbering.number(ofFrame: statistics.packets), interface: 0)
      if position + ShortPath.leastLengthAhead <= block.count {
        consumer.take(frame, hint: hints.of(statistics.packets), isMixed: isMixed)
      } else {
        consumer.take(frame)
      }
      lookahead.step(
        after: statistics.packets, isMixed: isMixed, hints: &hints, for: &consumer,
        layout: Self.layout)
      header += Int(record.load(as: UInt32.self))
      left -= 1
    }
    self.statistics = statistics
  }

  /// Adds a whole frame that lies elsewhere than in a block, counted and numbered like those of blocks.
  public mutating func append(
    _ frame: UnsafeRawBufferPointer, time: Timestamp, to batch: inout FrameBatch
  ) {
    guard let base = frame.baseAddress else { return }
    let captured = min(UInt32(clamping: frame.count), snapLength)
    statistics.packets &+= 1
    statistics.count(
      originalLength: UInt32(clamping: frame.count), capturedLength: captured, time: time)
    batch.append(
      CapturedFrame(
        octets: base, capturedLength: captured, originalLength: UInt32(clamping: frame.count),
        time: time, number: numbering.number(ofFrame: statistics.packets), interface: 0))
  }

  @inline(__always)
  private static func layout(of record: UnsafeRawPointer) -> (frame: Int?, next: Int) {
    let offset = Int(record.load(fromByteOffset: 24, as: UInt16.self))
    return (
      frame: offset <= largestFrameOffset ? offset : nil, next: Int(record.load(as: UInt32.self))
    )
  }

  /// How many frames the kernel says that a block has.
  public static func frameCount(of block: UnsafeMutableRawBufferPointer) -> Int {
    guard let base = block.baseAddress, block.count >= blockHeaderOctets else { return 0 }
    return Int(base.load(fromByteOffset: 12, as: UInt32.self))
  }

  private static let blockHeaderOctets = 48
  private static let frameHeaderOctets = 48
  /// A frame lies no further from its header, if all is as usual.
  private static let largestFrameOffset = 128
  /// `TP_STATUS_VLAN_VALID`
  private static let tagWasTaken: UInt32 = 1 << 4
  /// `TP_STATUS_VLAN_TPID_VALID`: kernels before 3.14 did not say which tag it was.
  private static let tagIsNamed: UInt32 = 1 << 6

  /// Returns where the frame begins now.
  @inline(never)
  private static func restoreTag(
    of record: UnsafeMutableRawPointer, before frame: UnsafeMutableRawPointer,
    capturedLength: UInt32, originalLength: UInt32
  ) -> UnsafeMutableRawPointer {
    let start = frame - 4
    start.copyMemory(from: frame, byteCount: 12)
    let status = record.load(fromByteOffset: 20, as: UInt32.self)
    let isNamed = status & tagIsNamed != 0
    let type = isNamed ? record.load(fromByteOffset: 36, as: UInt16.self) : 0x8100
    let information = UInt16(truncatingIfNeeded: record.load(fromByteOffset: 32, as: UInt32.self))
    start.storeBytes(of: type.bigEndian, toByteOffset: 12, as: UInt16.self)
    start.storeBytes(of: information.bigEndian, toByteOffset: 14, as: UInt16.self)
    record.storeBytes(of: capturedLength, toByteOffset: 12, as: UInt32.self)
    record.storeBytes(of: originalLength, toByteOffset: 16, as: UInt32.self)
    record.storeBytes(of: status & ~tagWasTaken, toByteOffset: 20, as: UInt32.self)
    record.storeBytes(
      of: UInt16(truncatingIfNeeded: start - record), toByteOffset: 24, as: UInt16.self)
    return start
  }
}

/// How the frames of one of several rings are numbered: no two rings have the same number.
public struct RingNumbering: Sendable {
  private let first: UInt64
  private let step: UInt64

  public init(first: UInt64 = 1, step: UInt64 = 1) { (self.first, self.step) = (first, step) }

  /// - Parameter count: counts from 1 within the ring.
  @inline(__always)
  func number(ofFrame count: UInt64) -> UInt64 { first &+ (count &- 1) &* step }
}
