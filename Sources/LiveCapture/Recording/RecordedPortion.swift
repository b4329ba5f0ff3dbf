import PacketAnalysis

/// Frames that go to a file together, and what is missing among them.
struct RecordedPortion: Sendable {
  /// Blocks of pcapng.
  var octets: [UInt8] = []
  /// How many frames they hold, by interface.
  var frames: [UInt64]
  /// The earliest and the latest of them.
  var times: ClosedRange<Timestamp>?
  var missing: [MissingFrames] = []

  init(interfaceCount: Int) { frames = Array(repeating: 0, count: interfaceCount) }

  /// What is missing where this cannot be written.
  var asMissing: [MissingFrames] {
    var missing = missing
    guard let times else { return missing }
    for (interface, count) in frames.enumerated() where count > 0 {
      missing.append(MissingFrames(interface: interface, times: times, frames: count))
    }
    return missing
  }
}

/// Frames of an interface that passed its filter at some time in an interval, and are in no file.
struct MissingFrames: Sendable, Equatable {
  var interface: Int
  var times: ClosedRange<Timestamp>
  var frames: UInt64
  /// The interface was down: nobody knows of frames.
  var isDown = false
}

extension [MissingFrames] {
  /// Adds to what is known of the same interface, so that a disk that stays full fills no memory.
  mutating func join(_ others: [MissingFrames]) {
    for other in others {
      let known = firstIndex { $0.interface == other.interface && $0.isDown == other.isDown }
      guard let known else {
        append(other)
        continue
      }
      let (a, b) = (self[known].times, other.times)
      self[known].times =
        Swift.min(a.lowerBound, b.lowerBound)...Swift.max(a.upperBound, b.upperBound)
      self[known].frames += other.frames
    }
  }
}
