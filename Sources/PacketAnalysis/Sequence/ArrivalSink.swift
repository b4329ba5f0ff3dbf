/// What became of a frame of an association.
enum ArrivalOutcome: Sendable {
  /// A new number, in order or after a gap.
  case new
  case duplicate
  /// A new number after a higher one.
  case reordered
  case suspect
}

/// Receives what the tracker concludes, as it concludes it. One that does nothing costs nothing: the
/// tracker is generic over it.
///
/// Epochs are named by their ordinal in the run.
protocol ArrivalSink {
  /// Whether frames in order are of interest.
  static var wantsArrivals: Bool { get }
  mutating func arrived(
    epoch: UInt32, time: Timestamp, octets: UInt32, outcome: ArrivalOutcome)
  /// A frame at `time` revealed that `count` numbers are missing.
  mutating func revealed(epoch: UInt32, time: Timestamp, count: UInt64, isSkipped: Bool)
  /// A number arrived that had been revealed missing at `time`.
  mutating func healed(epoch: UInt32, time: Timestamp, isSkipped: Bool)
  /// All frames of `epoch` so far are suspects of `heir` (which may be the same).
  mutating func dissolved(epoch: UInt32, into heir: UInt32)
}

extension ArrivalSink {
  static var wantsArrivals: Bool { true }
}

/// Listens to nothing.
struct NoSink: ArrivalSink, Sendable {
  static var wantsArrivals: Bool { false }
  init() {}
  @inline(__always)
  mutating func arrived(
    epoch: UInt32, time: Timestamp, octets: UInt32, outcome: ArrivalOutcome
  ) {}
  mutating func revealed(epoch: UInt32, time: Timestamp, count: UInt64, isSkipped: Bool) {}
  mutating func healed(epoch: UInt32, time: Timestamp, isSkipped: Bool) {}
  mutating func dissolved(epoch: UInt32, into heir: UInt32) {}
}
