import Glibc

/// An input as the operating system sees it. It is closed when nothing reads it any more.
final class InputFile {
  let descriptor: Int32
  /// Standard input is not ours to close, and may have been read before.
  let isOurs: Bool
  /// When it was opened; `nil` for pipes and terminals.
  private(set) var lengthOctets: UInt64?

  /// Opens `path`; `-` is standard input.
  init(path: String) throws(CaptureInputError) {
    isOurs = path != "-"
    descriptor = isOurs ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
    if descriptor < 0 { throw Self.error(of: path, operation: "open it") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Self.error(of: path, operation: "examine it")
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw CaptureInputError(file: path, reason: .isDirectory)
    case S_IFREG: lengthOctets = UInt64(clamping: status.st_size)
    default: lengthOctets = nil
    }
  }

  deinit { if isOurs, descriptor >= 0 { close(descriptor) } }

  /// What `lengthOctets` is now.
  var lengthNowOctets: UInt64? {
    var status = stat()
    guard lengthOctets != nil, fstat(descriptor, &status) == 0 else { return lengthOctets }
    return UInt64(clamping: status.st_size)
  }

  /// Why the octets of a file end before the length that it had.
  static let wasShortened = "the file was shortened while it was read"

  /// The octets of the file, uncompressed.
  func source(_ preferred: CaptureSource, path: String) throws(CaptureInputError)
    -> any OctetSource
  {
    // What was read of standard input is gone: it is not mapped, so that it is where the reader is.
    let stream = DescriptorStream(self)
    let beginning: [UInt8]
    do throws(StreamFailure) {
      beginning = try stream.peekBehindSkippableFrames()
    } catch {
      throw CaptureInputError(
        file: path, reason: .system(operation: "read it", message: error.reason))
    }
    if let compression = Compression(beginning) {
      return BufferedSource(
        stream: compression.decompressor(of: PrefixedStream(prefix: beginning, rest: stream)))
    }
    if preferred != .read, let mapped = MappedFile(self) {
      return preferred == .automatic ? MeasuredSource.whereItPays(self, mapped) : mapped
    }
    return BufferedSource(stream: PrefixedStream(prefix: beginning, rest: stream))
  }

  private static func error(of path: String, operation: String) -> CaptureInputError {
    let reason: CaptureInputError.Reason =
      switch errno {
      case ENOENT, ENOTDIR: .noSuchFile
      case EACCES, EPERM: .permissionDenied
      default: .system(operation: operation, message: systemMessage())
      }
    return CaptureInputError(file: path, reason: reason)
  }
}

extension ByteStream {
  /// The first octets: fewer than asked for only where there are no more.
  func peek(octets: Int) throws(StreamFailure) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: octets, alignment: 1)
    defer { buffer.deallocate() }
    var count = 0
    while count < octets {
      let read = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
      if read == 0 { break }
      count += read
    }
    return Array(buffer.prefix(count))
  }
}
