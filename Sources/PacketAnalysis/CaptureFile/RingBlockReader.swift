/// Reads the frames of a packet ring, block by block, as the kernel lays them out (Linux,
/// TPACKET_V3: `struct tpacket_block_desc` and `struct tpacket3_hdr` of `linux/if_packet.h`).
///
///     block   8 status   12 frames   16 offset of the first frame's header
///     frame   0 offset of the next   4 seconds   8 nanoseconds   12 captured length   16 length
///             20 status   24 offset of the frame   32 VLAN TCI   36 VLAN TPID
///
/// Nothing is copied. A VLAN tag that the kernel took off is put back where it was: the ring keeps
/// four octets free before each frame, into which its two addresses move.
public struct RingBlockReader: Sendable {
  /// Octets that the ring must keep free before each frame.
  public static let reservedOctets: UInt32 = 4

  public private(set) var statistics = FrameStatistics()
  /// More is not kept of a frame.
  private let snapLength: UInt32
  /// Whether the interface has Ethernet frames, which alone have tags.
  private let isEthernet: Bool

  public init(linkType: LinkType, snapLength: UInt32) {
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
    var lookahead = Lookahead(from: base + min(header, block.count), to: base + block.count)
    for _ in 0..<Lookahead.frames { Self.look(&lookahead, into: consumer) }
    while left > 0, header <= block.count - Self.frameHeaderOctets {
      Self.look(&lookahead, into: consumer)
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
        octets = Self.restoreTag(of: record, before: octets)
        captured = min(captured &+ 4, snapLength)
        original &+= 4
      }
      let time = Timestamp(
        nanosecondsSinceEpoch: Int64(record.load(fromByteOffset: 4, as: UInt32.self))
          &* 1_000_000_000 &+ Int64(record.load(fromByteOffset: 8, as: UInt32.self)))
      statistics.packets &+= 1
      statistics.count(originalLength: original, capturedLength: captured, time: time)
      consumer.take(
        CapturedFrame(
          octets: octets, capturedLength: captured, originalLength: original, time: time,
          number: statistics.packets, interface: 0))
      header += Int(record.load(as: UInt32.self))
      left -= 1
    }
    self.statistics = statistics
  }

  @inline(__always)
  private static func look(
    _ lookahead: inout Lookahead, into consumer: borrowing some FrameConsumer & ~Copyable
  ) {
    // A frame lies further from its header than this by the room that is kept for a tag.
    lookahead.step(headerOctets: largestFrameOffset, into: consumer) { record in
      let offset = Int(record.load(fromByteOffset: 24, as: UInt16.self))
      return (
        frame: offset <= largestFrameOffset ? offset : nil, next: Int(record.load(as: UInt32.self))
      )
    }
  }

  /// How many frames the kernel says that a block has.
  public static func frameCount(of block: UnsafeMutableRawBufferPointer) -> Int {
    guard let base = block.baseAddress, block.count >= blockHeaderOctets else { return 0 }
    return Int(base.load(fromByteOffset: 12, as: UInt32.self))
  }

  private static let blockHeaderOctets = 48
  private static let frameHeaderOctets = 48
  /// Where the kernel lays a frame, seen from its header, if all is as usual.
  private static let largestFrameOffset = 128
  /// `TP_STATUS_VLAN_VALID`
  private static let tagWasTaken: UInt32 = 1 << 4
  /// `TP_STATUS_VLAN_TPID_VALID`: kernels before 3.14 did not say which tag it was.
  private static let tagIsNamed: UInt32 = 1 << 6

  /// Returns where the frame begins now.
  @inline(never)
  private static func restoreTag(
    of record: UnsafeMutableRawPointer, before frame: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let start = frame - 4
    start.copyMemory(from: frame, byteCount: 12)
    let isNamed = record.load(fromByteOffset: 20, as: UInt32.self) & tagIsNamed != 0
    let type = isNamed ? record.load(fromByteOffset: 36, as: UInt16.self) : 0x8100
    let information = UInt16(truncatingIfNeeded: record.load(fromByteOffset: 32, as: UInt32.self))
    start.storeBytes(of: type.bigEndian, toByteOffset: 12, as: UInt16.self)
    start.storeBytes(of: information.bigEndian, toByteOffset: 14, as: UInt16.self)
    return start
  }
}
