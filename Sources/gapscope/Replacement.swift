import CaptureInput
import Glibc

/// A new file beside a regular one, or beside where none is yet: it takes that place when it is whole.
///
/// Where the file system allows it (`O_TMPFILE` in open(2)), it has no name until then: whatever ends
/// the process leaves nothing of it.
struct Replacement {
  let descriptor: Int32
  private let path: String
  /// Where the new file goes: the path without its links.
  private let place: String
  /// `nil`: none yet.
  private var temporary: String?

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

  /// Gives it a name, which it must have to take the place; it must still be open.
  mutating func giveName() throws(Failure) {
    while temporary == nil {
      let name = Self.temporaryName(beside: place)
      if linkat(AT_FDCWD, Self.linkToOpen(descriptor), AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 {
        temporary = name
      } else if errno != EEXIST {
        throw Failure("\(path): cannot be written: \(systemMessage(errno))")
      }
    }
  }

  func takePlace() throws(Failure) {
    guard let temporary, rename(temporary, place) != 0 else { return }
    let reason = systemMessage(errno)
    discard()
    throw Failure("\(path): cannot be replaced: \(reason)")
  }

  func discard() { if let temporary { unlink(temporary) } }

  private static func create(
    beside place: String, for path: String
  ) throws(Failure) -> Replacement? {
    if let descriptor = openNameless(in: directory(of: place)) {
      return Replacement(descriptor: descriptor, path: path, place: place, temporary: nil)
    }
    while true {
      let temporary = temporaryName(beside: place)
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

  /// `nil` where the file system has no such files, or where they could not be given a name.
  private static func openNameless(in directory: Substring) -> Int32? {
    // `__O_TMPFILE | O_DIRECTORY`, which the importer of C does not know.
    let nameless = 0o20_000_000 | O_DIRECTORY
    let descriptor = open(
      directory.isEmpty ? "." : String(directory), nameless | O_WRONLY | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
    if access(linkToOpen(descriptor), F_OK) == 0 { return descriptor }
    close(descriptor)
    return nil
  }

  /// A name for a file that is open: see proc_pid_fd(5).
  private static func linkToOpen(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  private static func temporaryName(beside place: String) -> String {
    let name = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    return "\(directory(of: place)).gapscope-\(name).part"
  }

  /// With a slash at its end; empty: where the process is.
  private static func directory(of place: String) -> Substring {
    place.lastIndex(of: "/").map { place[...$0] } ?? ""
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
