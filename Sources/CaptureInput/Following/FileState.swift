import Glibc

/// What the file system says of a file.
package struct FileState: Equatable {
  /// The same for a file whatever it is called.
  package struct Identity: Equatable {
    var device: UInt64
    var inode: UInt64
  }

  package var identity: Identity
  package var isRegular: Bool
  /// A device, FIFO or socket.
  package var isDevice: Bool
  var lengthOctets: UInt64
  /// Nanoseconds since 1970.
  var modified: Int64

  private init(_ status: stat) {
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isDevice = !isRegular && status.st_mode & S_IFMT != S_IFDIR
    lengthOctets = UInt64(clamping: status.st_size)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }

  /// `nil` where there is none that may be looked at.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Whether each user of this machine may read the file, as far as its directories allow it.
  package static func isReadableByAll(path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IROTH != 0
  }

  /// Gives an open file the owner and the permissions of the one at a path, as far as one may.
  package static func copyOwnership(of path: String, to descriptor: Int32) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    // The owner first: another one takes special bits away.
    _ = fchown(descriptor, status.st_uid, status.st_gid)
    _ = fchmod(descriptor, status.st_mode & 0o7777)
  }
}
