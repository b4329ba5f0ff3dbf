import PacketAnalysis

/// One file of a set, from its first examination to its summary.
final class CaptureMember {
  /// Among the arguments.
  let index: Int
  let argument: CaptureInputArgument
  private let source: CaptureSource

  /// Of the next frame; `absent` where it has none, `nil` where there is no next frame.
  private(set) var nextTime: Timestamp?
  /// Nothing of the file could be read.
  private(set) var failure: CaptureInputError?
  private(set) var isFinished = false
  private(set) var storedLengthOctets: UInt64?

  /// Those that were described so far.
  var interfaces: [CaptureInterface] { file?.interfaces ?? interfacesAtEnd }
  /// What the reader has is looked at and not kept: it would be copied for each new interface.
  private var interfacesAtEnd: [CaptureInterface] = []
  private(set) var contexts: [InterfaceContext] = []
  private var dropsAtEnd = DropList()
  private var damage: CaptureSummary.Damage?
  private var format = CaptureSummary.Format.pcap
  private var storedOctetsAtEnd: UInt64 = 0
  private var file: CaptureFile?
  private var stateAtEnd: FileState?
  /// Of a file that describes no interface.
  private var ownPoint: UInt16?

  init(index: Int, argument: CaptureInputArgument, source: CaptureSource) {
    self.index = index
    self.argument = argument
    self.source = source
  }

  var storedOctetsRead: UInt64 { file?.storedOctetsRead ?? storedOctetsAtEnd }

  /// Opens the file and reads up to its first frame.
  func findFirstTime() {
    var none = FrameBatch()
    while !isFinished, nextTime == nil {
      let status = nextBatch(into: &none, limit: .absent)
      if status == .nothingYet { return }
      note(status)
    }
  }

  /// Many files need not be open all the time; a pipe cannot be opened again.
  func closeUntilDue() {
    guard storedLengthOctets != nil, argument.path != "-" else { return }
    interfacesAtEnd = interfaces
    file = nil
  }

  /// The frames of the last batch are no longer valid.
  func closeIfFinished() {
    if isFinished { file = nil }
  }

  func nextBatch(into batch: inout FrameBatch, limit: Timestamp?) -> CaptureFile.Status {
    guard let file = opened() else {
      batch.removeAll()
      return .end
    }
    return file.nextBatch(into: &batch, limit: limit)
  }

  func analyzeNext(
    _ analyzer: PacketAnalyzer, frameLimit: Int, limit: Timestamp?
  ) -> (status: CaptureFile.Status, frameCount: Int) {
    guard let file = opened() else { return (.end, 0) }
    return file.analyzeNext(
      analyzer, index: index, interfaces: contexts, frameLimit: frameLimit, limit: limit)
  }

  /// Lets threads analyze later parts of the file, which is read to its end from here on.
  func divide(_ count: ThreadCount, options: AnalysisOptions) {
    opened()?.divide(count, options: options, index: index, interfaces: contexts)
  }

  /// Remembers how reading went on.
  func note(_ status: CaptureFile.Status) {
    switch status {
    case .frames, .nothingYet: break
    case .limitReached(let next): nextTime = next
    case .end:
      isFinished = true
      nextTime = nil
      guard let file else { return }
      failure = file.failure
      damage = file.damage
      interfacesAtEnd = file.interfaces
      format = file.format ?? format
      dropsAtEnd = file.drops
      stateAtEnd = file.state
      storedOctetsAtEnd = storedLengthOctets ?? file.storedOctetsRead
    }
  }

  private func opened() -> CaptureFile? {
    if let file { return file }
    guard failure == nil, !isFinished else { return nil }
    do throws(CaptureInputError) {
      let file = try CaptureFile(path: argument.path, source: source)
      // What is still being written has no length yet.
      storedLengthOctets = source == .followed ? nil : file.storedLengthOctets
      self.file = file
    } catch {
      failure = error
    }
    return file
  }

  // MARK: Following

  /// Of a file that is followed: it ends where it ends now.
  func complete() { file?.complete() }

  /// It was begun anew, or cut, by whoever writes it.
  var wasShortened: Bool { damage?.reason == InputFile.wasShortened }

  /// What the file system says of the file that is read, whatever has its path by now.
  var fileState: FileState? { file?.state ?? stateAtEnd }

  /// The latest time of those that were read.
  var lastTime: Timestamp? { interfaces.compactMap(\.statistics.lastTime).max() }

  // MARK: Interfaces and points

  /// Gives the interfaces that are new their points.
  func updateInterfaces(_ points: inout PointTable) {
    guard let file, file.interfaceCount > contexts.count else {
      if isFinished, failure == nil, contexts.isEmpty, ownPoint == nil {
        ownPoint = points.index(of: argument.point ?? PointTable.defaultName)
      }
      return
    }
    if let format = file.format { self.format = format }
    for interface in file.interfaces[contexts.count...] {
      contexts.append(
        InterfaceContext(
          linkType: interface.linkType, fcsLengthOctets: Int(interface.fcsLengthOctets ?? 0),
          point: points.index(of: PointTable.name(of: interface, argument: argument))))
    }
  }

  // MARK: Results

  /// One for each point, in the order of the interfaces.
  func summaries(_ points: PointTable) -> [CaptureSummary] {
    guard failure == nil else { return [] }
    let interfaces = self.interfaces
    var summaries: [CaptureSummary] = []
    var statistics: [FrameStatistics] = []
    var positions: [UInt16: Int] = [:]
    for (interface, context) in zip(interfaces, contexts) {
      let position: Int
      if let known = positions[context.point] {
        position = known
      } else {
        position = summaries.count
        positions[context.point] = position
        var summary = CaptureSummary(file: index, format: format, point: Int(context.point))
        summary.linkType = interface.linkType
        summary.snapLength = interface.snapLength
        summaries.append(summary)
        statistics.append(FrameStatistics())
      }
      statistics[position].add(interface.statistics)
      summaries[position].add(interface)
    }
    if let ownPoint {
      summaries.append(CaptureSummary(file: index, format: format, point: Int(ownPoint)))
      statistics.append(FrameStatistics())
    }
    for position in summaries.indices {
      summaries[position].set(statistics[position])
      summaries[position].damaged = damage
    }
    return summaries
  }

  private var drops: DropList { file?.drops ?? dropsAtEnd }

  var blindIntervals: [BlindInterval] {
    drops.records.filter { $0.interface < contexts.count }.map {
      BlindInterval(
        point: Int(contexts[$0.interface].point), start: $0.start, end: $0.end, reason: $0.reason,
        drops: $0.drops)
    }
  }

  var notes: [String] {
    let milliseconds = drops.joinedNanoseconds / 1_000_000
    guard milliseconds > 0 else { return [] }
    return [
      "\(argument.path): intervals with drops less than \(milliseconds) ms apart were joined, since there "
        + "were too many"
    ]
  }
}

extension CaptureSummary {
  /// Adds an interface of the same point.
  fileprivate mutating func add(_ interface: CaptureInterface) {
    snapLength =
      snapLength == 0 || interface.snapLength == 0 ? 0 : max(snapLength, interface.snapLength)
    guard let drops = interface.drops else { return }
    capturedDrops = (capturedDrops ?? 0).addingClamped(drops)
  }
}
