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
  fileprivate static let releaseOctets = 16 << 20

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

  /// The window, for other threads too.
  var shared: MappedOctets { MappedOctets(file: self, octets: window, offset: position) }

  fileprivate func discard(_ range: Range<Int>) {
    madvise(base + range.lowerBound, range.count, MADV_DONTNEED)
  }
}

/// Octets of a mapped file that any thread may read: they do not change, and they stay where they are
/// as long as this value is, and the file's own window has not passed them.
struct MappedOctets: @unchecked Sendable {
  private let file: MappedFile
  private let octets: UnsafeRawBufferPointer
  /// Where they begin in the file.
  private let offset: Int

  fileprivate init(file: MappedFile, octets: UnsafeRawBufferPointer, offset: Int) {
    (self.file, self.octets, self.offset) = (file, octets, offset)
  }

  var count: Int { octets.count }

  func part(_ range: Range<Int>) -> MappedOctets {
    MappedOctets(
      file: file, octets: UnsafeRawBufferPointer(rebasing: octets[range]),
      offset: offset + range.lowerBound)
  }

  func window(from position: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: octets[position...])
  }

  /// Lets the process be small: what was read between the two positions is fetched again if it is
  /// read again. Only pieces of the file that lie wholly in these octets: others may be unmapped.
  func release(from: Int, to end: Int) {
    let piece = MappedFile.releaseOctets
    let first = max((offset + from) / piece, (offset + piece - 1) / piece)
    let last = (offset + end) / piece
    if first < last { file.discard(first * piece..<last * piece) }
  }
}
