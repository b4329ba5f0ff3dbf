/// The runs of a part in columns of octets: what a run does not say of itself, since it goes without
/// saying, takes no room (`docs/transcript-format.md`).
struct RunColumns: Equatable, Sendable {
  enum Column: Int, CaseIterable {
    case flags, associations, numbers, frames, times, octets, tails, shapes
  }

  /// One for each `Column`, in their order.
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

struct RunWriter {
  private var writers = [OctetWriter](
    repeating: OctetWriter(), count: RunColumns.Column.allCases.count)
  private var context: RunContext
  private let timeUnit: Int64
  private var flags: (value: RunFlags, count: UInt64) = ([], 0)

  init(associationCount: Int, timeUnit: Int64) {
    context = RunContext(associationCount: associationCount)
    self.timeUnit = timeUnit
  }

  private subscript(column: RunColumns.Column) -> OctetWriter {
    get { writers[column.rawValue] }
    _modify { yield &writers[column.rawValue] }
  }

  mutating func append(_ run: ArrivalRun) {
    let known = context.associations[Int(run.association)]
    var flags: RunFlags = []
    if run.association == context.association {
      flags.insert(.sameAssociation)
    } else {
      self[.associations].append(run.association)
    }
    if run.isBadTag {
      flags.insert(.isBadTag)
      // So that no run takes no room.
      self[.octets].append(octet: 0)
    } else {
      append(run, known, &flags)
    }
    append(flags)
    context.pass(run)
  }

  private mutating func append(
    _ run: ArrivalRun, _ known: RunContext.Association, _ flags: inout RunFlags
  ) {
    if run.isNested { flags.insert(.isNested) }
    if run.number == known.nextNumber {
      flags.insert(.nextNumber)
    } else {
      self[.numbers].append(signed: Int64(Int32(bitPattern: run.number &- known.nextNumber)))
    }
    if run.frame == context.frame + 1 {
      flags.insert(.nextFrame)
    } else {
      self[.frames].append(run.frame - context.frame)
    }
    if run.time == .absent {
      flags.insert(.hasNoTime)
    } else {
      // Unsigned, since times that go back are few.
      let step = run.time.nanosecondsSinceEpoch / timeUnit &- context.time / timeUnit
      self[.times].append(UInt64(bitPattern: step))
    }
    self[.octets].append(run.octets)
    if run.shape == known.shape {
      flags.insert(.sameShape)
    } else {
      self[.shapes].append(run.shape)
    }
    guard run.tail.count > 0 else { return }
    flags.insert(.hasTail)
    append(run.tail, of: run)
  }

  private mutating func append(_ tail: RunTail, of run: ArrivalRun) {
    let unit = UInt64(timeUnit)
    self[.tails].append(tail.count)
    self[.tails].append(tail.frame - run.frame)
    self[.tails].append(tail.octets)
    self[.tails].append(
      UInt64(bitPattern: tail.time.nanosecondsSinceEpoch &- run.time.nanosecondsSinceEpoch) / unit)
    self[.tails].append(UInt64(tail.minimumStep) / unit)
    self[.tails].append(UInt64(tail.maximumStep - tail.minimumStep) / unit)
  }

  private mutating func append(_ flags: RunFlags) {
    if flags != self.flags.value { endFlags() }
    self.flags = (flags, self.flags.count + 1)
  }

  private mutating func endFlags() {
    guard flags.count > 0 else { return }
    self[.flags].append(octet: flags.value.rawValue)
    self[.flags].append(flags.count)
    flags.count = 0
  }

  consuming func finish() -> RunColumns {
    endFlags()
    return RunColumns(columns: writers.map(\.octets), timeUnit: timeUnit)
  }
}

struct RunReader {
  private var readers: [OctetReader]
  private var context: RunContext
  private let timeUnit: Int64
  private let shapeCount: Int
  private var flags: (value: RunFlags, count: UInt64) = ([], 0)

  init(_ runs: RunColumns, associationCount: Int, shapeCount: Int) {
    readers = runs.columns.map { OctetReader($0) }
    context = RunContext(associationCount: associationCount)
    timeUnit = runs.timeUnit
    self.shapeCount = shapeCount
  }

