import Dispatch
import PacketAnalysis
import Synchronization

/// What a live capture sees, as pcapng files, written by a thread of its own: the capture never waits
/// for the disk.
///
/// What the disk does not take is left out, and counted: in the files too, as frames that the
/// capturing machine dropped.
public final class CaptureRecording: Sendable {
  private let queue = DispatchQueue(label: "gapscope.recording")
  private let interfaceCount: Int
  /// Used by the queue alone.
  private let files: Mutex<RecordingFiles>
  private let state: Mutex<State>

  private struct State {
    var counts = Counts()
    /// On their way to the disk.
    var waitingOctets = 0
    var waitingFrames: UInt64 = 0
    /// Portions that were written, or could not be.
    var doneCount = 0
    var missing: [MissingFrames] = []
    var buffers: [[UInt8]] = []
    var news: News?
    /// Since it was told; `nil` while nothing fails.
    var lastFailure: ContinuousClock.Instant?
  }

  /// What became of the frames.
  public struct Counts: Sendable, Equatable {
    public var writtenFrames: UInt64 = 0
    /// There was no room for them, or the disk was too slow.
    public var lostFrames: UInt64 = 0
    public init() {}
  }

  public enum News: Sendable, Equatable {
    case failed(RecordingError)
    /// A file may not be whole: its disk says so only now that it is closed.
    case incomplete(RecordingError)
    /// Writing works again.
    case resumed
  }

  /// More does not wait for a slow disk.
  private static let mostWaitingOctets = 64 << 20
  private static let mostBuffers = 8
  /// A disk that is full still takes what is small enough, now and then.
  private static let calm = Duration.seconds(1)
  /// So long the end waits for a disk that takes nothing.
  private static let patience = DispatchTimeInterval.seconds(1)

  init(
    _ options: RecordingOptions, interfaces: [CaptureInterface], filter: String?
  ) throws(RecordingError) {
    files = Mutex(try RecordingFiles(options, interfaces: interfaces, filter: filter))
    state = Mutex(State())
    interfaceCount = interfaces.count
  }

  /// Returns a buffer that can be used again.
  func write(_ portion: RecordedPortion) -> [UInt8] {
    let frames = portion.frames.reduce(0, +)
    let (isTaken, buffer) = state.withLock { state -> (Bool, [UInt8]) in
      guard state.waitingOctets + portion.octets.count <= Self.mostWaitingOctets else {
        state.missing.join(portion.asMissing)
        state.counts.lostFrames += frames
        return (false, [])
      }
      state.waitingOctets += portion.octets.count
      state.waitingFrames += frames
      return (true, state.buffers.popLast() ?? [])
    }
    if isTaken { queue.async { self.writeNow(portion) } }
    return buffer
  }

  private func writeNow(_ portion: RecordedPortion) {
    var portion = portion
    portion.missing = state.withLock { $0.missing.take() } + portion.missing
    let frames = portion.frames.reduce(0, +)
    var failure: RecordingError?
    let closingError = files.withLock { files in
      do throws(RecordingError) { try files.write(portion) } catch { failure = error }
      return files.closingError.take()
    }
    state.withLock { state in
      state.waitingOctets -= portion.octets.count
      state.waitingFrames -= frames
      state.doneCount += 1
      if let closingError { state.news = .incomplete(closingError) }
      if state.buffers.count < Self.mostBuffers { state.buffers.append(portion.octets) }
      if let failure {
        state.missing.join(portion.asMissing)
        state.counts.lostFrames += frames
        if state.lastFailure == nil { state.news = .failed(failure) }
        state.lastFailure = .now
      } else {
        state.counts.writtenFrames += frames
        if let last = state.lastFailure, ContinuousClock.now - last > Self.calm {
          (state.news, state.lastFailure) = (.resumed, nil)
        }
      }
    }
  }

  /// What changed since it was asked for; each change is told once.
  public func takeNews() -> News? { state.withLock { $0.news.take() } }

  public var counts: Counts { state.withLock { $0.counts } }

  /// Writes what is on its way, as long as the disk takes some of it, and ends the last file.
  public func finish() {
    let isFinished = DispatchSemaphore(value: 0)
    queue.async {
      self.finishNow()
      isFinished.signal()
    }
    var done = state.withLock { $0.doneCount }
    while isFinished.wait(timeout: .now() + Self.patience) == .timedOut {
      let (before, frames) = (done, state.withLock { $0.waitingFrames })
      done = state.withLock { $0.doneCount }
      if done == before {
        return state.withLock { $0.counts.lostFrames += frames }
      }
    }
  }

  private func finishNow() {
    var rest = RecordedPortion(interfaceCount: interfaceCount)
    rest.missing = state.withLock { $0.missing.take() }
    let closingError = files.withLock { files in
      if !rest.missing.isEmpty { try? files.write(rest) }
      files.close()
      return files.closingError
    }
    if let closingError { state.withLock { $0.news = .incomplete(closingError) } }
  }
}

extension [MissingFrames] {
  fileprivate mutating func take() -> [MissingFrames] {
    defer { self = [] }
    return self
  }
}
