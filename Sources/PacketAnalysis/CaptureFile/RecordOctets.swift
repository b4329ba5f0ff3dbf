/// Octets of a capture file in the byte order of the machine that wrote them.
///
/// The one place where the readers touch memory. Reads are not checked here: a reader checks once
/// that the whole record is there, and then reads inside it.
struct RecordOctets {
  let start: UnsafeRawPointer
  /// The file was written in the byte order that is not ours.
  let isSwapped: Bool

  @inline(__always)
  init(_ start: UnsafeRawPointer, isSwapped: Bool) {
    self.start = start
    self.isSwapped = isSwapped
  }

  @inline(__always)
  func uint8(at offset: Int) -> UInt8 { start.load(fromByteOffset: offset, as: UInt8.self) }

  @inline(__always)
  func uint16(at offset: Int) -> UInt16 {
    let value = start.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return isSwapped ? value.byteSwapped : value
  }

  @inline(__always)
  func uint32(at offset: Int) -> UInt32 {
    let value = start.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return isSwapped ? value.byteSwapped : value
  }

  @inline(__always)
  func uint64(at offset: Int) -> UInt64 {
    let value = start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    return isSwapped ? value.byteSwapped : value
  }

  /// A string of `length` octets; what is not UTF-8 is replaced.
  func string(at offset: Int, length: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start + offset, count: length), as: UTF8.self)
  }
}
