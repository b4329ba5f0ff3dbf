import Glibc

/// A file that grows by whole pieces: what does not fit in full is not in it.
final class RecordingFile {
  let path: String
  private(set) var lengthOctets: UInt64 = 0
  private var descriptor: Int32

  /// Begins it anew.
  init(path: String) throws(RecordingError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw RecordingError(path: path, operation: .open, errorNumber: errno)
    }
  }

  deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

  /// The disk of another machine may say only now that it is full. Nothing can be written any more.
  func close() throws(RecordingError) {
    defer { descriptor = -1 }
    guard Glibc.close(descriptor) < 0 else { return }
    throw RecordingError(path: path, operation: .write, errorNumber: errno)
  }

  /// Takes it away where it is a file: one without anything is no capture. A device or FIFO stays.
  func remove() {
    var state = stat()
    guard fstat(descriptor, &state) == 0, state.st_mode & S_IFMT == S_IFREG else { return }
    unlink(path)
  }

  func append(_ pieces: [UInt8]...) throws(RecordingError) {
    var written: UInt64 = 0
    for piece in pieces {
      var rest = piece[...]
      while !rest.isEmpty {
        // The system call takes a pointer; it is not kept.
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
          let number = errno
          if number == EINTR { continue }
          if written > 0 || rest.count < piece.count { takeBack() }
          throw RecordingError(path: path, operation: .write, errorNumber: number)
        }
        rest = rest.dropFirst(count)
      }
      written += UInt64(piece.count)
    }
    lengthOctets += written
  }

  /// A disk that is full, or nearly so, takes a part; a reader would find half a block.
  private func takeBack() {
    ftruncate(descriptor, off_t(lengthOctets))
    lseek(descriptor, off_t(lengthOctets), SEEK_SET)
  }
}
