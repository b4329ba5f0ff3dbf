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
      "W, at most 16384: how far below the lowest; also the frames that settle doubts.",
      valueName: "numbers"))
  var window = defaults.window

  @Option(
    help: ArgumentHelp(
      "S: how near 1 a restarted sender begins, and the frames that make an AN away.",
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
    try require(horizon, "--horizon", within: 1...(1 << 30))
    // Doubts are settled within so many frames, each of which may have to be held against all others.
    try require(window, "--window", within: 1...(1 << 14))
    try require(start, "--start", within: 1...(1 << 24))
    try require(UInt64(max(0, confirmations)), "--confirmations", within: 2...16)
    try require(fastestLink, "--fastest-link", within: 1...1_000_000_000_000)
    guard window <= horizon && start <= window else {
      throw ValidationError(
        "--start must not be greater than --window, and --window not greater than --horizon.")
    }
  }

  private func require(
    _ value: UInt64, _ name: String, within limits: ClosedRange<UInt64>
  ) throws {
    guard limits.contains(value) else {
      throw ValidationError(
        "\(name) \(value) is not from \(limits.lowerBound) to \(limits.upperBound).")
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
