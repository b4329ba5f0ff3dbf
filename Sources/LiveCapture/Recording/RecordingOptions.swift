/// Where a capture is written, and when another file begins.
public struct RecordingOptions: Sendable, Equatable {
  /// Of the file; where there are several, a number and a time are put before what follows the last
  /// dot of its name.
  public var path: String
  /// No file becomes longer.
  public var fileOctets: UInt64?
  /// No file has frames for longer.
  public var fileNanoseconds: Int64?
  /// So many are kept: when there is one more, the oldest goes.
  public var fileCount: Int?
  /// What stands in the files for who wrote them.
  public var application = ""

  public init(path: String) { self.path = path }

  /// A file must have room for what is written at a time.
  public static let smallestFileOctets: UInt64 = 2_000_000

  var rotates: Bool { fileOctets != nil || fileNanoseconds != nil }
}
