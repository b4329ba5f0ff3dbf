import Dispatch
import Glibc
import PacketAnalysis
import Synchronization

/// A thread that analyzes a later part of a file, while the part before is analyzed by another.
final class PartThread: Sendable {
  /// What it needs to know.
  struct Task: Sendable {
    var octets: MappedOctets
    /// Stands at the beginning of the part.
    var reader: CaptureReader
    var options: AnalysisOptions
    /// Index of the file in the run.
    var file: Int
    var interfaces: [InterfaceContext]
  }

  /// What it found, if it came to the end of what it can read of its part. Handed from the thread to
  /// who waits for it, and never used by both.
  struct Result: @unchecked Sendable {
    var analyzer: PacketAnalyzer
    var reader: CaptureReader
  }

  let task: Task
  private let handle = Mutex<pthread_t?>(nil)
  private let result = Mutex<Result?>(nil)
  private let hasEnded = DispatchSemaphore(value: 0)
  private let isCancelled = Atomic<Bool>(false)
  private let doneOctets = Atomic<Int>(0)

  /// So many frames are analyzed before a signal is looked at.
  private static let frameLimit = 1 << 14

  private init(_ task: Task) { self.task = task }

  /// `nil` where the system gives us no thread.
  static func start(_ task: Task) -> PartThread? {
    let thread = PartThread(task)
    let context = Unmanaged.passRetained(thread)
    var handle = pthread_t()
    let status = pthread_create(&handle, nil, { context in
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
  var octetsRead: Int { doneOctets.load(ordering: .relaxed) }

  private func run() {
    let analyzer = PacketAnalyzer(options: task.options, isPart: true)
    var reader = task.reader
    var position = 0
    var step: ReadStep
    repeat {
      if isCancelled.load(ordering: .relaxed) || ReadingStop.isRequested { return }
      step = analyzer.analyze(
        task.octets.window(from: position), atEnd: false, limit: nil, frameLimit: Self.frameLimit,
        reader: &reader, file: task.file, interfaces: task.interfaces
      ).step
      task.octets.release(from: position, to: position + step.consumedOctets)
      position += step.consumedOctets
      doneOctets.store(position, ordering: .relaxed)
    } while step.status == .batchFull
    analyzer.settlePart()
    let found = Result(analyzer: analyzer, reader: reader)
    result.withLock { $0 = found }
  }

  /// Waits for its end, but not for long. Returns whether it has ended.
  func wait(milliseconds: Int) -> Bool {
    guard hasEnded.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else {
      return false
    }
    join()
    return true
  }

  /// What it found, once it has ended.
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
