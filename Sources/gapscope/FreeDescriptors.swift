import Glibc

/// Throws where the process cannot open so many more files.
///
/// To be called before what works with libdispatch or event loops: these end the process where the
/// system has no descriptor for them, and SQLite says only that it cannot open the database.
///
/// - Parameter work: for which they are needed, in words.
func requireDescriptors(_ count: Int, for work: String) throws(Failure) {
  var opened: [Int32] = []
  defer { for descriptor in opened { close(descriptor) } }
  for _ in 0..<count {
    let descriptor = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno != EMFILE, errno != ENFILE { return }
      throw Failure(
        "\(work): \(count) more files cannot be open at once, which it takes: raise their limit, "
          + "as in ulimit -n 1024")
    }
    opened.append(descriptor)
  }
}
