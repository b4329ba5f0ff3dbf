import CZstd

/// Zstandard (RFC 8878), any number of frames, skippable ones too.
final class ZstandardDecompressor: Decompressor {
  let name = "Zstandard"
  private(set) var isBetweenFrames = false
  private let context: OpaquePointer?
  /// How many octets the next step needs. It is given no more: an error takes all with it that was
  /// made in the same call, and so only the block that is damaged.
  private var wantedOctets = beginningOctets
  /// The last call had no room left.
  private var mayHaveMore = false

  /// The smallest frame header.
  private static let beginningOctets = 5

  init() { context = ZSTD_createDCtx() }

  deinit { ZSTD_freeDCtx(context) }

  func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamFailure) -> (consumed: Int, produced: Int) {
    // Without input it would begin a frame that is not there.
    if isBetweenFrames, input.isEmpty { return (0, 0) }
    if mayHaveMore {
      mayHaveMore = false
      let rest = try decompress(UnsafeRawBufferPointer(start: nil, count: 0), into: output)
      if rest.produced > 0 { return rest }
    }
    var source = ZSTD_inBuffer(
      src: input.baseAddress, size: min(input.count, wantedOctets), pos: 0)
    var destination = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = ZSTD_decompressStream(context, &destination, &source)
    if ZSTD_isError(result) != 0 {
      throw StreamFailure(
        reason: "the Zstandard data is damaged: \(String(cString: ZSTD_getErrorName(result)))")
    }
    isBetweenFrames = result == 0
    wantedOctets = isBetweenFrames ? Self.beginningOctets : result
    mayHaveMore = destination.pos == destination.size
    return (source.pos, destination.pos)
  }
}
