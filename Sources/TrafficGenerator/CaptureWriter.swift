import PacketAnalysis

/// Puts frames into the records of a capture file, in one large buffer.
///
/// pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng. Always least significant octet
/// first, so that the same seed gives the same file on any machine.
struct CaptureWriter {
  var buffer = OctetBuffer(capacity: Self.capacity)
  private let format: GeneratorOptions.Format
  private let snapLength: Int

  private static let capacity = 1 << 20
  /// More than the longest frame and its record take.
  private static let room = 16_384
  /// What tcpdump writes where it keeps everything.
  static let unlimitedSnapLength = 262_144

  init(options: GeneratorOptions) {
    format = options.format
    snapLength = options.snapLength ?? Self.unlimitedSnapLength
    switch format {
    case .pcap: writePcapHeader(magic: 0xA1B2_C3D4)
    case .pcapNanoseconds: writePcapHeader(magic: 0xA1B2_3C4D)
    case .pcapng: writePcapngHeaders()
    }
  }

  /// The time as the capture can say it.
  @inline(__always)
  func resolved(_ time: Int64) -> Int64 { format == .pcap ? time - time % 1_000 : time }

  var isFull: Bool { buffer.count > buffer.capacity - Self.room }

  mutating func flush(to sink: inout some OctetSink & ~Copyable) throws(GeneratorError) {
    try sink.write(buffer.contents)
    buffer.removeAll()
  }

  /// Room for the header of a record; what follows in the buffer is its frame.
  @inline(__always)
  mutating func beginRecord() -> Int {
    buffer.appendZeros(format == .pcapng ? 28 : 16)
    return buffer.count
  }

  /// Cuts the frame that begins at `start` and fills in the header before it.
  @inline(__always)
  mutating func endRecord(frameAt start: Int, length: Int, time: Int64) {
    let captured = min(length, snapLength)
    buffer.truncate(to: start + captured)
    let captured32 = UInt32(truncatingIfNeeded: captured)
    let length32 = UInt32(truncatingIfNeeded: length)
    switch format {
    case .pcapng:
      let padding = (4 - captured % 4) % 4
      buffer.appendZeros(padding)
      let block = UInt32(truncatingIfNeeded: 32 + captured + padding)
      let header = start - 28
      buffer.storeLittleEndian(6 as UInt32, at: header)  // Enhanced Packet Block
      buffer.storeLittleEndian(block, at: header + 4)
      let nanoseconds = UInt64(bitPattern: time)
      buffer.storeLittleEndian(UInt32(truncatingIfNeeded: nanoseconds >> 32), at: header + 12)
      buffer.storeLittleEndian(UInt32(truncatingIfNeeded: nanoseconds), at: header + 16)
      buffer.storeLittleEndian(captured32, at: header + 20)
      buffer.storeLittleEndian(length32, at: header + 24)
      buffer.appendLittleEndian(block)
    case .pcap, .pcapNanoseconds:
      let header = start - 16
      let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
      let fraction = format == .pcap ? rest / 1_000 : rest
      buffer.storeLittleEndian(UInt32(truncatingIfNeeded: seconds), at: header)
      buffer.storeLittleEndian(UInt32(truncatingIfNeeded: fraction), at: header + 4)
      buffer.storeLittleEndian(captured32, at: header + 8)
      buffer.storeLittleEndian(length32, at: header + 12)
    }
  }

  private mutating func writePcapHeader(magic: UInt32) {
    buffer.appendLittleEndian(magic)
    buffer.appendLittleEndian(2 as UInt16)
    buffer.appendLittleEndian(4 as UInt16)
    buffer.appendLittleEndian(0 as UInt64)
    buffer.appendLittleEndian(UInt32(truncatingIfNeeded: snapLength))
    buffer.appendLittleEndian(UInt32(LinkType.ethernet.rawValue))
  }

  private mutating func writePcapngHeaders() {
    buffer.appendLittleEndian(0x0A0D_0D0A as UInt32)  // Section Header Block
    buffer.appendLittleEndian(28 as UInt32)
    buffer.appendLittleEndian(0x1A2B_3C4D as UInt32)
    buffer.appendLittleEndian(1 as UInt16)
    buffer.appendLittleEndian(0 as UInt16)
    buffer.appendLittleEndian(UInt64.max)  // section length: not said
    buffer.appendLittleEndian(28 as UInt32)

    buffer.appendLittleEndian(1 as UInt32)  // Interface Description Block
    buffer.appendLittleEndian(32 as UInt32)
    buffer.appendLittleEndian(LinkType.ethernet.rawValue)
    buffer.appendLittleEndian(0 as UInt16)
    buffer.appendLittleEndian(UInt32(truncatingIfNeeded: snapLength))
    buffer.appendLittleEndian(9 as UInt16)  // if_tsresol, one octet: 10^-9 s
    buffer.appendLittleEndian(1 as UInt16)
    buffer.appendLittleEndian(9 as UInt32)
    buffer.appendLittleEndian(0 as UInt32)  // opt_endofopt
    buffer.appendLittleEndian(32 as UInt32)
  }
}
