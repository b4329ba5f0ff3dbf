import AnalysisStore
import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

/// `gapscope analyze`: what was lost, reordered and duplicated.
struct Analyze: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Report what captures say was lost, reordered and duplicated.",
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
    let captures = try openCaptures()
    let store = StoreAttempt(path: results.database)
    var report = analyze(captures)
    store?.keep(report, options: options)

    try results.selection.apply(to: &report)
    try results.write(report)
    for failure in captures.failures { printNotice("Error: \(failure)") }
    for damage in damages(of: report) { printNotice("Error: \(damage)") }
    if !results.quiet { for note in report.notes { printNotice("Note: \(note)") } }
    let exceeded = results.failIf?.exceeded(by: report) ?? []
    for condition in exceeded { printNotice("Threshold exceeded: \(condition)") }

    if store?.hasFailed == true { throw ExitCode.failure }
    if !exceeded.isEmpty { throw ExitCode.thresholdExceeded }
    if !captures.failures.isEmpty || !damages(of: report).isEmpty { throw ExitCode.inputDamaged }
  }

  private func openCaptures() throws -> CaptureSet {
    let captures: CaptureSet
    do {
      captures = try CaptureSet(input.captures, filter: input.filter)
    } catch {
      if case .badFilter = error.reason { throw ValidationError("\(error)") }
      throw error
    }
    if captures.failures.count == input.captures.count {
      throw Failure(captures.failures.map(\.description).joined(separator: "\n"))
    }
    return captures
  }

  private func analyze(_ captures: CaptureSet) -> AnalysisReport {
    let analyzer = PacketAnalyzer(options: options)
    var progress = Progress(isShown: Terminal.isError && !results.quiet)
    var batch = FrameBatch()
    while !ReadingStop.isRequested, let delivery = captures.next(into: &batch) {
      analyzer.analyze(batch, file: delivery.file, interfaces: delivery.interfaces)
      progress.update(packets: batch.count, captures)
    }
    progress.clear()

    var run = RunDescription()
    run.files = input.captures.map(\.path)
    run.points = captures.points
    run.captures = captures.summaries()
    run.blindIntervals = captures.blindIntervals()
    run.notes = captures.notes
    if ReadingStop.isRequested {
      run.notes.append("interrupted: the captures were not read to their end")
    }
    return analyzer.finish(run)
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

  /// A sentence for each file that is damaged.
  private func damages(of report: AnalysisReport) -> [String] {
    var seen: Set<Int> = []
    return report.captures.compactMap { capture in
      guard let damage = capture.damaged, seen.insert(capture.file).inserted else { return nil }
      return """
        \(report.files[capture.file]): damaged at octet \(damage.offset): \(damage.reason); \
        what comes before was analyzed
        """
    }
  }
}
