internal import CPacketSupport

/// A growing array of plain records for the per-packet path.
///
/// One of the few files with unsafe pointers: an element is reached by one addition, without the
/// uniqueness and exclusivity checks of `Array` (`docs/performance.md`), and the memory is zeroed
/// large pages, which cost nothing until they are touched. Every index of what is read or written is
/// checked.
struct RecordArray<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private var capacity: Int
  private(set) var count = 0
  /// Of all elements.
  private var lengthOctets: UInt64 = 0

  init(minimumCapacity: Int = 64) {
    capacity = max(minimumCapacity, 1)
    base = Self.allocate(capacity)
  }

  /// The same elements in memory of their own.
  init(copying other: borrowing RecordArray) {
    capacity = other.capacity
    count = other.count
    lengthOctets = other.lengthOctets
    base = Self.allocate(capacity)
    base.update(from: other.base, count: count)
  }

  deinit { Self.free(base, capacity) }

  @inline(__always)
  subscript(_ index: Int) -> Element {
    @inline(__always) _read {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "record out of range")
      yield base[index]
    }
    @inline(__always) _modify {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "record out of range")
      yield &base[index]
    }
  }

  /// Adds `element` and returns its index.
  @inline(__always)
  mutating func append(_ element: Element) -> Int {
    if count == capacity { grow() }
    base[count] = element
    count += 1
    lengthOctets += UInt64(MemoryLayout<Element>.stride)
    return count - 1
  }

  mutating func removeAll() { (count, lengthOctets) = (0, 0) }

  /// Where an element is, until the array grows.
  @inline(__always)
  func pointer(at index: Int) -> UnsafeMutablePointer<Element> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "record out of range")
    return base + index
  }

  /// The same of an index that cannot be another: of a hash, say, in the bits of the last index.
  @inline(__always)
  func pointer(within index: Int) -> UnsafeMutablePointer<Element> {
    assert(UInt(bitPattern: index) < UInt(bitPattern: count), "record out of range")
    return base + index
  }

  /// Where an element would be, whatever the index: to ask for it, not to look at it.
  @inline(__always)
  func address(at index: Int) -> UnsafeRawPointer { UnsafeRawPointer(base + index) }

  /// The element that begins so many octets behind the first; `nil` where none does.
  @inline(__always)
  func pointer(offsetOctets: UInt64) -> UnsafeMutablePointer<Element>? {
    guard offsetOctets < lengthOctets else { return nil }
    assert(offsetOctets % UInt64(MemoryLayout<Element>.stride) == 0, "inside a record")
    return (UnsafeMutableRawPointer(base) + Int(truncatingIfNeeded: offsetOctets))
      .assumingMemoryBound(to: Element.self)
  }

  /// Asks for what is so many octets behind the beginning, whatever it is.
  @inline(__always)
  func prefetch(offsetOctets: UInt64) {
    gapscope_prefetch_write(UnsafeRawPointer(base) + Int(truncatingIfNeeded: offsetOctets))
  }

  /// Asks for an element that will soon be needed; of a long one, for its beginning. The index may be any.
  @inline(__always)
  func prefetch(_ index: Int) {
    gapscope_prefetch_write(address(at: index))
    // Or it may begin within a line.
    if MemoryLayout<Element>.stride % 64 != 0 {
      gapscope_prefetch_write(address(at: index) + 63)
    }
  }

  /// Asks for the whole of an element that will soon be needed.
  func prefetchAll(_ index: Int) {
    let start = address(at: index)
    for offset in stride(from: 0, to: MemoryLayout<Element>.stride, by: 64) {
      gapscope_prefetch_write(start + offset)
    }
  }

  /// Adds `element` so many times.
  mutating func append(count more: Int, of element: Element) {
    for _ in 0..<more { _ = append(element) }
  }

  /// The pages of a long array move, not what is in them.
  @inline(never)
  private mutating func grow() {
    let stride = MemoryLayout<Element>.stride
    guard let pages = gapscope_pages_grow(base, capacity * stride, capacity * 2 * stride) else {
      gapscope_end_without_memory(capacity * 2 * stride)
    }
    base = pages.bindMemory(to: Element.self, capacity: capacity * 2)
    capacity *= 2
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    guard let pages = gapscope_pages_allocate(capacity * MemoryLayout<Element>.stride) else {
      gapscope_end_without_memory(capacity * MemoryLayout<Element>.stride)
    }
    return pages.bindMemory(to: Element.self, capacity: capacity)
  }

  private static func free(_ base: UnsafeMutablePointer<Element>, _ capacity: Int) {
    gapscope_pages_free(base, capacity * MemoryLayout<Element>.stride)
  }
}

// It has its memory for itself, like an array that is never copied.
extension RecordArray: @unchecked Sendable where Element: Sendable {}
