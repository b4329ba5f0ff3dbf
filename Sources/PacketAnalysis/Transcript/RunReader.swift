/// Takes runs out of columns that nobody vouches for, one at a time: their number costs no memory.
struct RunReader {
  private var readers: [OctetReader]
  private var context: RunContext
  private let timeUnit: Int64
  private let shapeCount: Int
  private var flags: (value: RunFlags, count: UInt64) = ([], 0)

  init(_ runs: RunColumns, associationCount: Int, shapeCount: Int) throws(TranscriptDamage) {
    readers = []
    for column in runs.columns { readers.append(OctetReader(try ColumnCoding.column(column))) }
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
      !maximum.overflow, maximum.partialValue <= UInt64(Int64.max),
      // A run does not go on across the wrap.
      tail.count <= UInt32.max - run.number, tail.frame <= FramePlace.frameLimit
    else { throw .valueOutOfRange }
    tail.minimumStep = minimum.partialValue
    tail.maximumStep = maximum.partialValue
    return tail
  }
}
