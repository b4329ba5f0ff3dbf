import ArgumentParser
import ReportFormats

/// Intervals of time, of which only captures know.
struct BucketArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What happened in each interval of this length, 1ms or more, as in 10s, 500ms or 1m30s; with \
      --csv a row for each.
      """,
      valueName: "duration"),
    transform: parseDuration)
  var bucket: Int64?

  func validate() throws {
    if let bucket, bucket < Self.shortestNanoseconds {
      throw ValidationError(
        "--bucket: an interval of less than 1ms is too short; most would have a frame or none.")
    }
  }

  /// A CSV has rows of one kind.
  func check(with results: ResultArguments) throws {
    if results.form == .csv && results.gaps != nil && bucket != nil {
      throw ValidationError("--csv has rows of one kind: leave out --gaps or --bucket.")
    }
  }

  /// An interval costs memory for each association that has a frame in it.
  private static let shortestNanoseconds: Int64 = 1_000_000
}
