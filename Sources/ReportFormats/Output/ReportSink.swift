#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Where a report is written to.
public protocol ReportSink: ~Copyable {
  /// Takes all of the octets; they are not valid after the call.
  mutating func write(_ octets: UnsafeRawBufferPointer) throws(OutputError)
}

/// Gathers a report in memory.
public struct CollectingSink: ReportSink, Sendable {
  public private(set) var octets: [UInt8] = []

  public init() {}

  public mutating func write(_ octets: UnsafeRawBufferPointer) throws(OutputError) {
    self.octets.append(contentsOf: octets)
  }

  public var text: String { String(decoding: octets, as: UTF8.self) }
}

/// Writes a report to an open file, pipe or terminal, which stays the caller's to close.
public struct FileDescriptorSink: ReportSink, Sendable {
  private let fileDescriptor: Int32

  public init(fileDescriptor: Int32) { self.fileDescriptor = fileDescriptor }

  public mutating func write(_ octets: UnsafeRawBufferPointer) throws(OutputError) {
    var rest = octets[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Glibc)
        let written = Glibc.write(fileDescriptor, part.baseAddress, part.count)
      #else
        let written = Musl.write(fileDescriptor, part.baseAddress, part.count)
      #endif
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        throw OutputError(errorNumber: errno)
      }
    }
  }
}

/// The output could not be written.
public struct OutputError: Error, Equatable, CustomStringConvertible {
  /// As in errno(3).
  public var errorNumber: Int32

  public init(errorNumber: Int32) { self.errorNumber = errorNumber }

  /// Whoever reads the output has seen enough: no failure of ours.
  public var isClosedPipe: Bool { errorNumber == EPIPE }

  public var description: String {
    "cannot write the output: \(String(cString: strerror(errorNumber)))"
  }
}
