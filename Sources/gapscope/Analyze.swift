import AnalysisStore
import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

/// `gapscope analyze`: what was lost, reordered and duplicated.
struct Analyze: ParsableCommand {
  static let configuration = CommandConfiguration(
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
        ssh probe tcpdump -i eth0 -c 100000 -w - | gapscope analyze -
      """)

  @OptionGroup(title: "INPUT")
  var input: InputArguments

  @OptionGroup(title: "RESULTS")
  var results: ResultArguments

  @OptionGroup(title: "RULES FOR NUMBERS")
  var tracking: TrackingArguments

  func run() throws {
    endReadingOnSignals()
    let reading = try CaptureReading(input.captures, filter: input.filter)
    let store = StoreAttempt(path: results.database)
    let analyzer = PacketAnalyzer(options: options)
    reading.analyze(
      with: analyzer, threadCount: input.threadCount, showsProgress: !results.quiet)
    var report = analyzer.finish(reading.description)
    store?.keep(report, options: options)

    try results.selection.apply(to: &report)
    try results.write(report)
    let isComplete = reading.tell(report, isQuiet: results.quiet)
    let exceeded = results.failIf?.exceeded(by: report) ?? []
    // A gate that has nothing to judge must not pass.
    let judgesNothing =
      results.failIf != nil && exceeded.isEmpty && report.associations.isEmpty
    let isSelection = try !results.selection.isEverything
    if judgesNothing {
      printNotice("Error: --fail-if has nothing to judge: there is no association")
    } else if report.associations.isEmpty, isSelection {
      printNotice("Note: no association matches the selection")
    }
    for condition in exceeded { printNotice("Threshold exceeded: \(condition)") }

    if store?.hasFailed == true || judgesNothing { throw ExitCode.failure }
    if !exceeded.isEmpty { throw ExitCode.thresholdExceeded }
    if !isComplete { throw ExitCode.inputDamaged }
  }

  private var options: AnalysisOptions {
    var options = AnalysisOptions()
    options.tracking = tracking.options
    options.bucketNanoseconds = results.bucket
    options.macsecEtherTypes = input.macsecEtherTypes
    options.espPorts = input.espPorts
    options.from = input.from
    options.to = input.to
    return options
  }
}
