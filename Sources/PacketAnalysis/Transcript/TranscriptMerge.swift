/// Parts of transcripts in the order in which an analysis would read their captures, and what they
/// say together.
///
/// The order is that of the first frames, whatever the order in which the parts are given, unless they
/// are given in order; parts that are given several times count once. So the report is that of
/// `gapscope analyze` of the captures, named in this order.
public struct TranscriptMerge {
  /// Those that count, in the order of the files of the report: by the time of the first frame, or as
  /// they were given.
  public let parts: [TranscriptPart]
  /// Those that are the same as one that counts.
  public let repeated: [TranscriptPartName]
  /// The options that all of them were recorded with.
  public let options: AnalysisOptions
  /// Indices of `parts` in the order of reading: the files of a point after one another.
  private let readingOrder: [Int]

  /// So many captures can be merged: frames refer to their file by 16 bits.
  public static let largestPartCount = FramePlace.fileLimit - 1

  /// - Parameter inOrder: the parts of a point were captured one after the other as they are given,
  ///   whatever their times.
  public init(_ given: [TranscriptPart], inOrder: Bool = false) throws(TranscriptError) {
    var identities: Set<UInt64> = []
    let ordered = inOrder ? given : given.sorted(by: Self.precedes)
    var (parts, repeated) = ([TranscriptPart](), [TranscriptPartName]())
    for part in ordered {
      if identities.insert(part.identity).inserted {
        parts.append(part)
      } else {
        repeated.append(part.name)
      }
    }
    (self.parts, self.repeated) = (parts, repeated)
    options = parts.first?.options ?? AnalysisOptions()
    guard parts.count <= Self.largestPartCount else {
      throw .tooManyFiles(limit: Self.largestPartCount)
    }
    for part in parts.dropFirst() {
      if let option = part.differentOption(from: parts[0]) {
        throw .otherOptions(option, of: part.name, than: parts[0].name)
      }
    }
    try Self.checkCaptures(of: parts)
    let groups = Self.groups(of: parts)
    if !inOrder { for group in groups { try Self.checkOverlaps(of: group, parts) } }
    readingOrder = groups.flatMap(\.self)
    try checkCounts()
  }

  /// The report of all of them.
  public func report() throws(TranscriptError) -> AnalysisReport {
    var points = MergedPoints()
    for part in parts {
      try points.add(part.origin.run.points.prefix(part.origin.openingPointCount))
    }
    for index in readingOrder { try points.add(parts[index].origin.run.points[...]) }
    var fold = TranscriptFold(options: options)
    for index in readingOrder {
      try fold.add(parts[index], file: index, points: points.indices(of: parts[index]))
    }
    return fold.finish(description(points))
  }

  private func description(_ points: MergedPoints) -> RunDescription {
    var run = RunDescription()
    run.points = points.names
    var notes: Set<String> = []
    for (file, part) in parts.enumerated() {
      let indices = points.indices(of: part)
      run.files.append(part.file)
      for var capture in part.origin.run.captures {
        (capture.file, capture.point) = (file, Int(indices[capture.point]))
        run.captures.append(capture)
      }
      for var interval in part.origin.run.blindIntervals {
        interval.point = Int(indices[interval.point])
        run.blindIntervals.append(interval)
      }
      run.notes += part.origin.run.notes.filter { notes.insert($0).inserted }
    }
    return run
  }

  // MARK: Order

  /// By first frame; of those that begin together, the one that ends first, since it cannot follow.
  private static func precedes(_ a: TranscriptPart, _ b: TranscriptPart) -> Bool {
    let (first, second) = (a.beginning, b.beginning)
    if first != second { return first < second }
    let (firstEnd, secondEnd) = (a.latest ?? .absent, b.latest ?? .absent)
    if firstEnd != secondEnd { return firstEnd < secondEnd }
    // Names that end in a number are mostly as long as they come late.
    return (a.file.utf8.count, a.file, a.identity) < (b.file.utf8.count, b.file, b.identity)
  }

  /// Parts that share a point, as far as their interfaces are known before the first frame.
  private static func groups(of parts: [TranscriptPart]) -> [[Int]] {
    let points = parts.map {
      Set($0.origin.run.points.prefix($0.origin.openingPointCount))
    }
    return PointGroups(of: points).members
  }

