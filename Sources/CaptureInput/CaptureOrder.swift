/// In which order the frames of the files of a point are read.
public enum CaptureOrder: Sendable {
  /// Files follow one another by the time of their first frame; where they overlap their frames are
  /// merged by time.
  case byTime
  /// Each file to its end, in the order of the arguments: what one capture was cut into.
  case asGiven
}
