import LiveCapture
import PacketAnalysis
import ReportFormats

/// A line on the terminal while a capture runs.
struct LiveProgress {
  private let isShown: Bool
  private let clock = ContinuousClock()
  private var lastUpdate: ContinuousClock.Instant
  private var lastCount: UInt64 = 0
  private var isVisible = false

  private static let interval = Duration.seconds(1)

  init(isShown: Bool) {
    self.isShown = isShown
    lastUpdate = clock.now
  }

  mutating func update(_ capture: LiveCapture, _ analyzer: RingAnalysis) {
    guard isShown else { return }
    let now = clock.now
    guard now >= lastUpdate + Self.interval else { return }
    let counts = capture.counts
    let captured = counts.reduce(0) { $0 &+ $1.captured }
    let line = LiveProgressLine(
      packets: captured, newPackets: captured - lastCount, elapsed: now - lastUpdate,
      analysis: analyzer.progress, dropped: counts.reduce(0) { $0 &+ $1.dropped },
      down: counts.filter(\.isDown).map(\.name))
    Terminal.replaceLine(line.text(width: Terminal.errorWidth - 1))
    (lastUpdate, lastCount, isVisible) = (now, captured, true)
  }

  mutating func clear() {
    if isVisible { Terminal.replaceLine("") }
    isVisible = false
  }
}
