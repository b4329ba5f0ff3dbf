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

  /// Of the first frame and of those that came after a later one: no other can be the earliest.
  private var earliest = Self.never
  /// Of the frames that were followed by an earlier one.
  private var latest = Timestamp.absent
  /// Of the last frame that had a time.
  private var previous = Self.never

  private static let never = Timestamp(nanosecondsSinceEpoch: .max)

  public init() {}

  /// Of the frame before; `nil` where none had a time.
  var previousTime: Timestamp? { previous == Self.never ? nil : previous }
  /// The smallest and the largest time; `nil` where no frame had one.
  public var firstTime: Timestamp? { earliest == Self.never ? nil : earliest }
  public var lastTime: Timestamp? { previousTime.map { max($0, latest) } ?? latest.known }

  @inline(__always)
  mutating func count(originalLength: UInt32, capturedLength: UInt32, time: Timestamp) {
    packets &+= 1
    octets &+= UInt64(originalLength)
    snappedFrames &+= capturedLength < originalLength ? 1 : 0
    if originalLength > longestFrameOctets { longestFrameOctets = originalLength }
    if time < previous {
      stepBack(to: time)
    } else {
      previous = time
    }
  }

  /// The first time, one before the time of the frame before, or none.
  @inline(never)
  private mutating func stepBack(to time: Timestamp) {
    if time == .absent { return }
    if previous != Self.never {
      timeSteps &+= 1
      latest = max(latest, previous)
    }
    earliest = min(earliest, time)
    previous = time
  }

  /// Adds what another interface of the same point counted.
  public mutating func add(_ other: FrameStatistics) {
    packets &+= other.packets
    octets &+= other.octets
    timeSteps &+= other.timeSteps
    snappedFrames &+= other.snappedFrames
    longestFrameOctets = max(longestFrameOctets, other.longestFrameOctets)
    earliest = min(earliest, other.earliest)
    latest = max(latest, other.lastTime ?? .absent)
    if previous == Self.never { previous = other.previous }
  }
}
