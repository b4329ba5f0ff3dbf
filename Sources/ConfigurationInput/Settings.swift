internal import Configuration

/// What a configuration file and the environment say of the options of a command.
///
/// A key of the file is the long name of an option, a variable that name in capitals behind
/// `GAPSCOPE_`. What the environment says of an option takes the place of what the file says, and the
/// command line that of both, lists too.
public struct Settings: Sendable {
  /// The values of each option that has some: one, or as many as a list has; a flag has one, `true` or
  /// `false`.
  public private(set) var values: [String: [String]] = [:]
  /// Where they come from, for messages: `gapscope.yaml:7`, `GAPSCOPE_DATABASE`.
  public private(set) var origins: [String: String] = [:]
  private let options: [CommandOption]

  /// - Parameters:
  ///   - file: `nil`: there is none.
  ///   - environment: all of it; variables of others are left alone.
  ///   - options: of the command.
  ///   - otherOptions: names of options of other commands, of which the environment may speak.
  public init(
    file: ConfigurationFile?, environment: [String: String], options: [CommandOption],
    otherOptions: [String] = []
  ) throws(ConfigurationError) {
    self.options = options
    let options = options.filter(\.isConfigurable)
    let variables = try EnvironmentVariables(environment, known: options.map(\.name) + otherOptions)
    let layers = ConfigReader(providers: [
      variables.provider, try file?.provider(for: options) ?? InMemoryProvider(values: [:]),
    ])
    for option in options {
      let key = ConfigKey([option.name])
      let value =
        option.isRepeating
        ? layers.stringArray(forKey: key) : layers.string(forKey: key).map { [$0] }
      guard let value else { continue }
      let origin = variables.origin(of: option) ?? file?.origin(of: option) ?? ""
      origins[option.name] = origin
      values[option.name] = option.isFlag ? [try Self.truth(value, origin: origin)] : value
    }
  }

  private static func truth(
    _ value: [String], origin: String
  ) throws(ConfigurationError) -> String {
    switch value[0].lowercased() {
    case "true", "yes", "on", "1": return "true"
    case "false", "no", "off", "0": return "false"
    default: throw ConfigurationError(origin, .noTruth(value[0]))
    }
  }

  /// Arguments that say the same, to be put before those of the command line; without what the
  /// command line says itself.
  ///
  /// - Parameter wordsSay: the option whose place the words of the command line take.
  public func arguments(before commandLine: [String], wordsSay: String? = nil) -> [String] {
    var given = CommandLineContents(commandLine, options: options)
    if given.hasWords, let wordsSay { given.names.insert(wordsSay) }
    return options.filter { !given.names.contains($0.name) }.flatMap { option in
      let values = values[option.name] ?? []
      return option.isFlag
        ? values.filter { $0 == "true" }.map { _ in "--\(option.name)" }
        : values.map { "--\(option.name)=\($0)" }
    }
  }

  /// The options of which another configuration says something else.
  public func differences(from other: Settings) -> Set<String> {
    Set(values.keys).union(other.values.keys).filter { values[$0] != other.values[$0] }
  }
}
