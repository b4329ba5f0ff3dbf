import Glibc

/// Why what is captured cannot be written.
public struct RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Operation: String, Sendable {
    case open = "be opened"
    case write = "be written"
    case remove = "be removed"
  }

  public var path: String
  public var operation: Operation
  /// Of the system.
  public var errorNumber: Int32

  public var description: String {
    // Constant text of the C library.
    let message = unsafe strerror(errorNumber).map { unsafe String(cString: $0) }
    return "\(path): cannot \(operation.rawValue): \(message ?? "error \(errorNumber)")"
  }
}
