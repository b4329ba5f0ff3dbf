public import PacketAnalysis

/// A file to read.
public struct CaptureInputArgument: Sendable, Equatable {
  /// `-` is standard input.
  public var path: String
  /// The point of capture that the user named; `nil`: as the file says.
  public var point: String?

  public init(path: String, point: String? = nil) { (self.path, self.point) = (path, point) }
}

/// All captures of a run, as one sequence of batches.
///
/// Files of one point are one capture (`CaptureOrder`). Within a file the order is that of the file,
/// whatever its times.
public final class CaptureSet {
  /// Where the frames of a batch come from.
  public struct Delivery: Sendable, Equatable {
    /// Index into the arguments.
    public var file: Int
    /// Of the whole file so far; `CapturedFrame.interface` is an index into it.
    public var interfaces: [InterfaceContext]
  }

  /// Frames refer to their file by 16 bits.
  public static let largestFileCount = 65_535
  /// So many files are kept open while the others are examined.
  static let openFileCount = 64

  /// Names of the points of capture; `InterfaceContext.point` is an index into it.
  public var points: [String] { pointTable.names }
  /// By argument: the time of the first frame; `nil` where there is none.
  public let firstFrameTimes: [Timestamp?]

  /// How many threads analyze a file that is read to its end at one go.
  public var threadCount = ThreadCount.one

  /// In the order of the arguments; what was found by following them comes after.
  private var members: [CaptureMember]
  private var schedule: MergeSchedule
  private var pointTable: PointTable
  private let filter: CaptureFilter?
  private var filtered = FrameBatch()
  /// The file that is read, until its turn is over.
  private var turn: MergeSchedule.Turn?
  /// The file of the last batch, whose frames are valid until the next one.
  private var current: CaptureMember?
  private var follower: Follower?

  /// Opens the files and finds the time of the first frame of each.
  ///
  /// - Parameter filter: in the language of pcap-filter(7); other frames are left out of the
  ///   batches, but not of the summaries.
  public init(
    _ inputs: [CaptureInputArgument], filter expression: String? = nil,
    source: CaptureSource = .automatic, order: CaptureOrder = .byTime
  ) throws(CaptureInputError) {
    if inputs.count > Self.largestFileCount {
      throw CaptureInputError(
        file: inputs[Self.largestFileCount].path,
        reason: .tooManyFiles(limit: Self.largestFileCount))
    }
    var pointTable = PointTable()
    var members: [CaptureMember] = []
    for (index, input) in inputs.enumerated() {
      let member = CaptureMember(index: index, argument: input, source: source)
      member.findFirstTime()
      member.updateInterfaces(&pointTable)
      if index >= Self.openFileCount { member.closeUntilDue() }
      members.append(member)
    }
    self.members = members
    if source == .followed { follower = Follower() }
    firstFrameTimes = members.map { $0.nextTime?.known }
    self.pointTable = pointTable
    schedule = MergeSchedule(members.filter { $0.failure == nil }, order: order)
    if let expression {
      filter = try CaptureFilter(
        expression, linkTypes: members.flatMap { $0.interfaces.map(\.linkType) })
    } else {
      filter = nil
    }
  }

  /// Replaces the frames of the batch by the next ones, which are all of one file and valid until
  /// the next call; `nil` when all were read. There may be none where a file is followed.
  public func next(into batch: inout FrameBatch) -> Delivery? {
    while let turn = turn ?? nextTurn() {
      let member = turn.member
      let status = member.nextBatch(into: &batch, limit: turn.limit)
      note(status, of: turn)
      filter?.apply(to: &batch, interfaces: member.contexts)
      if !batch.isEmpty || status == .nothingYet {
        return Delivery(file: member.index, interfaces: member.contexts)
      }
    }
    batch.removeAll()
    return isFollowing ? Delivery(file: members.count - 1, interfaces: []) : nil
  }

  /// Analyzes the next frames; returns how many there were, `nil` when all were analyzed.
  public func analyzeNext(_ analyzer: PacketAnalyzer) -> Int? {
    guard filter == nil else {
      guard let delivery = next(into: &filtered) else { return nil }
      analyzer.analyze(filtered, file: delivery.file, interfaces: delivery.interfaces)
      return filtered.count
    }
    if turn == nil, let turn = nextTurn(), turn.limit == nil {
      turn.member.divide(threadCount, options: analyzer.options)
    }
    guard let turn else { return isFollowing ? 0 : nil }
    let (status, frameCount) = turn.member.analyzeNext(
      analyzer, frameLimit: Self.analyzedFrameCount, limit: turn.limit)
    note(status, of: turn)
    return frameCount
  }

  /// How far the reading of the file came whose turn it is.
  private func note(_ status: CaptureFile.Status, of turn: MergeSchedule.Turn) {
    turn.member.updateInterfaces(&pointTable)
    switch status {
    case .frames: break
    case .nothingYet: follower?.wait(at: turn.member)
    case .limitReached, .end:
      schedule.end(turn, status)
      self.turn = nil
    }
  }

  /// So many frames are analyzed before a signal is looked at.
  private static let analyzedFrameCount = 1 << 14

  private func nextTurn() -> MergeSchedule.Turn? {
    current?.closeIfFinished()
    turn = schedule.next() ?? nextFollowed()
    current = turn?.member
    return turn
  }

  /// The file that goes on where the last one ended, once there is one.
  private func nextFollowed() -> MergeSchedule.Turn? {
    guard isFollowing, let last = members.last, let path = follower?.next(after: last) else {
      return nil
    }
    let member = CaptureMember(
      index: members.count,
      argument: CaptureInputArgument(path: path, point: last.argument.point), source: .followed)
    members.append(member)
    return MergeSchedule.Turn(member: member, limit: nil)
  }

  /// Whether more may come, until somebody asks for the end.
  private var isFollowing: Bool {
    follower != nil && !ReadingStop.isRequested && members.count < Self.largestFileCount
  }

  /// Those that are read: the arguments, and what was found by following them.
  public var paths: [String] { members.map(\.argument.path) }

  /// What was read so far: one for each file and point, in the order of the arguments.
  public func summaries() -> [CaptureSummary] {
    members.flatMap { $0.summaries(pointTable) }
  }

  /// Where the captures say that frames were dropped, in the order of the arguments.
  public func blindIntervals() -> [BlindInterval] { members.flatMap(\.blindIntervals) }

  /// What the reader of a report should know of the captures.
  public var notes: [String] {
    schedule.notes + pointTable.notes + (filter?.notes ?? []) + members.flatMap(\.notes)
      + (follower != nil && members.count == Self.largestFileCount
        ? ["\(members.count) files were read, and more are not: begin anew"] : [])
  }

  /// All that a report says of them.
  public func runDescription() -> RunDescription {
    var run = RunDescription()
    run.files = paths
    run.points = points
    run.captures = summaries()
    run.blindIntervals = blindIntervals()
    run.notes = notes
    return run
  }

  /// Of the files of which nothing could be read, in the order of the arguments.
  public var failures: [CaptureInputError] { members.compactMap(\.failure) }

  /// Octets of the files as they are stored; `octetsTotal` is `nil` where one is a pipe.
  public var progress: (octetsDone: UInt64, octetsTotal: UInt64?) {
    var done: UInt64 = 0
    var total: UInt64? = 0
    for member in members where member.failure == nil {
      done &+= member.storedOctetsRead
      total = member.storedLengthOctets.flatMap { length in total.map { $0 &+ length } }
    }
    return (done, total)
  }
}
