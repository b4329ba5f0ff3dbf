internal import CMappingGuard
import Glibc

/// A regular file as memory. The pages of what was read are given back, so that the process stays small.
///
/// Another process may shorten the file meanwhile. Before a piece is given to the reader, the file
/// is asked whether it still reaches that far; where it is shortened under the reader, the guard
/// puts octets in the place of the missing ones that end the reading.
final class MappedFile: OctetSource {
  private let file: InputFile
  private let base: UnsafeMutableRawPointer
  private let length: Int
  private let guardNumber: Int32
  private var position = 0
  /// The octets before were given back; a multiple of the page size.
  private var released = 0
  /// The octets before were there when the file was asked.
  private var end = 0
  private(set) var isAtEnd = false
  private(set) var failure: String?

  /// What was read is given back in pieces of this size.
  static let releaseOctets = 16 << 20
  /// So often the file is asked how long it is.
  private static let pieceOctets = 4 << 20

  /// `nil` where the file cannot be mapped: it must be read instead.
  init?(_ file: InputFile) {
    guard file.isOurs, let octets = file.lengthOctets, octets > 0,
      let length = Int(exactly: octets), Self.hasAddresses(for: octets),
      let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, file.descriptor, 0), base != MAP_FAILED
    else { return nil }
    guardNumber = gapscope_guard_acquire(base, length)
    guard guardNumber >= 0 else {
      munmap(base, length)
      return nil
    }
    madvise(base, length, MADV_SEQUENTIAL)
    self.file = file
    self.base = base
    self.length = length
  }

  deinit {
    gapscope_guard_release(guardNumber)
    munmap(base, length)
  }

  /// Where a process may have so many addresses only (`ulimit -v`), most of them are for what the
  /// analysis keeps.
  private static func hasAddresses(for octets: UInt64) -> Bool {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return true }
    return octets <= limit.rlim_cur / 4
  }

  var window: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + position, count: end - position)
  }
  var storedOctetsRead: UInt64 { UInt64(position) }
  var isOfMappedFile: Bool { true }

  func prepare(octets: Int) {
    release()
    let isEnough = end - position >= octets || isAtEnd
    let wanted = isEnough ? end : min(length, position + max(octets, Self.pieceOctets))
    let there = lengthNow
    if there < wanted { return endEarly(at: there) }
    if isEnough { return }
    askForPages(to: wanted)
    end = wanted
    isAtEnd = end == length
  }

  /// One after the other: a fault while frames are analyzed costs more.
  private func askForPages(to wanted: Int) {
    // Nothing before is looked at where the reading begins further behind; it may be given back.
    let start = max(end, position)
    gapscope_touch_pages(base + start, wanted - start)
  }

  func consume(_ octets: Int) { position += octets }

  var lostOctets: LostOctets? {
    let missing = gapscope_guard_missing_page(guardNumber)
    guard missing != nil || looksEmpty else { return nil }
    let there = min(lengthNow, missing.map { $0 - UnsafeRawPointer(base) } ?? length)
    guard there < end else { return nil }
    endEarly(at: there)
    return LostOctets(start: base + there, offset: UInt64(there))
  }

  /// Behind the end of a shortened file its last page has zeros. A record of a pcap file that begins
  /// in them has no length, or begins before them and ends so.
  private var looksEmpty: Bool {
    end - position >= 16 && window.loadUnaligned(fromByteOffset: 12, as: UInt32.self) == 0
  }

  private var lengthNow: Int { Int(clamping: file.lengthNowOctets ?? 0) }

  private func endEarly(at length: Int) {
    end = max(position, length)
    isAtEnd = true
    failure = InputFile.wasShortened
  }

  private func release() {
    let done = position / Self.releaseOctets * Self.releaseOctets
    guard done > released else { return }
    // Not unmapped: for that, whoever asks for pages of another part at this time would have to wait.
    madvise(base + released, done - released, MADV_DONTNEED)
    released = done
  }
}
