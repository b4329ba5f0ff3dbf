/// The options of a pcapng block (draft-ietf-opsawg-pcapng, 3.5), in their order.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      Option Code              |         Option Length         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     /                       Option Value                            /
///     /              variable length, padded to 32 bits               /
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// An option that does not fit ends the list: what it belongs to can be read without it.
struct PcapngOptions: Sequence, IteratorProtocol {
  struct Option {
    var code: UInt16
    var length: Int
    /// The first octet of the value, from the start of the block.
    var offset: Int
  }

  private let block: RecordOctets
  private var position: Int
  private let end: Int

  /// The options in the octets from `start` up to `end` of `block`.
  init(of block: RecordOctets, from start: Int, to end: Int) {
    self.block = block
    position = start
    self.end = end
  }

  mutating func next() -> Option? {
    guard end - position >= 4 else { return nil }
    let code = block.uint16(at: position)
    let option = Option(
      code: code, length: Int(block.uint16(at: position + 2)), offset: position + 4)
    guard code != 0, end - option.offset >= option.length else {  // 0: opt_endofopt
      position = end
      return nil
    }
    position = option.offset + paddedTo32Bits(option.length)
    return option
  }
}

/// The octets that `length` octets take with their padding.
@inline(__always)
func paddedTo32Bits(_ length: Int) -> Int { (length &+ 3) & ~3 }
