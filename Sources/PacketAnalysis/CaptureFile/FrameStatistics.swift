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

  /// Of the first frame that had a time.
  private var first = Self.never

  private static let never = Timestamp(nanosecondsSinceEpoch: .max)

  public init() {}

  /// Of the frame before; `nil` where none had a time.
  var previousTime: Timestamp? { previous == Self.never ? nil : previous }
  /// The smallest and the largest time; `nil` where no frame had one.
  public var firstTime: Timestamp? { earliest == Self.never ? nil : earliest }
  public var lastTime: Timestamp? { previousTime.map { max($0, latest) } ?? latest.known }

  /// Counts a frame, but not in `packets`: whoever reads it numbers it.
  @inline(__always)
  mutating func count(originalLength: UInt32, capturedLength: UInt32, time: Timestamp) {
    octets &+= UInt64(originalLength)
    // Without a branch: where some frames are cut and some are short, nobody can tell which is next.
    snappedFrames &+= capturedLength < originalLength ? 1 : 0
    if _slowPath(originalLength > longestFrameOctets) { noteLongest(originalLength) }
    if _slowPath(time < previous) {
      stepBack(to: time)
    } else {
      previous = time
    }
  }

  @inline(never)
  private mutating func noteLongest(_ length: UInt32) { longestFrameOctets = length }

  /// The first time, one before the time of the frame before, or none.
  @inline(never)
  private mutating func stepBack(to time: Timestamp) {
    if time == .absent { return }
    if previous != Self.never {
      timeSteps &+= 1
      latest = max(latest, previous)
    } else {
      first = time
    }
    earliest = min(earliest, time)
    previous = time
  }

  /// Adds what was counted of the frames that follow.
  mutating func append(_ later: FrameStatistics) {
    if later.first < previous, previous != Self.never { stepBack(to: later.first) }
    if first == Self.never { first = later.first }
    packets &+= later.packets
    octets &+= later.octets
    timeSteps &+= later.timeSteps
    snappedFrames &+= later.snappedFrames
    longestFrameOctets = max(longestFrameOctets, later.longestFrameOctets)
    earliest = min(earliest, later.earliest)
    latest = max(latest, later.latest)
    if later.previous != Self.never { previous = later.previous }
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

extension CaptureSummary {
  /// Takes what was counted of its frames.
  package mutating func set(_ statistics: FrameStatistics) {
    packets = statistics.packets
    octets = statistics.octets
    firstTime = statistics.firstTime
    lastTime = statistics.lastTime
    timeSteps = statistics.timeSteps
    snappedFrames = statistics.snappedFrames
    longestFrameOctets = statistics.longestFrameOctets
  }
}
