import ArgumentParser

/// Where options come from besides the command line (`ConfiguredArguments`, which reads it first).
struct ConfigurationArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Options from this YAML file too: its keys are their long names. Variables as \
      GAPSCOPE_DATABASE win over it, and the command line over both.
      """, valueName: "file"),
    completion: .file())
  var config: String?
}
