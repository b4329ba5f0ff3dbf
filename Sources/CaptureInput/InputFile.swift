import Glibc

/// An input as the operating system sees it.
struct InputFile {
  var descriptor: Int32
  /// Standard input is not ours to close.
  var isOurs: Bool
  /// `nil` for pipes and terminals.
  var lengthOctets: UInt64?

  /// Opens `path`; `-` is standard input.
  init(path: String) throws(CaptureInputError) {
    isOurs = path != "-"
    descriptor = isOurs ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
    if descriptor < 0 { throw Self.error(of: path, operation: "open it") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = Self.error(of: path, operation: "examine it")
      closeIfOurs()
      throw error
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      closeIfOurs()
      throw CaptureInputError(file: path, reason: .isDirectory)
    case S_IFREG: lengthOctets = UInt64(clamping: status.st_size)
    default: lengthOctets = nil
    }
  }

  func closeIfOurs() { if isOurs { close(descriptor) } }

  /// The octets of the file, uncompressed.
  func source(_ preferred: CaptureSource, path: String) throws(CaptureInputError)
    -> any OctetSource
  {
    // What was read of standard input is gone: it is not mapped, so that it is where the reader is.
    let stream = DescriptorStream(descriptor: descriptor, isOurs: isOurs)
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
    if isOurs, preferred == .mapped, let lengthOctets, let length = Int(exactly: lengthOctets),
      let mapped = MappedFile(descriptor: descriptor, length: length)
    {
      return mapped
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
