import ArgumentParser
import PacketAnalysis
import ReportFormats

/// `gapscope merge`: the report of captures of which transcripts are left.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Report what the parts of a capture say together, from their transcripts.",
    usage: "gapscope merge [<options>] <transcript> ...",
    discussion: """
      The report is that of analyze of the captures themselves, named in the order of their first \
      frames. The order of the transcripts does not matter, unless --in-order says so, and a part \
      that is given twice counts once.

      EXAMPLES:
        gapscope merge monday.transcript tuesday.transcript
        gapscope merge --json *.transcript > report.json
        gapscope merge -q --fail-if 'lost>0' *.transcript
        cat *.transcript | gapscope merge --database link.db -
      """)

  @Argument(
    help: "Transcripts, each with one part or several; - is standard input.", completion: .file())
  var transcripts: [String]

  @OptionGroup
  var order: OrderArguments

  @OptionGroup(title: "RESULTS")
  var results: ResultArguments

  @OptionGroup(visibility: .private)
  var refused: RefusedArguments

  func run() throws {
    let store = StoreAttempt(path: results.database)
    let (report, options) = try merged()
    try results.deliver(report, options: options, to: store) { report in
      let isWhole = tellHealth(of: report.captures, files: report.files)
      if !results.quiet { for note in report.notes { printNotice("Note: \(note)") } }
      return isWhole
    }
  }

  private func merged() throws -> (AnalysisReport, AnalysisOptions) {
    do {
      var parts: [TranscriptPart] = []
      for path in transcripts {
        parts += try TranscriptPart.parts(
          of: readOctets(of: path, mayBegin: TranscriptPart.mayBegin), named: path)
      }
      let merge = try TranscriptMerge(parts, inOrder: order.inOrder)
      if !results.quiet {
        for name in merge.repeated {
          printNotice("Note: \(name) is the same as a part before it, and counts once")
        }
      }
      return (try merge.report(), merge.options)
    } catch let error as TranscriptError {
      throw Failure("\(error)")
    }
  }
}
