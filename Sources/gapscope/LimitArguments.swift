import ArgumentParser
import PacketAnalysis

/// How much an analysis may keep; `docs/sequence-tracking.md` says what is given up beyond it.
struct LimitArguments: ParsableArguments {
  private static let defaults = AnalysisLimits()

  @Option(
    help: ArgumentHelp(
      """
      Rows of associations that are kept, and as many plain flows; frames of further ones are \
      counted together. none: as many as there is memory for.
      """,
      valueName: "n"))
  var maxAssociations = CountLimit(count: defaults.associations)

  @Option(
    help: ArgumentHelp(
      """
      Gaps whose place is kept; the numbers of further ones are lost for good. none: as many as \
      there is memory for.
      """,
      valueName: "n"))
  var maxGaps = CountLimit(count: defaults.gaps)

  var limits: AnalysisLimits {
    var limits = Self.defaults
    limits.associations = maxAssociations.count
    limits.gaps = maxGaps.count
    return limits
  }
}

/// A count of at least 1, or `none`.
struct CountLimit: ExpressibleByArgument {
  var count: Int

  init(count: Int) { self.count = count }

  init?(argument: String) {
    if argument == "none" {
      count = .max
    } else {
      guard let count = Int(argument), count > 0 else { return nil }
      self.count = count
    }
  }

  var defaultValueDescription: String { "\(count)" }
}
