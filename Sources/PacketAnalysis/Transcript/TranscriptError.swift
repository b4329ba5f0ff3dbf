/// What is wrong with the octets of a transcript.
public enum TranscriptDamage: Error, Equatable, Sendable {
  case notATranscript
  case compressed
  /// Of `--format ndjson`, which has transcripts inside.
  case linesOfJSON
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
  /// `offset`: the octet at which the part begins.
  case damaged(transcript: String, offset: Int = 0, TranscriptDamage)
  /// Two captures were recorded with other options.
  case otherOptions(String, of: TranscriptPartName, than: TranscriptPartName)
  /// Two captures of one point; `nanoseconds`: from the first frame of the second to the last of the
  /// first; `isTimeless`: the first frame of the first has no time, so that it counts as the first.
  case overlap(TranscriptPartName, TranscriptPartName, nanoseconds: UInt64, isTimeless: Bool)
  /// Two parts with the description of the same capture, but other frames: two of its channels.
  case sameCapture(TranscriptPartName, TranscriptPartName)
  case tooManyFiles(limit: Int)
  case tooManyPoints
  /// A run that the frames before it part.
  case inseparable(TranscriptPartName, firstFrame: UInt64, lastFrame: UInt64)
}

extension TranscriptError: CustomStringConvertible {
  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .damaged(let transcript, 0, let damage): "\(transcript): \(damage)"
    case .damaged(let transcript, let offset, let damage):
      "\(transcript): what begins at octet \(offset) \(damage)"
    case .otherOptions(let option, let file, let other):
      """
      \(file) was recorded with another \(option) than \(other); record both anew with the same \
      options
      """
    case .overlap(let file, let other, let nanoseconds, let isTimeless):
      """
      \(file) and \(other) are of one point and overlap in time, by \(grouped(nanoseconds)) ns\
      \(isTimeless ? " (the first frame of \(file) has no time, so that it counts as the first)" : ""), \
      so that their frames would have to be merged one by one; where one was captured after the \
      other, name all in that order and add --in-order; where they are of two points, record them anew with \
      --point; otherwise analyze these captures themselves
      """
    case .sameCapture(let part, let other):
      """
      \(part) and \(other) are of one capture, but not the same: merge the lines of JSON of one \
      channel at one point at a time; where one was recorded with --each-frame, or by another version \
      of gapscope, leave the other out
      """
    case .tooManyFiles(let limit): "there are too many captures; at most \(limit) can be merged"
    case .tooManyPoints: "there are too many points of capture"
    case .inseparable(let part, let firstFrame, let lastFrame):
      """
      \(part): frames \(firstFrame) to \(lastFrame) were recorded together, but what came before \
      them asks for each by itself; record it anew with --each-frame
      """
    }
  }
}

extension TranscriptDamage: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notATranscript: "is no transcript; write one with gapscope transcript"
    case .compressed: "is compressed, it seems; unpack it first"
    case .linesOfJSON:
      """
      has lines of JSON; merge what stands in base64 in those of one channel, as \
      docs/transcript-format.md shows
      """
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
