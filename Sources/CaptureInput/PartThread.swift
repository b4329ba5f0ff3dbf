import Glibc
import PacketAnalysis
import Synchronization

/// A thread that analyzes a later part of a file, while the part before is analyzed by another.
final class PartThread: Sendable {
  /// What it needs to know.
  struct Task: Sendable {
    var input: InputFile
    /// Stands at the beginning of the part.
    var reader: CaptureReader
    /// Where the part after it begins, or the file ends.
    var end: UInt64
    var options: AnalysisOptions
    /// Index of the file in the run.
    var file: Int
    var interfaces: [InterfaceContext]
  }

  /// What it found. Handed from the thread to who waits for it, and never used by both.
  struct Result: @unchecked Sendable {
    var analyzer: PacketAnalyzer
    var reader: CaptureReader
  }

  private let task: Task
  private let handle = Mutex<pthread_t?>(nil)
  private let result = Mutex<Result?>(nil)
  private let hasEnded = Semaphore(count: 0)
  private let isCancelled = Atomic<Bool>(false)
  private let doneOctets = Atomic<UInt64>(0)

  /// So many frames are analyzed before a signal is looked at.
  private static let frameLimit = 1 << 14

  private init(_ task: Task) { self.task = task }

  /// `nil` where the system gives us no thread.
  static func start(_ task: Task) -> PartThread? {
    let thread = PartThread(task)
    let context = Unmanaged.passRetained(thread)
    var handle = pthread_t()
    let status = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        let thread = Unmanaged<PartThread>.fromOpaque(context).takeRetainedValue()
        thread.run()
        thread.hasEnded.signal()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      return nil
    }
    thread.handle.withLock { $0 = handle }
    return thread
  }

  /// Octets of its part that were analyzed so far.
  var octetsRead: UInt64 { doneOctets.load(ordering: .relaxed) }

  // MARK: In the thread

  private func run() {
    guard let source = task.input.mappedSource(from: task.reader.offset) else { return }
    let analyzer = PacketAnalyzer(options: task.options, isPart: true)
    var reader = task.reader
    guard analyze(source, &reader, analyzer) else { return }
    analyzer.settlePart()
    let found = Result(analyzer: analyzer, reader: reader)
    result.withLock { $0 = found }
  }

  /// As far as records can be read, but not beyond the part. No, where that is to count for nothing.
  private func analyze(
    _ source: MappedFile, _ reader: inout CaptureReader, _ analyzer: PacketAnalyzer
  ) -> Bool {
    var needed = 1
    while true {
      if isCancelled.load(ordering: .relaxed) || ReadingStop.isRequested { return false }
      source.prepare(octets: needed)
      let rest = task.end - reader.offset
      let window = source.window.prefix(Int(clamping: rest))
      let step = analyzer.analyze(
        UnsafeRawBufferPointer(rebasing: window), atEnd: false, limit: nil,
        frameLimit: Self.frameLimit, reader: &reader, file: task.file, interfaces: task.interfaces
      ).step
      source.consume(step.consumedOctets)
      // Who reads the parts before reads this one too, and decides what is given up.
      if analyzer.hasReachedLimit { return false }
      // The file was shortened: who reads the parts before will see it.
      if source.lostOctets != nil || source.failure != nil { return false }
      doneOctets.store(reader.offset - task.reader.offset, ordering: .relaxed)
      guard isWorthJoining(analyzer.partAssociationCount, frameCount: reader.frameCount) else {
        return false
      }
      switch step.status {
      case .batchFull: needed = 1
      case .needsMore(let octets) where UInt64(window.count) < rest: needed = octets
      default: return true
      }
    }
  }

  /// Whether joining so many associations takes less than reading the part once more would.
  ///
  /// - Parameter frameCount: frames of the part so far; the rest is taken to be like them.
  private func isWorthJoining(_ associations: Int, frameCount: UInt64) -> Bool {
    guard associations > Self.alwaysJoined else { return true }
    let octets = Double(task.end - task.reader.offset)
    let frames = Double(frameCount) * octets / Double(max(octetsRead, 1))
    return Double(associations) * Self.framesWorthOneAssociation
      <= frames + octets / Self.octetsWorthOneFrame
  }

  /// So few are joined in no time.
  private static let alwaysJoined = 1 << 14
  /// What it costs to join an association of two parts, in short frames to analyze.
  private static let framesWorthOneAssociation = 8.0
  /// What it costs to map pages of a file, likewise.
  private static let octetsWorthOneFrame = 750.0

  // MARK: For the others

  /// Waits for its end, but not for long. Returns whether it has ended.
  func wait(milliseconds: Int) -> Bool {
    guard hasEnded.wait(milliseconds: milliseconds) else { return false }
    join()
    return true
  }

  /// What it found, once it has ended; `nil` where that counts for nothing.
  func takeResult() -> Result? { result.withLock { $0.take() } }

  /// Ends it early and waits for that.
  func stop() {
    isCancelled.store(true, ordering: .relaxed)
    join()
  }

  private func join() {
    handle.withLock { handle in
      if let running = handle { pthread_join(running, nil) }
      handle = nil
    }
  }
}
