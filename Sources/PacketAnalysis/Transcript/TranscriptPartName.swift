/// Which part is meant: on several machines captures have the same name.
public struct TranscriptPartName: Equatable, Sendable {
  /// The capture, as it was given when it was recorded.
  public var capture: String
  /// The transcript that the part was read from; `nil`: none.
  public var transcript: String?

  public init(capture: String, transcript: String?) {
    (self.capture, self.transcript) = (capture, transcript)
  }
}

extension TranscriptPartName: CustomStringConvertible {
  public var description: String {
    if let transcript { "\(capture) (in \(transcript))" } else { capture }
  }
}
