public import PacketAnalysis
import Synchronization

/// The analysis of a live capture: one analyzer for each ring, which knows only the channels of that
/// ring, and is used by its thread. They are joined when something is asked of them.
///
/// Belongs to the thread that drives the capture.
public final class RingAnalysis: AnalysisInProgress {
  let parts: [Part]
  private var isStill = false

  /// An analyzer, and a lock that no other ring's thread ever waits for: only who asks takes it.
  final class Part {
    let analyzer: PacketAnalyzer
    let lock = Mutex<Void>(())
    init(_ options: AnalysisOptions) { analyzer = PacketAnalyzer(options: options) }
  }

  public init(options: AnalysisOptions, ringCount: Int) {
    parts = (0..<max(ringCount, 1)).map { _ in Part(options) }
  }

  public func snapshot() -> AnalysisSnapshot {
    whileStill {
      parts.count == 1
        ? parts[0].analyzer.snapshot()
        : AnalysisSnapshot(joining: parts.map { $0.analyzer.snapshot() })
    }
  }

  public var progress: AnalysisProgress {
    whileStill {
      parts.reduce(into: AnalysisProgress()) { sum, part in
        let progress = part.analyzer.progress
        sum.associations += progress.associations
        sum.lost += progress.lost
      }
    }
  }

  /// Decides what is still open and reports. To be called once, when the capture is over.
  public func finish(_ run: RunDescription) -> AnalysisReport {
    if parts.count == 1 { return parts[0].analyzer.finish(run) }
    return snapshot().finish(run)
  }

  public func whileStill<Result>(_ body: () -> Result) -> Result {
    if isStill { return body() }
    isStill = true
    defer { isStill = false }
    var result: Result?
    lock(from: 0) { result = body() }
    guard let result else { preconditionFailure("the body was not called") }
    return result
  }

  private func lock(from index: Int, _ body: () -> Void) {
    guard index < parts.count else { return body() }
    parts[index].lock.withLock { _ in lock(from: index + 1, body) }
  }
}
