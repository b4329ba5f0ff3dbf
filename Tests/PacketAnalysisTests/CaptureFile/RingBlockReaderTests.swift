import Testing

@testable import PacketAnalysis

/// Blocks as the kernel lays them out, made by hand.
@Suite("Blocks of a packet ring")
struct RingBlockReaderTests {
  private struct Frame {
    var octets: [UInt8]
    var length: UInt32?
    var time: (seconds: UInt32, nanoseconds: UInt32) = (1_700_000_000, 5)
    var tag: (type: UInt16?, information: UInt16)?
  }

  /// What a reader finds, with the octets copied.
  private struct Found: Equatable {
    var octets: [UInt8]
    var length: UInt32
    var time: Int64
    var number: UInt64
  }

  private func read(
    _ frames: [Frame], linkType: LinkType = .ethernet, snapLength: UInt32 = 262_144,
    blockOctets: Int = 4_096, frameLimit: Int = .max,
    change: (UnsafeMutableRawBufferPointer) -> Void = { _ in }
  ) -> (frames: [Found], statistics: FrameStatistics) {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockOctets, alignment: 16)
    defer { block.deallocate() }
    block.initializeMemory(as: UInt8.self, repeating: 0xEE)
    block.storeBytes(of: UInt32(frames.count), toByteOffset: 12, as: UInt32.self)
    block.storeBytes(of: 48, toByteOffset: 16, as: UInt32.self)
    var header = 48
    for frame in frames {
      let offset = 86
      let next = (offset + frame.octets.count + 15) / 16 * 16
      block.storeBytes(of: UInt32(next), toByteOffset: header, as: UInt32.self)
      block.storeBytes(of: frame.time.seconds, toByteOffset: header + 4, as: UInt32.self)
      block.storeBytes(of: frame.time.nanoseconds, toByteOffset: header + 8, as: UInt32.self)
      block.storeBytes(
        of: UInt32(frame.octets.count), toByteOffset: header + 12, as: UInt32.self)
      block.storeBytes(
        of: frame.length ?? UInt32(frame.octets.count), toByteOffset: header + 16,
        as: UInt32.self)
      var status: UInt32 = 1
      if let tag = frame.tag {
        status |= tag.type == nil ? 1 << 4 : 1 << 4 | 1 << 6
        block.storeBytes(
          of: UInt32(tag.information), toByteOffset: header + 32, as: UInt32.self)
        block.storeBytes(of: tag.type ?? 0, toByteOffset: header + 36, as: UInt16.self)
      }
      block.storeBytes(of: status, toByteOffset: header + 20, as: UInt32.self)
      block.storeBytes(of: UInt16(offset), toByteOffset: header + 24, as: UInt16.self)
      block[(header + offset)...].copyBytes(from: frame.octets)
      header += next
    }
    change(block)
    var reader = RingBlockReader(linkType: linkType, snapLength: snapLength)
    let found = found(block, &reader, frameLimit)
    // A block can be read again, with tags where they belong.
    var again = RingBlockReader(linkType: .raw, snapLength: .max)
    #expect(self.found(block, &again, frameLimit) == found)
    return (found, reader.statistics)
  }

  private func found(
    _ block: UnsafeMutableRawBufferPointer, _ reader: inout RingBlockReader, _ frameLimit: Int
  ) -> [Found] {
    var batch = FrameBatch()
    reader.readFrames(block, frameLimit: frameLimit, into: &batch)
    return (0..<batch.count).map { index in
      let frame = batch[index]
      return Found(
        octets: Array(
          UnsafeRawBufferPointer(start: frame.octets, count: Int(frame.capturedLength))),
        length: frame.originalLength, time: frame.time.nanosecondsSinceEpoch,
        number: frame.number)
    }
  }

  private let octets = (0..<60).map { UInt8($0) }

  @Test("frames with their times, lengths and numbers")
  func frames() {
    let (found, statistics) = read([
      Frame(octets: octets), Frame(octets: Array(octets[..<20]), length: 1_500, time: (2, 7)),
    ])
    #expect(
      found == [
        Found(octets: octets, length: 60, time: 1_700_000_000_000_000_005, number: 1),
        Found(octets: Array(octets[..<20]), length: 1_500, time: 2_000_000_007, number: 2),
      ])
    #expect(statistics.packets == 2)
    #expect(statistics.octets == 1_560)
    #expect(statistics.snappedFrames == 1)
  }

  @Test(
    "a tag that was taken off is put back in its place",
    arguments: [(0x8100, 0x8100), (0x88A8, 0x88A8), (nil, 0x8100)] as [(UInt16?, UInt16)])
  func tag(_ type: UInt16?, _ expected: UInt16) {
    let (found, statistics) = read([Frame(octets: octets, tag: (type, 0xA123))])
    let tag = [UInt8(expected >> 8), UInt8(expected & 0xFF), 0xA1, 0x23]
    #expect(found.map(\.octets) == [octets[..<12] + tag + octets[12...]])
    #expect(found.map(\.length) == [64])
    #expect(statistics.octets == 64)
  }

  @Test("with the tag no more is kept than the snap length")
  func snappedTag() {
    let (found, _) = read(
      [Frame(octets: octets, length: 900, tag: (0x8100, 5))], snapLength: 60)
    #expect(found.map(\.octets.count) == [60])
    #expect(found.map(\.length) == [904])
  }

  @Test("bare IP has no place for a tag")
  func rawTag() {
    let (found, _) = read([Frame(octets: octets, tag: (0x8100, 5))], linkType: .raw)
    #expect(found.map(\.octets) == [octets])
  }

  @Test("no more frames than were asked for")
  func limit() {
    let (found, statistics) = read(
      [Frame(octets: octets), Frame(octets: octets), Frame(octets: octets)], frameLimit: 2)
    #expect(found.count == 2)
    #expect(statistics.packets == 2)
  }

  @Test(
    "nothing is read beyond the block, whatever is in it",
    arguments: [(12, UInt32.max), (16, .max), (16, 4_090), (48, .max), (60, .max), (72, 0xFFFF)])
  func bounds(_ offset: Int, _ value: UInt32) {
    let (found, _) = read([Frame(octets: octets), Frame(octets: octets)]) { block in
      block.storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
      // So that a count that lies finds no frames.
      if offset == 12 { block.storeBytes(of: 0xFFFF_FFFF, toByteOffset: 48, as: UInt32.self) }
    }
    #expect(found.count <= 2)
  }
}
