import ArgumentParser
import LiveCapture
import ReportFormats

/// `gapscope interfaces`: what can be captured.
struct Interfaces: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interfaces",
    abstract: "List the interfaces of this machine, and why some cannot be captured.",
    discussion: """
      EXAMPLES:
        gapscope interfaces
        gapscope interfaces --json
      """)

  @Flag(help: "The same as JSON, for programs.")
  var json = false

  @OptionGroup(title: "PAGE")
  var page: PageArguments

  func run() throws {
    let report = InterfaceReport(InterfaceList.all(), style: page.style)
    try writeOutput { sink throws(OutputError) in
      if json { try report.writeJSON(to: &sink) } else { try report.write(to: &sink) }
    }
  }
}