  private subscript(column: RunColumns.Column) -> OctetReader {
    get { readers[column.rawValue] }
    _modify { yield &readers[column.rawValue] }
  }

  /// `nil` after the last.
  mutating func next() throws(TranscriptDamage) -> ArrivalRun? {
    while flags.count == 0 {
      if self[.flags].isAtEnd {
        guard readers.allSatisfy(\.isAtEnd) else { throw .valueOutOfRange }
        return nil
      }
      flags.value = RunFlags(rawValue: try self[.flags].octet())
      flags.count = try self[.flags].unsigned()
    }
    flags.count -= 1
    let run = try read(flags.value)
    context.pass(run)
    return run
  }

  private mutating func read(_ flags: RunFlags) throws(TranscriptDamage) -> ArrivalRun {
    let association =
      flags.contains(.sameAssociation)
      ? Int(context.association)
      : try self[.associations].index(below: context.associations.count)
    guard association < context.associations.count else { throw .valueOutOfRange }
    let known = context.associations[association]
    var run = ArrivalRun(association: UInt32(association))
    run.octets = try self[.octets].integer()
    run.isBadTag = flags.contains(.isBadTag)
    if run.isBadTag { return run }

    run.isNested = flags.contains(.isNested)
    run.number = known.nextNumber
    if !flags.contains(.nextNumber) {
      run.number &+= UInt32(truncatingIfNeeded: try self[.numbers].signed())
    }
    let step =
      flags.contains(.nextFrame) ? 1 : try self[.frames].integer(within: 0...FramePlace.frameLimit)
    run.frame = context.frame + step
    guard run.frame <= FramePlace.frameLimit else { throw .valueOutOfRange }
    if !flags.contains(.hasNoTime) {
      let step = Int64(bitPattern: try self[.times].unsigned())
      run.time = try time(context.time / timeUnit &+ step)
    }
    run.shape = try shape(flags, known)
    if flags.contains(.hasTail) { run.tail = try tail(of: run) }
    return run
  }

  private mutating func shape(
    _ flags: RunFlags, _ known: RunContext.Association
  ) throws(TranscriptDamage) -> UInt32 {
    guard flags.contains(.sameShape) else {
      return UInt32(try self[.shapes].index(below: shapeCount))
    }
    guard let shape = known.shape else { throw .valueOutOfRange }
    return shape
  }

  private func time(_ units: Int64) throws(TranscriptDamage) -> Timestamp {
    let (nanoseconds, isOverflow) = units.multipliedReportingOverflow(by: timeUnit)
    guard !isOverflow, let time = Timestamp(nanosecondsSinceEpoch: nanoseconds).known else {
      throw .valueOutOfRange
    }
    return time
  }

  private mutating func tail(of run: ArrivalRun) throws(TranscriptDamage) -> RunTail {
    guard run.time != .absent else { throw .valueOutOfRange }
    var tail = RunTail()
    tail.count = try self[.tails].integer(within: 1...UInt32.max)
    tail.frame = run.frame + (try self[.tails].integer(within: 0...FramePlace.frameLimit))
    tail.octets = try self[.tails].unsigned()
    let span = try self[.tails].unsigned()
    let (units, isOverflow) = (run.time.nanosecondsSinceEpoch / timeUnit)
      .addingReportingOverflow(Int64(truncatingIfNeeded: span))
    tail.time = try time(units)
    let minimum = try self[.tails].unsigned().multipliedReportingOverflow(by: UInt64(timeUnit))
    let range = try self[.tails].unsigned().multipliedReportingOverflow(by: UInt64(timeUnit))
    let maximum = minimum.partialValue.addingReportingOverflow(range.partialValue)
    guard !isOverflow, span <= UInt64(Int64.max), !minimum.overflow, !range.overflow,
      !maximum.overflow, maximum.partialValue <= UInt64(UInt32.max),
      // A run does not go on across the wrap.
      tail.count <= UInt32.max - run.number, tail.frame <= FramePlace.frameLimit
    else { throw .valueOutOfRange }
    tail.minimumStep = UInt32(minimum.partialValue)
    tail.maximumStep = UInt32(maximum.partialValue)
    return tail
  }
}
