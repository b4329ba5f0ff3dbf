/// What is counted of every frame as it is read, one value for each interface of a file.
public struct FrameStatistics: Sendable, Equatable {
  public internal(set) var packets: UInt64 = 0
  /// On the wire.
  public internal(set) var octets: UInt64 = 0
  /// How often the time of a frame lay before that of the frame before it.
  public internal(set) var timeSteps: UInt64 = 0
  /// Frames of which only a part was captured.
  public internal(set) var snappedFrames: UInt64 = 0
  /// The longest frame on the wire.
  public internal(set) var longestFrameOctets: UInt32 = 0

  private var earliest = Timestamp(nanosecondsSinceEpoch: .max)
  private var latest = Timestamp.absent
  /// Of the frame before; `absent` where none had a time.
  private(set) var previousTime = Timestamp.absent

  public init() {}

  /// The smallest and the largest time; `nil` where no frame had one.
  public var firstTime: Timestamp? { latest == .absent ? nil : earliest }
  public var lastTime: Timestamp? { latest.known }

  @inline(__always)
  mutating func count(originalLength: UInt32, capturedLength: UInt32, time: Timestamp) {
    packets &+= 1
    octets &+= UInt64(originalLength)
    snappedFrames &+= capturedLength < originalLength ? 1 : 0
    longestFrameOctets = max(longestFrameOctets, originalLength)
    if time == .absent { return }
    if time < previousTime || latest == .absent {
      timeSteps &+= time < previousTime ? 1 : 0
      earliest = min(earliest, time)
    }
    previousTime = time
    latest = max(latest, time)
  }

  /// Adds what another interface of the same point counted.
  public mutating func add(_ other: FrameStatistics) {
    packets &+= other.packets
    octets &+= other.octets
    timeSteps &+= other.timeSteps
    snappedFrames &+= other.snappedFrames
    longestFrameOctets = max(longestFrameOctets, other.longestFrameOctets)
    earliest = min(earliest, other.earliest)
    latest = max(latest, other.latest)
  }
}
