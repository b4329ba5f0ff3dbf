/// Why a capture could not be read, in words for the one who gave it.
public struct CaptureInputError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    case noSuchFile
    case permissionDenied
    case isDirectory
    case isEmpty
    /// It begins like no capture; says how.
    case notACapture(String)
    /// It is compressed, and to be followed.
    case compressedWhileFollowed
    case tooManyFiles(limit: Int)
    /// What libpcap says of the filter.
    case badFilter(String)
    /// An operation that the operating system refused, and its words.
    case system(operation: String, message: String)
  }

  /// As given; for `badFilter` the expression.
  public var file: String
  public var reason: Reason
  /// Where reading stopped, in the uncompressed stream.
  public var offset: UInt64?

  public init(file: String, reason: Reason, offset: UInt64? = nil) {
    (self.file, self.reason, self.offset) = (file, reason, offset)
  }

  /// What is wrong and what to do about it.
  public var description: String {
    switch reason {
    case .noSuchFile: "\(file): there is no such file; check the path"
    case .permissionDenied: "\(file): you may not read it; change its permissions or your user"
    case .isDirectory:
      "\(file): is a directory; name the captures in it, for example \(file)/*.pcap"
    case .isEmpty: "\(file): is empty; check that the capture was written"
    case .notACapture(let how): "\(file): \(how); pcap and pcapng can be read, also compressed"
    case .compressedWhileFollowed:
      "\(file): is compressed, and so cannot be followed while it is written; omit --follow"
    case .tooManyFiles(let limit):
      "\(file): is one file too many; at most \(limit) can be read in a run"
    case .badFilter(let message): "the filter '\(file)' is not understood: \(message)"
    case .system(let operation, let message):
      if let offset {
        "\(file): cannot \(operation) at octet \(offset): \(message)"
      } else {
        "\(file): cannot \(operation): \(message)"
      }
    }
  }
}
