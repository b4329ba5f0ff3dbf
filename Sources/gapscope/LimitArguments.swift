import ArgumentParser
import PacketAnalysis
import ReportFormats

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

  @Option(
    help: ArgumentHelp(
      """
      An association without a frame for this long, at least 10s, is closed (12h, 30d): beyond \
      --max-associations it makes room for others, counted together.
      """, valueName: "duration"),
    transform: parseDuration)
  var idleTimeout: Int64?

  func validate() throws {
    if let idleTimeout, idleTimeout < AnalysisLimits.leastIdleNanoseconds {
      throw ValidationError(
        "--idle-timeout takes \(durationText(AnalysisLimits.leastIdleNanoseconds)) or more.")
    }
  }

  var limits: AnalysisLimits {
    var limits = Self.defaults
    limits.associations = maxAssociations.count
    limits.gaps = maxGaps.count
    limits.idleNanoseconds = idleTimeout
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
