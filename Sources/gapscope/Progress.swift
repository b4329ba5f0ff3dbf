import CaptureInput
import PacketAnalysis
import ReportFormats
import TrafficGenerator

/// How far the reading or writing of captures is: a line on the terminal for those that last, and whenever
/// SIGUSR1 asks for it.
final class Progress {
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

  /// Some packets more were read.
  func count(packets more: Int) { packets += UInt64(more) }

  func show(_ captures: CaptureSet) { show { captures.progress } }

  func show(_ writing: GeneratorProgress) {
    packets = UInt64(writing.frames)
    show {
      // As if those to come were as long as those before.
      let total = Double(writing.octets) * Double(writing.totalFrames) / Double(writing.frames)
      return (writing.octets, UInt64(total))
    }
  }

  private func show(_ octets: () -> (octetsDone: UInt64, octetsTotal: UInt64?)) {
    guard isShown else { return }
    let now = clock.now
    guard now >= nextUpdate else { return }
    nextUpdate = now + Self.interval
    let (octetsDone, octetsTotal) = octets()
    let line = ProgressLine(
      octetsDone: octetsDone, octetsTotal: octetsTotal, packets: packets, elapsed: now - start)
    Terminal.replaceLine(line.text(width: Terminal.errorWidth - 1))
    isVisible = true
  }

  func tellStatistics(_ analysis: AnalysisProgress?) {
    clear()
    let line = StatisticsLine(
      packets: packets, elapsed: clock.now - start, analysis: analysis)
    printNotice(line.text)
  }

  func clear() {
    if isVisible { Terminal.replaceLine("") }
    isVisible = false
  }
}
