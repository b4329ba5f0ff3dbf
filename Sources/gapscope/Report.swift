import AnalysisServer
import AnalysisStore
import ArgumentParser
import PacketAnalysis
import ReportFormats

/// `gapscope report`: the page of a run in one file.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make a page of a database that can be mailed and printed: one file, with pictures.",
    usage: "gapscope report --database <database> --html <file> [<options>]",
    discussion: """
      The page is that of serve, with what it shows inside: it loads nothing. It holds the state of \
      one moment; the database is only read, and may be written at the same time.

      EXAMPLES:
        gapscope report --database live.db --html report.html
        gapscope report --database live.db --run 3 --pictures 50 --html run3.html
        gapscope report --database live.db --html - | gzip > report.html.gz
      """)

  @Option(help: "The database of analyze or capture.", completion: .file())
  var database: String

  @Option(
    help: ArgumentHelp(
      "The file to write; - is standard output. One that is there is replaced.", valueName: "file"),
    completion: .file())
  var html: String

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "The run, by its number; the latest unless told otherwise.", valueName: "number"))
  var number: Int64?

  @Option(
    help: ArgumentHelp(
      "How many associations, the worst ones, can be opened and have pictures; 0 to 100.",
      valueName: "n"))
  var pictures = 20

  @Flag(name: .shortAndLong, help: "Do not say what was written.")
  var quiet = false

  func validate() throws {
    guard PageReport.pictureLimits.contains(pictures) else {
      throw ValidationError("--pictures takes 0 to 100")
    }
    guard number ?? 1 > 0 else {
      throw ValidationError("--run takes the number of a run, from 1 on")
    }
  }

  func run() throws {
    try refuseDatabase()
    try requireDescriptors(16, for: "reading a database")
    let report: PageReport
    do throws(StoreError) {
      report = try PageReport(
        database: database, run: number.map { .number($0) } ?? .latest, pictures: pictures)
    } catch {
      throw Failure("\(error)")
    }
    // Only now: what was there before stays where there is nothing to write.
    var file = try OutputFile(path: html)
    try file.write(report.html)
    try file.close()
    if !quiet, html != "-" {
      printNotice(
        """
        Wrote \(html): run \(report.run), \(grouped(UInt64(report.associations))) associations, \
        \(humane(octets: UInt64(report.html.count)))
        """)
    }
  }

  private func refuseDatabase() throws(Failure) {
    for name in [database, database + "-wal", database + "-shm"] where isSameFile(name, html) {
      throw Failure("\(html): is the database itself; name another file with --html")
    }
  }
}
