public import ArgumentParser
import PacketAnalysis
public import ReportFormats

/// What is said of the result, and in which form.
struct ResultArguments: ParsableArguments {
  enum Form: EnumerableFlag {
    case json
    case csv

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .json: "The report as JSON, for programs."
      case .csv: "A row for each association; with --gaps or --bucket for each of those."
      }
    }
  }

  @Flag(help: "")
  var form: Form?

  @Option(
    defaultAsFlag: GapLimit.usual,
    help: ArgumentHelp(
      "The gaps too, with their frames, times and a display filter for Wireshark.", valueName: "n"))
  var gaps: GapLimit?

  @Option(
    help: ArgumentHelp(
      "What happened in each interval of this length, 1ms or more, as in 10s, 500ms or 1m30s.",
      valueName: "duration"),
    transform: parseDuration)
  var bucket: Int64?

  @Option(help: ArgumentHelp("The order of the associations.", valueName: "column"))
  var sort: SortKey?

  @Option(
    help: ArgumentHelp(
      "Only this secure channel: 020000000a010001 or 02:00:00:00:0a:01/1; repeatable.",
      valueName: "sci"))
  var sci: [String] = []

  @Option(
    help: ArgumentHelp("Only this Security Parameters Index; repeatable.", valueName: "spi"))
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
      lost>0.01% (gaps: a count); joined with or. Status 3 wins over 2.
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
    if let bucket, bucket < Self.shortestBucketNanoseconds {
      throw ValidationError(
        "--bucket: an interval of less than 1ms is too short; most would have a frame or none.")
    }
    if form == .csv && gaps != nil && bucket != nil {
      throw ValidationError("--csv has rows of one kind: leave out --gaps or --bucket.")
    }
  }

  /// An interval costs memory for each association that has a frame in it.
  private static let shortestBucketNanoseconds: Int64 = 1_000_000

  func write(_ report: AnalysisReport) throws {
    try writeOutput { sink throws(OutputError) in
      switch form {
      case .json: try JSONReport.write(report, to: &sink)
      case .csv: try writeCSV(report, to: &sink)
      case nil: try TableReport(report, style: style).write(to: &sink)
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
    } else if bucket != nil {
      try CSVReport.buckets(report, to: &sink)
    } else {
      try CSVReport.associations(report, to: &sink)
    }
  }

  private var style: TableStyle {
    var style = page.style
    style.gapLimit = gaps?.countInTable
    style.showAll = all
    style.showBuckets = bucket != nil
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
enum GapLimit: ExpressibleByArgument, CustomStringConvertible {
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

  var description: String { "\(countInTable)" }
}

extension SortKey: ExpressibleByArgument {}
