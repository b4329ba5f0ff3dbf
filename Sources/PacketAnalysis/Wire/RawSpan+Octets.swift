/// The only file of the decoders that reads memory. Every read is bounds-checked; the views check
/// their length once, so that in a correct decoder no check below ever fires.
extension RawSpan {
  /// Throws unless at least `count` octets are there for `layer`.
  @inline(__always)
  func require(_ count: Int, for layer: Layer) throws(DecodeError) {
    guard byteCount >= count else { throw DecodeError(.doesNotFit, in: layer) }
  }

  @inline(__always)
  func octet(at offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// The big-endian (network order) integer at `offset`, wherever that falls in memory.
  @inline(__always)
  func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type) -> T {
    // Bounds-checked; "unsafe" only because any bit pattern becomes a `T`, which integers allow.
    unsafe T(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
  }

  @inline(__always)
  func macAddress(at offset: Int) -> MACAddress {
    let high = UInt64(bigEndian(at: offset, as: UInt32.self))
    return MACAddress(rawValue: high << 16 | UInt64(bigEndian(at: offset + 4, as: UInt16.self)))
  }

  @inline(__always)
  func ipv4Address(at offset: Int) -> IPAddress {
    IPAddress(ipv4: bigEndian(at: offset, as: UInt32.self))
  }

  @inline(__always)
  func ipv6Address(at offset: Int) -> IPAddress {
    let high = UInt128(bigEndian(at: offset, as: UInt64.self))
    return IPAddress(ipv6: high << 64 | UInt128(bigEndian(at: offset + 8, as: UInt64.self)))
  }
}
