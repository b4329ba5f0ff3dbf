/// A piece of the capture that is being put together, in memory that is used again and again.
struct OctetBuffer {
  private var storage: [UInt8]
  /// Octets written so far.
  private(set) var count = 0

  init(capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

  var capacity: Int { storage.count }
  var contents: ArraySlice<UInt8> { storage[0..<count] }
  mutating func removeAll() { count = 0 }

  /// Takes back what was written past `length`.
  mutating func truncate(to length: Int) { count = min(count, length) }

  @inline(__always)
  mutating func append(_ octets: [UInt8], from offset: Int, count length: Int) {
    let end = count
    var span = storage.mutableSpan
    for index in 0..<length { span[end + index] = octets[offset + index] }
    count += length
  }

  @inline(__always)
  mutating func appendZeros(_ length: Int) {
    let end = count
    var span = storage.mutableSpan
    for index in 0..<length { span[end + index] = 0 }
    count += length
  }

  /// In network order.
  @inline(__always)
  mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    store(value, at: count)
    count += MemoryLayout<T>.size
  }

  /// The least significant octet first, as our captures' own headers are written.
  @inline(__always)
  mutating func appendLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    storeLittleEndian(value, at: count)
    count += MemoryLayout<T>.size
  }

  /// In network order, over what is there.
  @inline(__always)
  mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    var span = storage.mutableSpan
    var bytes = span.mutableBytes
    bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
  }

  @inline(__always)
  mutating func storeLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T, at offset: Int
  ) {
    var span = storage.mutableSpan
    var bytes = span.mutableBytes
    bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }
}
