import AnalysisStore
import ArgumentParser
import CaptureInput
import LiveCapture
import PacketAnalysis
import ReportFormats

/// `gapscope analyze`: what was lost, reordered and duplicated.
struct Analyze: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Report what captures say was lost, reordered and duplicated.",
    usage: "gapscope analyze [<options>] <file> ...",
    discussion: """
      Several files are one capture: an association goes on from one to the next. Results go to \
      standard output, everything else to standard error.

      EXAMPLES:
        gapscope analyze link.pcap
        gapscope analyze --gaps 50 --sci 020000000a010001 link.pcap
        gapscope analyze --json ring_*.pcapng.zst > report.json
        gapscope analyze --point a=near.pcap --point b=far.pcap --database link.db
        gapscope analyze --bucket 10s --csv link.pcap > timeline.csv
        gapscope analyze -q --fail-if 'lost>0.01% or duplicates>0' test.pcap
        gapscope analyze --follow --database live.db ring_00001.pcap
        gapscope analyze --pace original --speed 10 link.pcap
        sudo gapscope analyze --pace fixed --pps 100000 -o eth1 link.pcap
        ssh probe tcpdump -i eth0 -c 100000 -w - | gapscope analyze -
      """)

  @OptionGroup(title: "INPUT")
  var input: InputArguments

  @OptionGroup(title: "INPUT")
  var order: OrderArguments

  @OptionGroup(title: "INPUT")
  var following: FollowArguments

  @OptionGroup(title: "INPUT")
  var threads: ThreadArguments

  @OptionGroup(title: "INPUT")
  var configuration: ConfigurationArguments

  @OptionGroup(title: "RESULTS")
  var results: ResultArguments

  @OptionGroup(title: "RESULTS")
  var buckets: BucketArguments

  @OptionGroup(title: "RULES FOR NUMBERS")
  var tracking: TrackingArguments

  @OptionGroup(title: "LIMITS")
  var limits: LimitArguments

  @OptionGroup(title: "REPLAY")
  var replay: ReplayArguments

  @OptionGroup(title: "FOLLOWING AND REPLAY")
  var storing: StoreArguments

  func validate() throws {
    try buckets.check(with: results)
  }

  func run() throws {
    try replay.check(input.captures)
    try replay.check(results)
    try following.check(input.captures, replay: replay)
    let lasts = following.follow || replay.given != nil
    listenToSignals(reloads: lasts && ConfiguredArguments.file != nil)
    var reading = try CaptureReading(
      input.captures, filter: input.expression, source: following.source,
      order: order.inOrder ? .asGiven : .byTime)
    if let pace = replay.given, let interface = replay.output {
      return try send(&reading, at: pace, on: interface)
    }
    let store = StoreAttempt(path: results.database, storing)
    if lasts { try store?.requireOpened() }
    reading.tellMore = { store?.tellStatistics() }
    let analyzer = PacketAnalyzer(options: options)
    var (reloading, results) = (Reloading(), results)
    func lookAround(_ description: () -> RunDescription) {
      reloading.reloadIfAsked(changeable: Self.changeable) { (new: Analyze, _) in
        results = new.results
        store?.change(to: new.storing)
      }
      store?.keepIfDue(analyzer, options: options, description: description)
    }
    if let pace = replay.given {
      try reading.replay(
        with: analyzer, pace: pace, times: replay.times, isQuiet: results.quiet, keep: lookAround)
    } else if following.follow {
      reading.analyze(
        with: analyzer, threadCount: .one, showsProgress: !results.quiet, keep: lookAround)
    } else {
      reading.analyze(
        with: analyzer, threadCount: threads.count, showsProgress: !results.quiet)
    }
    let report = analyzer.finish(reading.description)
    if let miss = input.selection.miss(in: report) { printNotice("Note: \(miss)") }
    try results.deliver(report, options: options, to: store) {
      if !results.quiet { store?.tell() }
      return reading.tell($0, isQuiet: results.quiet)
    }
  }

  /// What SIGHUP can change.
  private static let changeable = ResultArguments.changeable.union(StoreArguments.changeable)
  /// Sends the frames instead of analyzing them.
  private func send(
    _ reading: inout CaptureReading, at pace: Pace, on interface: String
  ) throws {
    let target: SendingTarget
    do {
      target = SendingTarget(sender: try InterfaceSender(interface), times: input.times)
    } catch {
      throw Failure("\(error)")
    }
    try reading.replay(
      with: target, pace: pace, times: replay.times, isQuiet: results.quiet, keep: { _ in })
    let isWhole = reading.tellFailures()
    target.tell()
    if target.sender.failed > 0 { throw ExitCode.failure }
    if !isWhole { throw ExitCode.inputDamaged }
  }

  private var options: AnalysisOptions {
    AnalysisOptions(input, tracking, limits: limits, buckets: buckets)
  }
}
