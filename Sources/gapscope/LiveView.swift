import ArgumentParser
import CaptureInput
import Glibc
import LiveCapture
import PacketAnalysis
import ReportFormats

/// The terminal of `capture --top`: the worst associations, drawn anew each second and for each key.
final class LiveView {
  private let maker = LiveScreenMaker()
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private var nextState: ContinuousClock.Instant
  private var sort = LiveSort.lost
  /// What was drawn: how many states there were, and how large the terminal was.
  private var drawn: (states: Int, columns: Int, lines: Int)?

  private static let interval = Duration.seconds(1)
  /// Of the thread that makes the screen.
  private static let descriptors = 8

  /// Throws where there is no terminal that can show it.
  static func check() throws {
    guard Terminal.isError, Terminal.isInput else {
      throw ValidationError(
        "--top takes a terminal, for standard error and for the keys (and not TERM=dumb).")
    }
    try requireDescriptors(Self.descriptors, for: "--top")
  }

  /// Takes the terminal over.
  init() throws {
    guard Terminal.takeScreen() else {
      throw Failure("the terminal cannot be taken over: \(systemMessage(errno))")
    }
    begin = clock.now
    nextState = begin
  }

  /// Between two blocks of frames.
  func update(
    _ capture: LiveCapture, _ analyzer: RingAnalysis, description: () -> RunDescription
  ) {
    if clock.now >= nextState, !maker.isMaking {
      nextState = clock.now + Self.interval
      let (snapshot, description) = analyzer.whileStill { (analyzer.snapshot(), description()) }
      let counts = capture.counts
      let names = counts.map { $0.name + ($0.isDown ? " (down)" : "") }.joined(separator: ", ")
      let (packets, dropped) = (
        counts.reduce(0) { $0 &+ $1.captured }, counts.reduce(0) { $0 &+ $1.dropped }
      )
      let elapsed = clock.now - begin
      maker.show {
        LiveScreen.State(
          report: snapshot.finish(description), names: names, packets: packets, dropped: dropped,
          elapsed: elapsed)
      }
    }
    if let key = Terminal.pressedKey() {
      if key == "q" { ReadingStop.request() }
      if let sort = LiveSort(key: key) { self.sort = sort }
      drawn = nil
    }
    draw()
  }

  private func draw() {
    let now = (maker.stateCount, Terminal.errorWidth, Terminal.errorHeight)
    if let drawn, drawn == now { return }
    drawn = now
    Terminal.draw(
      maker.lines(width: now.1, height: now.2, sort: sort, message: Terminal.lastHeldNotice))
  }

  /// Leaves the terminal as it was, with what was to be said meanwhile.
  func end() { Terminal.leaveScreen() }
}
