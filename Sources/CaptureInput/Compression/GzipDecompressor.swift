import CZlib

/// gzip (RFC 1952), any number of members.
final class GzipDecompressor: Decompressor {
  let name = "gzip"
  private(set) var isBetweenFrames = false
  /// In memory of its own: zlib keeps its address.
  private let state: UnsafeMutablePointer<z_stream>
  private let beginning: Int32

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    // 16: gzip rather than zlib, 15: the largest window.
    beginning = inflateInit2_(
      state, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    if beginning == Z_OK { inflateEnd(state) }
    state.deallocate()
  }

  func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamFailure) -> (consumed: Int, produced: Int) {
    guard beginning == Z_OK else { throw failure(beginning) }
    var padding = 0
    if isBetweenFrames {
      // Tapes and disks fill their last block with zeros.
      padding = input.prefix { $0 == 0 }.count
      guard padding < input.count else { return (padding, 0) }
      guard inflateReset(state) == Z_OK else { throw failure(Z_STREAM_ERROR) }
      isBetweenFrames = false
    }
    let rest = input[padding...]
    guard let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress else { return (0, 0) }
    state.pointee.next_in = UnsafeMutablePointer(
      mutating: start.assumingMemoryBound(to: UInt8.self))
    state.pointee.avail_in = UInt32(clamping: rest.count)
    state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    state.pointee.avail_out = UInt32(clamping: output.count)
    let (given, room) = (state.pointee.avail_in, state.pointee.avail_out)

    let result = inflate(state, Z_NO_FLUSH)
    switch result {
    case Z_OK, Z_BUF_ERROR: break  // The latter: nothing could be done.
    case Z_STREAM_END: isBetweenFrames = true
    default:
      // What was made before the damage is good.
      guard room > state.pointee.avail_out else { throw failure(result) }
    }
    return (
      padding + Int(given - state.pointee.avail_in), Int(room - state.pointee.avail_out)
    )
  }

  private func failure(_ result: Int32) -> StreamFailure {
    let message = state.pointee.msg.map { String(cString: $0) } ?? "error \(result)"
    return StreamFailure(reason: "the gzip data is damaged: \(message)")
  }
}
