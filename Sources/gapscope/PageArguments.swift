import ArgumentParser
import ReportFormats

/// How text for people looks.
struct PageArguments: ParsableArguments {
  enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
  }

  @Option(
    help: ArgumentHelp(
      "The width of the table, 60 to 1000. (default: the terminal's, else COLUMNS, else 100)",
      valueName: "columns"))
  var width: Int?

  @Option(help: ArgumentHelp("Colour in the table.", valueName: "when"))
  var color = ColorChoice.auto

  func validate() throws {
    if let width, !Self.widths.contains(width) {
      throw ValidationError(
        "--width \(width) is not from \(Self.widths.lowerBound) to \(Self.widths.upperBound).")
    }
  }

  private static let widths = TableStyle.narrowest...1_000

  var style: TableStyle {
    TableStyle(
      width: width ?? Terminal.width,
      color: color == .always || color == .auto && Terminal.takesColor)
  }
}
