/// Where in the middle of a pcapng file a block with a frame seems to begin.
///
/// As for pcap (`RecordSearch`), what looks like several in a row mostly is, and whoever relies on it
/// reads up to there from the front.
struct BlockSearch {
  private let isSwapped: Bool
  /// Of the section.
  private let interfaceCount: Int

  /// - Parameter reader: knows the section and its interfaces.
  init(_ reader: PcapngReader) {
    isSwapped = reader.isSwapped
    interfaceCount = reader.interfaceCount - reader.firstInterface
  }

  /// So many plausible blocks in a row.
  private static let blockCount = 12

  /// The first place that looks like a block with a frame. Behind the `count` octets that are
  /// searched, `octets` has several blocks, or ends where the file does.
  func firstPacket(in octets: UnsafeRawBufferPointer, within count: Int) -> Int? {
    (0..<count).first { isPacket($0, in: octets) }
  }

  private func isPacket(_ start: Int, in octets: UnsafeRawBufferPointer) -> Bool {
    guard let base = octets.baseAddress else { return false }
    var position = start
    for _ in 0..<Self.blockCount where position < octets.count {
      let available = octets.count - position
      guard available >= Int(PcapngBlock.smallestOctets) else { return false }
      let block = RecordOctets(base + position, isSwapped: isSwapped)
      let length = block.uint32(at: 4)
      guard
        hasFrame(block, length: length, available: available)
          || position > start && hasStatistics(block, length: length, available: available)
      else { return false }
      position += Int(length)
    }
    return true
  }

  private func hasFrame(_ block: RecordOctets, length: UInt32, available: Int) -> Bool {
    let type = block.uint32(at: 0)
    switch type {
    case PcapngBlock.enhancedPacket, PcapngBlock.packet:
      guard isWhole(block, type, length, available) else { return false }
      let number =
        type == PcapngBlock.packet ? UInt32(block.uint16(at: 8)) : block.uint32(at: 8)
      let captured = block.uint32(at: 20)
      return Int(number) < interfaceCount && captured <= length - 32
        && captured <= block.uint32(at: 24)
    case PcapngBlock.simplePacket: return isWhole(block, type, length, available)
    default: return false
    }
  }

  /// At the end of a file there may be nothing but these behind a few frames.
  private func hasStatistics(_ block: RecordOctets, length: UInt32, available: Int) -> Bool {
    let type = block.uint32(at: 0)
    return type == PcapngBlock.interfaceStatistics && isWhole(block, type, length, available)
      && Int(block.uint32(at: 8)) < interfaceCount
  }

  private func isWhole(
    _ block: RecordOctets, _ type: UInt32, _ length: UInt32, _ available: Int
  ) -> Bool {
    guard let smallest = PcapngBlock.smallestOctets(ofType: type) else { return false }
    return length >= smallest && length & 3 == 0 && Int(length) <= available
      && block.uint32(at: Int(length) - 4) == length
  }
}
