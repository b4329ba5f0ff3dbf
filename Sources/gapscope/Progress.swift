import CaptureInput
import PacketAnalysis
import ReportFormats

/// A line on the terminal while an analysis runs, for those that last.
struct Progress {
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var nextUpdate: ContinuousClock.Instant
  private var packets: UInt64 = 0
  private var isVisible = false

  private static let delay = Duration.milliseconds(500)
  private static let interval = Duration.milliseconds(200)

  init(isShown: Bool) {
    self.isShown = isShown
    start = clock.now
    nextUpdate = start + Self.delay
  }

  /// Some packets more were analyzed.
  mutating func update(packets more: Int, _ captures: CaptureSet) {
    guard isShown else { return }
    packets += UInt64(more)
    let now = clock.now
    guard now >= nextUpdate else { return }
    nextUpdate = now + Self.interval
    let (octetsDone, octetsTotal) = captures.progress
    let line = ProgressLine(
      octetsDone: octetsDone, octetsTotal: octetsTotal, packets: packets, elapsed: now - start)
    Terminal.replaceLine(line.text(width: Terminal.errorWidth - 1))
    isVisible = true
  }

  mutating func clear() {
    if isVisible { Terminal.replaceLine("") }
    isVisible = false
  }
}
