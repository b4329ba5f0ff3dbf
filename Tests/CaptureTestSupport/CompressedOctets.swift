import CLZ4
import CZlib
import CZstd

/// Compresses with the libraries, as the tests of decompression need it.
public enum CompressedOctets {
  public static func gzip(_ octets: [UInt8]) -> [UInt8] {
    let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    defer { state.deallocate() }
    state.initialize(to: z_stream())
    guard
      deflateInit2_(
        state, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return [] }
    defer { deflateEnd(state) }
    var input = octets
    let room = Int(deflateBound(state, UInt(octets.count))) + 64
    return input.withUnsafeMutableBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: room) { output, count in
        state.pointee.next_in = input.baseAddress
        state.pointee.avail_in = UInt32(input.count)
        state.pointee.next_out = output.baseAddress
        state.pointee.avail_out = UInt32(room)
        deflate(state, Z_FINISH)
        count = room - Int(state.pointee.avail_out)
      }
    }
  }

  public static func zstandard(_ octets: [UInt8]) -> [UInt8] {
    let room = ZSTD_compressBound(octets.count)
    return [UInt8](unsafeUninitializedCapacity: room) { output, count in
      count = ZSTD_compress(output.baseAddress, room, octets, octets.count, 3)
    }
  }

  public static func lz4(_ octets: [UInt8]) -> [UInt8] {
    let room = LZ4F_compressFrameBound(octets.count, nil)
    return [UInt8](unsafeUninitializedCapacity: room) { output, count in
      count = LZ4F_compressFrame(output.baseAddress, room, octets, octets.count, nil)
    }
  }

  /// A skippable frame of Zstandard and LZ4.
  public static func skippable(_ length: Int) -> [UInt8] {
    [0x53, 0x2A, 0x4D, 0x18] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
      + [UInt8](repeating: 0xAB, count: length)
  }
}
