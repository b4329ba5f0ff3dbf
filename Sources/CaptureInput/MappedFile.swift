import Glibc

/// A regular file as memory. What was read is unmapped, so that the process stays small.
///
/// The file must not be shortened while it is read: the operating system would end the process.
final class MappedFile: OctetSource {
  private let base: UnsafeMutableRawPointer
  private let length: Int
  private var position = 0
  /// The octets before were given back; a multiple of the page size.
  private var released = 0

  /// What was read is given back in pieces of this size.
  private static let releaseOctets = 16 << 20

  /// `nil` where the file cannot be mapped: it must be read instead. `descriptor` can be closed
  /// afterwards.
  init?(descriptor: Int32, length: Int) {
    guard length > 0,
      let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
    else { return nil }
    madvise(base, length, MADV_SEQUENTIAL)
    self.base = base
    self.length = length
  }

  deinit { munmap(base + released, length - released) }

  var window: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + position, count: length - position)
  }
  var isAtEnd: Bool { true }
  var failure: String? { nil }
  var storedOctetsRead: UInt64 { UInt64(position) }

  func prepare(octets: Int) {
    let done = position / Self.releaseOctets * Self.releaseOctets
    guard done > released else { return }
    munmap(base + released, done - released)
    released = done
  }

  func consume(_ octets: Int) { position += octets }
}
