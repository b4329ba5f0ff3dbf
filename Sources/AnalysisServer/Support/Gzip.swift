internal import CZlib

/// Octets as a gzip member (RFC 1952). One of the few files with unsafe pointers: zlib takes no others.
enum Gzip {
  /// `nil` where zlib finds no memory.
  static func compressed(_ octets: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    // 15: the largest window; 16 more: as gzip. Level 4 is quick, and answers are much alike.
    guard
      deflateInit2_(
        &stream, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    guard let count = UInt32(exactly: octets.count) else { return nil }
    let bound = Int(deflateBound(&stream, UInt(octets.count)))
    guard let room = UInt32(exactly: bound) else { return nil }
    return octets.withUnsafeBufferPointer { source in
      let output = [UInt8](unsafeUninitializedCapacity: bound) { target, written in
        // zlib does not write here; its interface is older than const.
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.avail_in = count
        stream.next_out = target.baseAddress
        stream.avail_out = room
        written = deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
      }
      return output.isEmpty ? nil : output
    }
  }
}
