/// One interface of a capture file. A pcap file has one; a pcapng file any number, and new ones may
/// appear between its frames.
public struct CaptureInterface: Sendable, Equatable {
  public var linkType: LinkType
  /// 0: none.
  public var snapLength: UInt32
  /// pcapng `if_name`.
  public var name: String?
  /// Counts from 0 within its section, as the file numbers it.
  public var indexInSection: Int
  /// Octets of Frame Check Sequence at the end of each frame; `nil` where the file does not say.
  public var fcsLengthOctets: UInt8?
  public var time = TimestampConversion.microseconds
  public var statistics = FrameStatistics()
  /// Frames that the capturing machine says it dropped; `nil` where the file does not say.
  public var drops: UInt64?

  public init(
    linkType: LinkType, snapLength: UInt32, name: String? = nil, indexInSection: Int = 0,
    fcsLengthOctets: UInt8? = nil
  ) {
    self.linkType = linkType
    self.snapLength = snapLength
    self.name = name
    self.indexInSection = indexInSection
    self.fcsLengthOctets = fcsLengthOctets
  }
}

/// Frames that the capturing machine says it dropped, and when.
public struct DropRecord: Sendable, Equatable {
  /// Index into the interfaces of the file.
  public var interface: Int
  /// `nil`: since the start of the capture.
  public var start: Timestamp?
  /// `nil`: to its end.
  public var end: Timestamp?
  public var drops: UInt64
  public var reason: BlindInterval.Reason

  public init(
    interface: Int, start: Timestamp?, end: Timestamp?, drops: UInt64, reason: BlindInterval.Reason
  ) {
    self.interface = interface
    (self.start, self.end) = (start, end)
    (self.drops, self.reason) = (drops, reason)
  }
}
