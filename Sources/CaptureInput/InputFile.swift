import Glibc
import Synchronization

/// An input as the operating system sees it. It is closed when nothing reads it any more.
final class InputFile: Sendable {
  let descriptor: Int32
  /// Standard input is not ours to close, and may have been read before.
  let isOurs: Bool
  /// When it was opened; `nil` for pipes and terminals.
  let lengthOctets: UInt64?
  private let abandoned = Atomic<Bool>(false)
  private let complete = Atomic<Bool>(false)

  /// Opens `path`; `-` is standard input.
  init(path: String) throws(CaptureInputError) {
    isOurs = path != "-"
    descriptor = isOurs ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
    var status = stat()
    let isExamined = descriptor >= 0 && fstat(descriptor, &status) == 0
    let kind = status.st_mode & S_IFMT
    lengthOctets = kind == S_IFREG ? UInt64(clamping: status.st_size) : nil
    if !isExamined {
      throw Self.error(of: path, operation: descriptor < 0 ? "open it" : "examine it")
    }
    if kind == S_IFDIR { throw CaptureInputError(file: path, reason: .isDirectory) }
  }

  deinit { if isOurs, descriptor >= 0 { close(descriptor) } }

  /// Nobody wants to read it any more: whoever waits for input is to give up.
  func abandon() { abandoned.store(true, ordering: .relaxed) }
  var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

  /// Of a file that is followed: nothing more will be added.
  func declareComplete() { complete.store(true, ordering: .relaxed) }
  var isComplete: Bool { complete.load(ordering: .relaxed) }

  var state: FileState? { FileState(descriptor: descriptor) }

  /// What `lengthOctets` is now.
  var lengthNowOctets: UInt64? {
    lengthOctets == nil ? nil : state?.lengthOctets ?? lengthOctets
  }

  /// Why the octets of a file end before the length that it had.
  static let wasShortened = "the file was shortened while it was read"

  /// The octets of the file, uncompressed.
  func source(_ preferred: CaptureSource, path: String) throws(CaptureInputError)
    -> any OctetSource
  {
    if preferred == .followed {
      guard lengthOctets != nil else {
        throw CaptureInputError(
          file: path,
          reason: .system(
            operation: "follow it", message: "it is no regular file; omit --follow to read it"))
      }
      return BufferedSource(stream: FollowedStream(self))
    }
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
      let decompressed = compression.decompressor(
        of: PrefixedStream(prefix: beginning, rest: stream))
      return BufferedSource(stream: ReadAheadStream(decompressed, abandon: abandon))
    }
    if preferred != .read, let mapped = MappedFile(self) {
      return preferred == .automatic ? MeasuredSource.whereItPays(self, mapped) : mapped
    }
    return BufferedSource(stream: PrefixedStream(prefix: beginning, rest: stream))
  }

  /// The octets of a file that is not compressed, from an offset on.
  func mappedSource(from offset: UInt64) -> MappedFile? {
    let mapped = MappedFile(self)
    mapped?.consume(Int(clamping: offset))
    return mapped
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
