/// The octets of a capture, a window of them at a time.
///
/// Frames point into the window: it stays where it is until the next `prepare`.
protocol OctetSource: AnyObject {
  /// Those that were not consumed.
  var window: UnsafeRawBufferPointer { get }
  /// No octets follow the window.
  var isAtEnd: Bool { get }
  /// Why the octets ended early; `nil` where they did not.
  var failure: String? { get }
  /// Octets of the file as it is stored that were read so far.
  var storedOctetsRead: UInt64 { get }

  /// Fills the window to at least `octets`, unless the source ends before.
  func prepare(octets: Int)
  func consume(_ octets: Int)
}

/// How the octets of an uncompressed regular file are fetched.
public enum CaptureSource: Sendable {
  case mapped
  /// Through a buffer: for files that another process may shorten meanwhile.
  case read
}