  /// Channels of one capture, which lines of JSON have one by one, all describe the whole capture: its
  /// frames would count once for each.
  private static func checkCaptures(of parts: [TranscriptPart]) throws(TranscriptError) {
    var known: [ClosedRange<Timestamp>: TranscriptPart] = [:]
    for part in parts {
      // Without a stretch of time, other frames may well look the same.
      guard let first = part.origin.firstTime, let latest = part.latest, first < latest else {
        continue
      }
      if let other = known[first...latest], other.origin == part.origin {
        throw .sameCapture(other.name, part.name)
      }
      known[first...latest] = part
    }
  }

  /// Parts that overlap would have been merged by time, frame by frame.
  private static func checkOverlaps(
    of group: [Int], _ parts: [TranscriptPart]
  ) throws(TranscriptError) {
    var latest: TranscriptPart?
    for part in group.map({ parts[$0] }) {
      if let latest, let end = latest.latest, let begin = part.origin.firstTime, begin < end {
        throw .overlap(
          latest.name, part.name,
          nanoseconds: UInt64(
            bitPattern: end.nanosecondsSinceEpoch &- begin.nanosecondsSinceEpoch),
          isTimeless: latest.origin.firstTime == nil)
      }
      if part.latest ?? .absent > latest?.latest ?? .absent { latest = part }
    }
  }

  // MARK: Counts

  /// All counts together fit in 64 bits: then no sum of some of them can overflow.
  private func checkCounts() throws(TranscriptError) {
    var sum: UInt64 = 0
    for part in parts {
      do throws(TranscriptDamage) {
        try part.addCounts(to: &sum)
      } catch {
        throw .damaged(transcript: part.transcript ?? part.file, error)
      }
    }
  }
}

/// The points of all parts, in the order in which an analysis would meet them.
private struct MergedPoints {
  private(set) var names: [String] = []
  private var positions: [String: UInt16] = [:]

  mutating func add(_ points: ArraySlice<String>) throws(TranscriptError) {
    for point in points where positions[point] == nil {
      guard let position = UInt16(exactly: names.count) else { throw .tooManyPoints }
      positions[point] = position
      names.append(point)
    }
  }

  func indices(of part: TranscriptPart) -> [UInt16] {
    part.origin.run.points.map { positions[$0] ?? .max }
  }
}

extension TranscriptPart {
  /// Of the first frame; those without times come first.
  fileprivate var beginning: Timestamp { origin.firstTime ?? .absent }
  /// Of the latest frame.
  fileprivate var latest: Timestamp? { origin.run.captures.compactMap(\.lastTime).max() }

  /// The name of an option that differs.
  fileprivate func differentOption(from other: TranscriptPart) -> String? {
    let (mine, others) = (options.tracking, other.options.tracking)
    let differences = [
      ("--horizon", mine.horizon != others.horizon),
      ("--window", mine.window != others.window),
      ("--start", mine.start != others.start),
      ("--confirmations", mine.confirmations != others.confirmations),
      ("--fastest-link", mine.fastestFramesPerSecond != others.fastestFramesPerSecond),
      ("SAK retire time", mine.retireNanoseconds != others.retireNanoseconds),
      ("--macsec-ethertype", options.macsecEtherTypes != other.options.macsecEtherTypes),
      ("--esp-port", options.espPorts != other.options.espPorts),
      ("--from", options.from != other.options.from),
      ("--to", options.to != other.options.to),
      ("--filter", origin.filter != other.origin.filter),
    ]
    return differences.first(where: \.1)?.0
  }

  fileprivate func addCounts(to sum: inout UInt64) throws(TranscriptDamage) {
    func add(_ count: UInt64) throws(TranscriptDamage) {
      let (result, isOverflow) = sum.addingReportingOverflow(count)
      guard !isOverflow else { throw .countsTooLarge }
      sum = result
    }
    for field in FrameTotals.fields { try add(totals[keyPath: field.path]) }
    for capture in origin.run.captures {
      try add(capture.packets)
      try add(capture.octets)
      try add(capture.timeSteps)
      try add(capture.snappedFrames)
    }
    for flow in flows {
      try add(flow.packets)
      try add(flow.octets)
    }
    for finding in findings { try add(finding.count) }
    var reader = try RunReader(
      runs, associationCount: associations.count, shapeCount: shapes.count)
    while let run = try reader.next() {
      try add(UInt64(run.octets))
      try add(run.tail.octets)
      try add(UInt64(run.tail.count) + 1)
    }
  }
}
