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

  /// Fills the window to at least `octets`, unless the source ends before, or may grow and has no
  /// more yet.
  func prepare(octets: Int)
  func consume(_ octets: Int)

  /// Of a regular file that is not compressed and can be mapped, and read from anywhere.
  var isOfMappedFile: Bool { get }

  /// What was in the window and turned out to be no longer in the file; `failure` then says why.
  var lostOctets: LostOctets? { get }
}

/// Octets that another process took away while they were read, up to the end of the file.
struct LostOctets {
  /// The first of them in the window.
  var start: UnsafeRawPointer
  /// Of the first one in the file.
  var offset: UInt64
}

extension OctetSource {
  /// What was read into memory of ours stays.
  var lostOctets: LostOctets? { nil }

  var isOfMappedFile: Bool { false }
}
