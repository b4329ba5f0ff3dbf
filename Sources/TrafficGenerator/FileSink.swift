#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes to a file, a FIFO or standard output (`-`).
///
/// A regular file is begun anew. Call `close` at the end: it says whether everything is written.
public struct FileSink: OctetSink, ~Copyable {
  public let path: String
  private let descriptor: Int32
  /// Whether it is for us to close.
  private var isOurs: Bool

  private let isStopped: @Sendable () -> Bool

  /// - Parameter isStopped: whether nothing more is to be written; asked when a signal came, too.
  public init(
    path: String, isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws(GeneratorError) {
    (self.path, self.isStopped) = (path, isStopped)
    guard path != "-" else {
      (descriptor, isOurs) = (STDOUT_FILENO, false)
      return
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    isOurs = true
    guard descriptor >= 0 else {
      let number = errno
      throw .cannotOpen(path: path, errorNumber: number, reason: Self.reason(number))
    }
  }

  public mutating func write(_ octets: ArraySlice<UInt8>) throws(GeneratorError) {
    var rest = octets
    while !rest.isEmpty {
      if isStopped() { throw .interrupted(path: path) }
      // The system call takes a pointer; it is not kept.
      let written = unsafe rest.withUnsafeBytes { bytes in
        unsafe Self.systemWrite(descriptor, bytes)
      }
      if written < 0 {
        let number = errno
        if number == EINTR { continue }
        throw .cannotWrite(path: path, errorNumber: number, reason: Self.reason(number))
      }
      rest = rest.dropFirst(written)
    }
  }

  /// A disk may say only now that it is full.
  public mutating func close() throws(GeneratorError) {
    guard isOurs else { return }
    isOurs = false
    guard Self.systemClose(descriptor) != 0 else { return }
    let number = errno
    throw .cannotWrite(path: path, errorNumber: number, reason: Self.reason(number))
  }

  deinit { if isOurs { _ = Self.systemClose(descriptor) } }

  private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      unsafe Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }

  private static func systemClose(_ descriptor: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.close(descriptor)
    #else
      Musl.close(descriptor)
    #endif
  }

  private static func reason(_ number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }
}
