import CaptureInput
import Glibc

/// A new file beside a regular one, or beside where none is yet: it takes that place when it is whole.
struct Replacement {
  let descriptor: Int32
  private let path: String
  /// Where the new file goes: the path without its links.
  private let place: String
  private let temporary: String

  /// `nil` where one has to write into what is at the path: a device, a FIFO, a link that leads
  /// nowhere, a file in a directory to which nothing can be added.
  static func make(for path: String) throws(Failure) -> Replacement? {
    // Links to what is open, which may be a file that others go on to write.
    if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") { return nil }
    guard let old = FileState(path: path) else {
      return isLink(path) ? nil : try create(beside: path, for: path)
    }
    guard old.isRegular, let place = resolved(path) else { return nil }
    guard access(path, W_OK) == 0 else { throw failure(path) }
    guard let new = try create(beside: place, for: path) else { return nil }
    FileState.copyOwnership(of: path, to: new.descriptor)
    return new
  }

  func takePlace() throws(Failure) {
    guard rename(temporary, place) != 0 else { return }
    let reason = systemMessage(errno)
    discard()
    throw Failure("\(path): cannot be replaced: \(reason)")
  }

  func discard() { unlink(temporary) }

  private static func create(
    beside place: String, for path: String
  ) throws(Failure) -> Replacement? {
    let directory = place.lastIndex(of: "/").map { place[...$0] } ?? ""
    while true {
      let name = String(UInt32.random(in: 0...UInt32.max), radix: 36)
      let temporary = "\(directory).gapscope-\(name).part"
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        return Replacement(
          descriptor: descriptor, path: path, place: place, temporary: temporary)
      }
      switch errno {
      case EEXIST: continue
      case EACCES, EPERM: return nil
      default: throw failure(path)
      }
    }
  }

  private static func failure(_ path: String) -> Failure {
    Failure("\(path): cannot be opened: \(systemMessage(errno))")
  }

  private static func isLink(_ path: String) -> Bool {
    var target: CChar = 0
    return unsafe readlink(path, &target, 1) >= 0
  }

  private static func resolved(_ path: String) -> String? {
    guard let name = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(name) }
    return unsafe String(cString: name)
  }
}
