/// Puts runs into columns.
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
    self[.tails].append(tail.minimumStep / unit)
    self[.tails].append((tail.maximumStep - tail.minimumStep) / unit)
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
    return RunColumns(columns: writers.map { ColumnCoding.stored($0.octets) }, timeUnit: timeUnit)
  }
}
