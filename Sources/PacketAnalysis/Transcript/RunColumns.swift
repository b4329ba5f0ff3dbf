/// The runs of a part in columns of octets: what a run does not say of itself, since it goes without
/// saying, takes no room (`docs/transcript-format.md`).
struct RunColumns: Equatable, Sendable {
  enum Column: Int, CaseIterable {
    case flags, associations, numbers, frames, times, octets, tails, shapes
  }

  /// One for each `Column`, in their order, as they are stored (`ColumnCoding`).
  var columns: [[UInt8]]
  /// Nanoseconds that all times are multiples of.
  var timeUnit: Int64

  static let timeUnits: [Int64] = [1_000_000_000, 1_000_000, 1_000, 1]
}

/// What is said of a run.
struct RunFlags: OptionSet, BitwiseCopyable {
  let rawValue: UInt8
  /// Of the same association as the run before.
  static let sameAssociation = RunFlags(rawValue: 0x01)
  /// The number that follows the last of the association; the first: 1.
  static let nextNumber = RunFlags(rawValue: 0x02)
  /// The frame behind the first of the run before.
  static let nextFrame = RunFlags(rawValue: 0x04)
  static let hasTail = RunFlags(rawValue: 0x08)
  /// As the run before of the association.
  static let sameShape = RunFlags(rawValue: 0x10)
  static let isNested = RunFlags(rawValue: 0x20)
  static let hasNoTime = RunFlags(rawValue: 0x40)
  static let isBadTag = RunFlags(rawValue: 0x80)
}

/// What both sides know before the next run.
struct RunContext {
  struct Association {
    var nextNumber: UInt32 = 1
    var shape: UInt32?
  }

  var association: UInt32 = 0
  var frame: UInt64 = 0
  var time: Int64 = 0
  var associations: [Association]

  init(associationCount: Int) {
    associations = Array(repeating: Association(), count: associationCount)
  }

  mutating func pass(_ run: ArrivalRun) {
    association = run.association
    if run.isBadTag { return }
    frame = run.frame
    time = run.time.known?.nanosecondsSinceEpoch ?? time
    associations[Int(association)] = Association(
      nextNumber: run.lastNumber &+ 1, shape: run.shape)
  }
}
