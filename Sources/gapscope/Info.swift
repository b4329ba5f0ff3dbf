import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

/// `gapscope info`: what is in captures, without analyzing them.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Say what is in captures: format, link types, packets, times, drops.",
    usage: "gapscope info [<options>] <file> ...",
    discussion: """
      EXAMPLES:
        gapscope info link.pcap
        gapscope info --json *.pcapng
        zstdcat archive.pcap.zst | gapscope info -
      """)

  @Argument(
    help: "Captures: pcap or pcapng, also compressed by gzip, zstd or lz4; - is standard input.",
    completion: .file())
  var files: [String]

  @Flag(help: "The same as JSON, for programs.")
  var json = false

  @OptionGroup(title: "PAGE")
  var page: PageArguments

  @Flag(name: .shortAndLong, help: "Neither progress nor notes on standard error.")
  var quiet = false

  func run() throws {
    listenToSignals()
    let reading = try CaptureReading(files.map { CaptureInputArgument(path: $0) })
    reading.readAll(showsProgress: !quiet)
    var report = AnalysisReport()
    let run = reading.description
    report.files = run.files
    report.points = run.points
    report.captures = run.captures
    report.blindIntervals = run.blindIntervals
    report.notes = run.notes

    try writeOutput { sink throws(OutputError) in
      if json {
        try CaptureInfoReport.writeJSON(report, to: &sink)
      } else {
        try CaptureInfoReport(report, style: page.style).write(to: &sink)
      }
    }
    if !reading.tell(report, isQuiet: quiet) { throw ExitCode.inputDamaged }
  }
}
