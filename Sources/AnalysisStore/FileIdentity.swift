import Glibc

/// Which file a path leads to: another one may be put in its place, or none be there any more.
struct FileIdentity: Equatable {
  private var device: UInt
  private var number: UInt

  init(_ status: stat) { (device, number) = (UInt(status.st_dev), UInt(status.st_ino)) }

  /// `nil` where there is none that may be looked at.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}
