import CaptureInput
import Glibc
import ReportFormats

/// A file that takes a report; `-` is standard output.
struct OutputFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private var isOpen: Bool

  init(path: String) throws(Failure) {
    self.path = path
    guard path != "-" else {
      (descriptor, isOpen) = (STDOUT_FILENO, false)
      return
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    isOpen = descriptor >= 0
    guard isOpen else { throw Failure("\(path): cannot be opened: \(systemMessage(errno))") }
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
    isOpen = false
    guard Glibc.close(descriptor) == 0 else {
      throw Failure("\(path): cannot be written: \(systemMessage(errno))")
    }
  }

  deinit { if isOpen { _ = Glibc.close(descriptor) } }
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
