import AnalysisServer
import ArgumentParser
import LiveCapture
import PacketAnalysis
import ReportFormats

/// `gapscope capture`: the same analysis, of what interfaces see.
struct Capture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Report what is lost, reordered and duplicated on interfaces, live.",
    usage: "gapscope capture -i <interface> ... [<options>] [<filter> ...]",
    discussion: """
      Takes the frames that interfaces see until SIGINT, SIGTERM, --count or --duration, then \
      reports as analyze does. Each interface is a point of capture. What this machine dropped \
      itself is told apart from what the link lost. It takes the capability CAP_NET_RAW.

      EXAMPLES:
        gapscope capture -i eth0
        gapscope capture -i eth0 --duration 1m --json ether proto 0x88e5
        gapscope capture -i near -i far --database link.db
        gapscope capture -i eth0 --direction in -f 'esp or udp port 4500'
        gapscope capture -i eth0 --database live.db --listen 127.0.0.1:8080
        gapscope capture -i eth0 -w link.pcapng --rotate-size 100MB --rotate-files 10
        sudo gapscope capture -i eth0 -Z "$USER" --buffer-size 256
      """)

  @OptionGroup(title: "INPUT")
  var input: InterfaceArguments

  @OptionGroup(title: "INPUT")
  var configuration: ConfigurationArguments

  @OptionGroup(title: "END")
  var end: CaptureEnd

  @OptionGroup(title: "FILES")
  var recording: RecordingArguments

  @OptionGroup(title: "RESULTS")
  var results: ResultArguments

  @Flag(
    help: "Show the worst associations while it runs, on the whole terminal; q ends it.")
  var top = false

  @OptionGroup(title: "RESULTS")
  var buckets: BucketArguments

  @OptionGroup(title: "RESULTS")
  var storing: StoreArguments

  @OptionGroup(title: "SERVING")
  var serving: ServingArguments

  @OptionGroup(title: "RULES FOR NUMBERS")
  var tracking: TrackingArguments

  @OptionGroup(title: "LIMITS")
  var limits: LimitArguments

  func validate() throws {
    try buckets.check(with: results)
    try serving.check(with: results)
  }

  func run() throws {
    if top { try LiveView.check() }
    try recording.check(with: results)
    listenToSignals(reloads: ConfiguredArguments.file != nil)
    var reading = try LiveReading(input)
    let store = StoreAttempt(path: results.database, storing)
    try store?.requireOpened()
    try reading.record(recording)
    reading.tellMore = { store?.tellStatistics() }
    reading.blindBefore = store?.blindIntervals(sinceLastRunAt: reading.names) ?? []
    let server = try serving.start(for: results)
    let analyzer = RingAnalysis(options: options, ringCount: input.rings)
    try reading.begin(analyzer, until: end)
    var (reloading, results) = (Reloading(), results)
    try reading.analyze(
      with: analyzer, until: end, isQuiet: results.quiet, showsTop: top
    ) { description in
      reloading.reloadIfAsked(changeable: Self.changeable) { (new: Capture, changed) in
        if changed.contains("filter") { try reading.replaceFilter(by: new.input) }
        results = new.results
        store?.change(to: new.storing)
      }
      store?.keepIfDue(analyzer, options: options, description: description)
    }
    server?.stop()
    reading.finishRecording(isQuiet: results.quiet)
    let report = analyzer.finish(reading.description)
    // It has no end of its own that could have been missed.
    try results.deliver(report, options: options, to: store, isPart: false) { report in
      if !results.quiet {
        reading.tell(report)
        store?.tell()
      }
      return true
    }
    if reading.hasLostRecordedFrames { throw ExitCode.failure }
  }

  /// What SIGHUP can change.
  private static let changeable =
    ResultArguments.changeable.union(StoreArguments.changeable).union(["filter"])

  private var options: AnalysisOptions {
    AnalysisOptions(input.decoding, tracking, limits: limits, buckets: buckets)
  }
}

/// When a capture ends, besides by a signal.
struct CaptureEnd: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("After so many frames, of all interfaces together.", valueName: "n"))
  var count: Int?

  @Option(
    help: ArgumentHelp("After this time, as in 10s, 500ms or 1m30s.", valueName: "duration"),
    transform: parseDuration)
  var duration: Int64?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count \(count) is less than 1.") }
  }
}
