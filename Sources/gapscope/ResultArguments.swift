public import ArgumentParser
import PacketAnalysis
public import ReportFormats

/// What is said of the result, and in which form.
struct ResultArguments: ParsableArguments {
  enum Form { case json, csv }

  @Flag(help: "The report as JSON, for programs.")
  var json = false

  @Flag(help: "A row for each association; with --gaps one for each gap.")
  var csv = false

  var form: Form? { json ? .json : csv ? .csv : nil }

  // `OptionalValues` says what is meant where the value is left out: the parser, told so itself, would
  // pass over a value behind which more options come.
  @Option(
    help: ArgumentHelp(
      """
      The gaps too, with their frames, times and a display filter for Wireshark; without a number the \
      20 largest, in CSV all.
      """,
      valueName: "n"))
  var gaps: GapLimit?

  @Option(help: ArgumentHelp("The order of the associations.", valueName: "column"))
  var sort: SortKey?

  @Option(
    help: ArgumentHelp(
      "Only this secure channel: 020000000a010001 or 02:00:00:00:0a:01/1; repeatable.",
      valueName: "sci"))
  var sci: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Only this Security Parameters Index: 0x1001; eight digits without 0x are hexadecimal too, \
      others decimal; repeatable.
      """, valueName: "spi"))
  var spi: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only associations with this MAC or IP address; repeatable.", valueName: "address"))
  var address: [String] = []

  @Flag(help: "All associations; otherwise 50 at most, and those of a single packet in one line.")
  var all = false

  @OptionGroup
  var page: PageArguments

  @Option(
    help: ArgumentHelp(
      """
      Exit with status 3 where this holds of the selected associations: lost, duplicates, \
      reordered, suspects, skipped, malformed or gaps, then > or >=, then a count or a share, as in \
      lost>0.01% (gaps: a count); joined with or. Status 3 wins over 2; where it cannot be judged \
      it is 1.
      """, valueName: "condition"),
    transform: Threshold.init(parsing:))
  var failIf: Threshold?

  @Option(
    help: ArgumentHelp(
      "Store the result, whatever is selected, in this SQLite database; the same run once.",
      valueName: "file"),
    completion: .file())
  var database: String?

  @Flag(name: .shortAndLong, help: "Neither progress nor notes on standard error.")
  var quiet = false

  func validate() throws {
    do {
      _ = try selection
    } catch {
      throw ValidationError("\(error)")
    }
    if case .unreadable(let text) = gaps {
      throw ValidationError("--gaps: '\(text)' is no number of gaps.")
    }
    if json && csv {
      throw ValidationError("--json and --csv are two forms of one report: leave one of them out.")
    }
  }

  func write(_ report: AnalysisReport) throws {
    try writeOutput { sink throws(OutputError) in
      switch form {
      case .json: try JSONReport.write(report, to: &sink)
      case .csv: try writeCSV(report, to: &sink)
      case nil:
        var style = style
        style.showBuckets = report.bucketNanoseconds != nil
        try TableReport(report, style: style).write(to: &sink)
      }
    }
  }

  private func writeCSV(
    _ report: AnalysisReport, to sink: inout FileDescriptorSink
  ) throws(OutputError) {
    if let gaps {
      var report = report
      if case .count(let count) = gaps { report.gaps = ReportRows(report.gaps.prefix(count)) }
      try CSVReport.gaps(report, to: &sink)
    } else if report.bucketNanoseconds != nil {
      try CSVReport.buckets(report, to: &sink)
    } else {
      try CSVReport.associations(report, to: &sink)
    }
  }

  private var style: TableStyle {
    var style = page.style
    style.gapLimit = gaps?.countInTable
    style.showAll = all
    style.sort = sort ?? .lost
    return style
  }

  var selection: RowSelection {
    get throws(ValueError) {
      try RowSelection(sci: sci, spi: spi, addresses: address, sort: sort)
    }
  }
}

/// How many gaps are shown.
enum GapLimit: ExpressibleByArgument {
  /// `usualCount` in a table; in CSV all of them.
  case usual
  case count(Int)
  /// The parser would take a value that is refused for one that was left out.
  case unreadable(String)

  static let usualCount = 20
  /// What stands for the value where it was left out (`OptionalValues`).
  static let usualName = "usual"

  init(argument: String) {
    if argument == Self.usualName {
      self = .usual
    } else if let count = Int(argument), count >= 0 {
      self = .count(count)
    } else {
      self = .unreadable(argument)
    }
  }

  var countInTable: Int {
    if case .count(let count) = self { count } else { Self.usualCount }
  }
}

extension SortKey: ExpressibleByArgument {}
