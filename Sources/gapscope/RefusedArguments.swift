import ArgumentParser

/// Options of `analyze` that `transcript` and `merge` know only to say why they have no place there.
struct RefusedArguments: ParsableArguments {
  @Option(help: .private, transform: { _ in throw ValidationError(Self.bucketRefusal) })
  var bucket: Int64?

  @Option(help: .private, transform: { _ in throw ValidationError(Self.limitRefusal) })
  var maxAssociations: Int?

  @Option(help: .private, transform: { _ in throw ValidationError(Self.limitRefusal) })
  var maxGaps: Int?

  @Option(help: .private, transform: { _ in throw ValidationError(Self.limitRefusal) })
  var idleTimeout: Int64?

  private static let bucketRefusal =
    "A transcript has no times inside its runs: --bucket needs the captures, with analyze."

  private static let limitRefusal =
    """
    A transcript has all that arrived, so that merged ones are exact: --max-associations, \
    --max-gaps and --idle-timeout are for analyze.
    """
}
