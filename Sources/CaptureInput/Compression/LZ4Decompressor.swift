import CLZ4

/// The LZ4 frame format, any number of frames, skippable ones too.
final class LZ4Decompressor: Decompressor {
  let name = "LZ4"
  private(set) var isBetweenFrames = false
  private var context: OpaquePointer?
  /// How many octets the next step needs. It is given no more: an error takes all with it that was
  /// made in the same call, and so only the block that is damaged.
  private var wantedOctets = beginningOctets
  /// The last call had no room left.
  private var mayHaveMore = false

  /// The smallest frame header.
  private static let beginningOctets = 7

  init() { LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION)) }

  deinit { LZ4F_freeDecompressionContext(context) }

  func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamFailure) -> (consumed: Int, produced: Int) {
    guard context != nil else { throw StreamFailure(reason: "not enough memory") }
    // Without input it would begin a frame that is not there.
    if isBetweenFrames, input.isEmpty { return (0, 0) }
    if mayHaveMore {
      mayHaveMore = false
      let rest = try decompress(UnsafeRawBufferPointer(start: nil, count: 0), into: output)
      if rest.produced > 0 { return rest }
    }
    var (consumed, produced) = (min(input.count, wantedOctets), output.count)
    let result = LZ4F_decompress(
      context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    if LZ4F_isError(result) != 0 {
      throw StreamFailure(
        reason: "the LZ4 data is damaged: \(String(cString: LZ4F_getErrorName(result)))")
    }
    isBetweenFrames = result == 0
    wantedOctets = isBetweenFrames ? Self.beginningOctets : result
    mayHaveMore = produced == output.count
    return (consumed, produced)
  }
}
