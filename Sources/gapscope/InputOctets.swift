import Glibc

/// All octets of a file; `-` is standard input.
///
/// - Parameter mayBegin: no more is read of a file whose first octets are others.
func readOctets(
  of path: String, atMost limit: Int = .max, mayBegin: ([UInt8]) -> Bool = { _ in true }
) throws(Failure) -> [UInt8] {
  let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw Failure("\(path): cannot be opened: \(systemMessage(errno))")
  }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var octets: [UInt8] = []
  var count = 0
  repeat {
    let part = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, filled in
      repeat {
        count = read(descriptor, buffer.baseAddress, buffer.count)
      } while count < 0
        && errno == EINTR
      filled = max(count, 0)
    }
    octets += part
    guard mayBegin(octets) else { return octets }
    guard octets.count <= limit else {
      throw Failure("\(path): more than \(limit) octets are not read; is it the right file?")
    }
  } while count > 0
  guard count == 0 else { throw Failure("\(path): cannot be read: \(systemMessage(errno))") }
  return octets
}
