import ArgumentParser
import PacketAnalysis

/// The limits of the rules for numbers; `docs/sequence-tracking.md` says what each is for.
struct TrackingArguments: ParsableArguments {
  private static let defaults = TrackingOptions()

  @Option(
    help: ArgumentHelp(
      "H: how far above the highest number one is taken at once.", valueName: "numbers"))
  var horizon = defaults.horizon

  @Option(
    help: ArgumentHelp(
      "W, at most 16384 and H: how far below the lowest; also the frames that settle doubts.",
      valueName: "numbers"))
  var window = defaults.window

  @Option(
    help: ArgumentHelp(
      "S, at most W: how near 1 a restarted sender begins, and the frames that make an AN away.",
      valueName: "numbers"))
  var start = defaults.start

  @Option(
    help: ArgumentHelp(
      "K, 2 to 16: rising numbers that confirm a jump, restart or return.", valueName: "n"))
  var confirmations = defaults.confirmations

  @Option(
    help: ArgumentHelp(
      """
      Frames per second of the fastest link, a whole number: a jump that it could not have carried \
      is skipped.
      """,
      valueName: "rate"))
  var fastestLink = defaults.fastestFramesPerSecond

  func validate() throws {
    try require(horizon, "--horizon", within: TrackingOptions.horizonLimits)
    try require(window, "--window", within: TrackingOptions.windowLimits)
    try require(start, "--start", within: TrackingOptions.windowLimits)
    try require(confirmations, "--confirmations", within: TrackingOptions.confirmationLimits)
    try require(fastestLink, "--fastest-link", within: TrackingOptions.fastestFramesLimits)
    guard window <= horizon && start <= window else {
      throw ValidationError(
        "--start must not be greater than --window, and --window not greater than --horizon.")
    }
  }

  var options: TrackingOptions {
    var options = TrackingOptions()
    options.horizon = horizon
    options.window = window
    options.start = start
    options.confirmations = confirmations
    options.fastestFramesPerSecond = fastestLink
    return options
  }
}
