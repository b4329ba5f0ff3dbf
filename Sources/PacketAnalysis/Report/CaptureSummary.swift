/// What one file held of one point of capture.
public struct CaptureSummary: Sendable, Equatable {
  public enum Format: String, Sendable {
    case pcap
    case pcapng
    /// No file, but an interface that was listened to; its name stands for the file's.
    case live
  }
  public struct Damage: Sendable, Equatable {
    /// Where the damaged record begins, in the uncompressed stream.
    public var offset: UInt64
    /// A sentence without a full stop: what is wrong there.
    public var reason: String
    public init(offset: UInt64, reason: String) { (self.offset, self.reason) = (offset, reason) }
  }

  /// Index into `AnalysisReport.files`.
  public var file: Int
  public var format: Format
  /// Index into `AnalysisReport.points`.
  public var point: Int
  public var packets: UInt64 = 0
  /// On the wire.
  public var octets: UInt64 = 0
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  public var damaged: Damage?
  /// Frames that the capturing machine says it dropped; `nil` where the capture does not say.
  public var capturedDrops: UInt64?
  /// How often the time of a frame lay before that of the frame before it.
  public var timeSteps: UInt64 = 0
  /// The largest snap length of its interfaces; 0: none.
  public var snapLength: UInt32 = 0
  /// Frames of which only a part was captured.
  public var snappedFrames: UInt64 = 0
  /// The longest frame on the wire.
  public var longestFrameOctets: UInt32 = 0
  public var linkType = LinkType.ethernet

  public init(file: Int, format: Format, point: Int) {
    (self.file, self.format, self.point) = (file, format, point)
  }
}
