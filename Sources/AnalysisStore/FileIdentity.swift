import Glibc

/// Which file a path leads to: another one may be put in its place, or none be there any more.
struct FileIdentity: Equatable {
  private var device: UInt
  private var number: UInt
  private var kind: mode_t

  var isRegular: Bool { kind == S_IFREG }
  var isDirectory: Bool { kind == S_IFDIR }

  init(_ status: stat) {
    (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
    kind = status.st_mode & S_IFMT
  }

  /// `nil` where there is none that may be looked at.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}
