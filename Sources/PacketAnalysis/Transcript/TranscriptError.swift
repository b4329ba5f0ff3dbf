/// What is wrong with the octets of a transcript.
public enum TranscriptDamage: Error, Equatable, Sendable {
  case notATranscript
  case unsupportedVersion(UInt64)
  case endsEarly
  case checksum
  case valueOutOfRange
  /// A section that must be there.
  case missingSection(UInt64)
  /// A section that this version does not know and that is not optional.
  case unknownSection(UInt64)
  case countsTooLarge
}

/// Why transcripts cannot be merged, in words for the one who gave them.
public enum TranscriptError: Error, Equatable, Sendable {
  case damaged(transcript: String, TranscriptDamage)
  /// Two captures were recorded with other options.
  case otherOptions(String, of: String, than: String)
  /// Two captures of one point.
  case overlap(String, String)
  case tooManyFiles(limit: Int)
  case tooManyPoints
  /// A run that the frames before it part.
  case inseparable(file: String, firstFrame: UInt64, lastFrame: UInt64)
}

extension TranscriptError: CustomStringConvertible {
  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .damaged(let transcript, let damage): "\(transcript): \(damage)"
    case .otherOptions(let option, let file, let other):
      """
      \(file) was recorded with another \(option) than \(other); record both anew with the same \
      options
      """
    case .overlap(let file, let other):
      """
      \(file) and \(other) are of one point and overlap in time, so that their frames would have \
      to be merged one by one; analyze these captures themselves
      """
    case .tooManyFiles(let limit): "there are too many captures; at most \(limit) can be merged"
    case .tooManyPoints: "there are too many points of capture"
    case .inseparable(let file, let firstFrame, let lastFrame):
      """
      \(file): frames \(firstFrame) to \(lastFrame) were recorded together, but what came before \
      them asks for each by itself; record it anew with --each-frame
      """
    }
  }
}

extension TranscriptDamage: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notATranscript: "is no transcript; write one with gapscope transcript"
    case .unsupportedVersion(let version):
      "is a transcript of version \(version), which this gapscope does not know; use a newer one"
    case .endsEarly: "is cut off; write the transcript anew"
    case .checksum: "is damaged: its checksum is wrong; write the transcript anew"
    case .valueOutOfRange: "is damaged: it has a value that cannot be; write the transcript anew"
    case .missingSection(let section):
      "is damaged: it has no section \(section); write the transcript anew"
    case .unknownSection(let section):
      "has a section \(section), which this gapscope does not know; use a newer one"
    case .countsTooLarge: "has counts that no captures have together; write the transcript anew"
    }
  }
}
