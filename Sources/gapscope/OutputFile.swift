import CaptureInput
import Glibc
import ReportFormats

/// A file that takes a report; `-` is standard output.
///
/// What is at the path stays as it is until everything is written and `close` is called; a part is
/// never left. Only devices, FIFOs and what else is no regular file take the octets at once.
struct OutputFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private var isOpen: Bool
  private var replacement: Replacement?

  init(path: String) throws(Failure) {
    guard path != "-" else {
      self.init(path: path, descriptor: STDOUT_FILENO, isOpen: false, replacement: nil)
      return
    }
    let replacement = try Replacement.make(for: path)
    let descriptor =
      replacement?.descriptor ?? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw Failure("\(path): cannot be opened: \(systemMessage(errno))")
    }
    self.init(path: path, descriptor: descriptor, isOpen: true, replacement: replacement)
  }

  private init(path: String, descriptor: Int32, isOpen: Bool, replacement: Replacement?) {
    (self.path, self.descriptor) = (path, descriptor)
    (self.isOpen, self.replacement) = (isOpen, replacement)
  }

  var sink: FileDescriptorSink { FileDescriptorSink(fileDescriptor: descriptor) }

  /// Writes all of it; whoever reads a pipe may have seen enough before.
  func write(_ octets: [UInt8]) throws(Failure) {
    do throws(OutputError) {
      var sink = sink
      // The sink takes a pointer and does not keep it.
      try octets.span.withUnsafeBytes { bytes throws(OutputError) in try sink.write(bytes) }
    } catch  where error.isClosedPipe {
    } catch {
      throw Failure("\(path == "-" ? "" : "\(path): ")\(error)")
    }
  }

  /// A disk may say only now that it is full.
  mutating func close() throws(Failure) {
    guard isOpen else { return }
    // Where it cannot have a name, `deinit` closes it.
    try replacement?.giveName()
    isOpen = false
    guard Glibc.close(descriptor) == 0 else {
      let reason = systemMessage(errno)
      replacement?.discard()
      throw Failure("\(path): cannot be written: \(reason)")
    }
    try replacement?.takePlace()
  }

  deinit {
    guard isOpen else { return }
    _ = Glibc.close(descriptor)
    replacement?.discard()
  }
}

/// Writes a result to standard output.
func writeOutput(
  _ write: (inout FileDescriptorSink) throws(OutputError) -> Void
) throws(Failure) {
  var sink = FileDescriptorSink(fileDescriptor: STDOUT_FILENO)
  do {
    try write(&sink)
  } catch  where error.isClosedPipe {
    // Whoever read it has seen enough.
  } catch {
    throw Failure("\(error)")
  }
}

/// Whether two paths lead to the same regular file: by links, or by another way to it.
func isSameFile(_ path: String, _ other: String) -> Bool {
  guard let file = FileState(path: path), file.isRegular else { return false }
  return file.identity == FileState(path: other)?.identity
}

/// What the system calls an error, as in strerror(3).
func systemMessage(_ number: Int32) -> String {
  guard let text = unsafe strerror(number) else { return "error \(number)" }
  return unsafe String(cString: text)
}
