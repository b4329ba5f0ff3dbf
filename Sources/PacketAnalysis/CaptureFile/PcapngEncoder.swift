/// Lays out the blocks of a pcapng file (draft-ietf-opsawg-pcapng) that `PcapngReader` reads, one
/// after the other, for whoever writes them. Times are in nanoseconds.
///
/// Pieces of several encoders can follow one another: no block depends on the one before.
public struct PcapngEncoder: Sendable {
  public private(set) var octets: [UInt8]
  /// Of the packet blocks in `octets`.
  public private(set) var frameCount: UInt64 = 0
  /// Their earliest and latest times.
  public private(set) var times: ClosedRange<Timestamp>?
  /// The one that frames are of.
  private var interface: UInt32 = 0

  /// - Parameter buffer: its memory is used again.
  public init(reusing buffer: consuming [UInt8] = []) {
    octets = buffer
    octets.removeAll(keepingCapacity: true)
  }

  // MARK: Frames

  /// Adds at most `frameLimit` frames of a block of a packet ring.
  public mutating func append(
    _ block: UnsafeMutableRawBufferPointer, frameLimit: Int, reader: inout RingBlockReader,
    interface: Int
  ) {
    self.interface = UInt32(truncatingIfNeeded: interface)
    reader.readFrames(block, frameLimit: frameLimit, into: &self)
  }

  /// Adds the frames of a batch.
  public mutating func append(_ batch: borrowing FrameBatch, interface: Int) {
    self.interface = UInt32(truncatingIfNeeded: interface)
    for index in 0..<batch.count { take(batch[index]) }
  }

  // MARK: Sections and interfaces

  /// Begins a section (4.1).
  ///
  /// - Parameter application: what wrote it.
  public mutating func beginSection(application: String) {
    let start = beginBlock(PcapngBlock.sectionHeader)
    append(0x1A2B_3C4D as UInt32)
    append(1 as UInt16)
    append(0 as UInt16)
    append(UInt64.max)  // The length of the section is not said.
    appendOption(4, Array(application.utf8))  // shb_userappl
    endBlock(start)
  }

  /// Adds an interface to the section, which numbers them from 0 on (4.2).
  ///
  /// - Parameter filter: in the language of pcap-filter(7).
  public mutating func addInterface(_ interface: CaptureInterface, filter: String?) {
    let start = beginBlock(PcapngBlock.interfaceDescription)
    append(interface.linkType.rawValue)
    append(0 as UInt16)
    append(interface.snapLength)
    if let name = interface.name { appendOption(2, Array(name.utf8)) }  // if_name
    appendOption(9, [9])  // if_tsresol: 10^-9 s
    if let filter { appendOption(11, [0] + Array(filter.utf8)) }  // if_filter: as text
    endBlock(start)
  }

  /// What became of the frames of an interface since `start` (4.6).
  public struct Statistics: Sendable {
    public var interface: Int
    public var start: Timestamp
    /// By then.
    public var end: Timestamp
    /// That passed the filter.
    public var received: UInt64
    /// Of these, that are not in the file.
    public var dropped: UInt64
    /// What else there is to say.
    public var comment: BlindComment?

    public init(
      interface: Int, start: Timestamp, end: Timestamp, received: UInt64, dropped: UInt64
    ) {
      (self.interface, self.start, self.end) = (interface, start, end)
      (self.received, self.dropped) = (received, dropped)
    }
  }

  public mutating func append(_ statistics: Statistics) {
    let start = beginBlock(PcapngBlock.interfaceStatistics)
    append(UInt32(truncatingIfNeeded: statistics.interface))
    append(Self.halves(statistics.end))
    // opt_comment
    if let comment = statistics.comment { appendOption(1, Array(comment.text.utf8)) }
    appendOption(2, Self.halves(statistics.start))  // isb_starttime
    appendOption(3, Self.halves(statistics.end))  // isb_endtime
    appendOption(6, Self.octets(statistics.received))  // isb_filteraccept
    appendOption(7, Self.octets(statistics.dropped))  // isb_osdrop
    endBlock(start)
  }

  // MARK: Octets

  private mutating func beginBlock(_ type: UInt32) -> Int {
    let start = octets.count
    append(type)
    append(0 as UInt32)
    return start
  }

  /// Ends the options, and fills in both lengths.
  private mutating func endBlock(_ start: Int) {
    append(0 as UInt32)  // opt_endofopt
    let length = Self.octets(UInt32(truncatingIfNeeded: octets.count + 4 - start))
    octets.replaceSubrange(start + 4..<start + 8, with: length)
    append(length)
  }

  private mutating func appendOption(_ code: UInt16, _ value: [UInt8]) {
    let value = value.prefix(Int(UInt16.max))
    append(code)
    append(UInt16(truncatingIfNeeded: value.count))
    octets.append(contentsOf: value)
    pad(value.count)
  }

  private mutating func pad(_ length: Int) {
    octets.append(contentsOf: repeatElement(0, count: paddedTo32Bits(length) - length))
  }

  private mutating func append(_ octets: [UInt8]) { self.octets.append(contentsOf: octets) }

  private mutating func append(_ value: some FixedWidthInteger) { append(Self.octets(value)) }

  /// In the byte order of this machine, which the section header tells.
  private static func octets(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0) }
  }

  /// The high half of a time, then the low.
  private static func halves(_ time: Timestamp) -> [UInt8] {
    let ticks = UInt64(bitPattern: time.nanosecondsSinceEpoch)
    return octets(UInt32(truncatingIfNeeded: ticks >> 32))
      + octets(UInt32(truncatingIfNeeded: ticks))
  }
}

extension PcapngEncoder: FrameConsumer {
  /// Adds an Enhanced Packet Block (4.3).
  @inline(__always)
  mutating func take(_ frame: CapturedFrame) {
    let captured = Int(frame.capturedLength)
    let length = UInt32(truncatingIfNeeded: 32 &+ paddedTo32Bits(captured))
    let ticks = UInt64(bitPattern: frame.time.nanosecondsSinceEpoch)
    let header = (
      PcapngBlock.enhancedPacket, length, interface, UInt32(truncatingIfNeeded: ticks >> 32),
      UInt32(truncatingIfNeeded: ticks), frame.capturedLength, frame.originalLength
    )
    withUnsafeBytes(of: header) { octets.append(contentsOf: $0) }
    octets.append(contentsOf: UnsafeRawBufferPointer(start: frame.octets, count: captured))
    pad(captured)
    withUnsafeBytes(of: length) { octets.append(contentsOf: $0) }
    frameCount &+= 1
    let time = frame.time...frame.time
    times = times?.spanning(time) ?? time
  }
}
