import LiveCapture
import PacketAnalysis

/// What a replay hands its frames to.
protocol ReplayTarget {
  /// - Parameter frames: indices into the batch; `nil`: all.
  func analyze(
    _ batch: borrowing FrameBatch, frames: Range<Int>?, file: Int, interfaces: [InterfaceContext])
  /// The captures are read once more.
  func beginAgain()
  /// `nil` where nothing is analyzed.
  var progressOfAnalysis: AnalysisProgress? { get }
}

extension PacketAnalyzer: ReplayTarget {
  var progressOfAnalysis: AnalysisProgress? { progress }
}

/// Sends the frames, so that a capture can be tested end to end.
struct SendingTarget: ReplayTarget {
  let sender: InterfaceSender
  /// Frames of other times are left out.
  let times: ClosedRange<Timestamp>?

  func analyze(
    _ batch: borrowing FrameBatch, frames: Range<Int>?, file: Int, interfaces: [InterfaceContext]
  ) {
    let frames = frames ?? 0..<batch.count
    guard let times else { return sender.send(batch, frames: frames, interfaces: interfaces) }
    for frame in frames where times.contains(batch[frame].time) {
      sender.send(batch, frames: frame..<frame + 1, interfaces: interfaces)
    }
  }

  func beginAgain() {}
  var progressOfAnalysis: AnalysisProgress? { nil }

  /// The last line: what became of the frames.
  func tell() {
    var line = "\(sender.name): \(sender.sent) packets sent, \(sender.failed) failed"
    if let reason = sender.lastFailure { line += " (\(reason))" }
    printNotice(line)
  }
}
