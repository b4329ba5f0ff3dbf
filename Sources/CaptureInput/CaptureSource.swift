/// How the octets of an uncompressed regular file are fetched. The frames are the same.
public enum CaptureSource: Sendable {
  /// Large files as it costs less, small ones mapped.
  case automatic
  case mapped
  /// Through a buffer.
  case read
  /// Through a buffer, beyond the end, where another program may add to the file.
  case followed
}
