internal import Configuration

/// The variables of the environment that are options.
struct EnvironmentVariables {
  private static let prefix = "GAPSCOPE_"
  /// Without the prefix, as the provider knows no other.
  private var variables: [String: String] = [:]

  /// Fails where a variable looks like an option and is none. Others are somebody else's: what starts
  /// a process may have put names of its own there.
  init(_ environment: [String: String], known: [String]) throws(ConfigurationError) {
    let names = known.map(Self.variable)
    for (variable, value) in environment.sorted(by: { $0.key < $1.key }) {
      guard variable.hasPrefix(Self.prefix), !value.isEmpty else { continue }
      if names.contains(variable) {
        variables[String(variable.dropFirst(Self.prefix.count))] = value
      } else if let nearest = NearestName.of(variable, among: names),
        NearestName.distance(variable, nearest) <= Self.largestMistake(in: nearest)
      {
        throw ConfigurationError(variable, .unknownVariable(nearest: nearest))
      }
    }
  }

  /// A slip or two; of a short name not so many that it would be another.
  private static func largestMistake(in name: String) -> Int {
    min(2, (name.count - prefix.count) / 3)
  }

  static func variable(_ option: String) -> String {
    prefix + String(option.uppercased().map { $0 == "-" ? "_" : $0 })
  }

  var provider: EnvironmentVariablesProvider {
    EnvironmentVariablesProvider(environmentVariables: variables)
  }

  func origin(of option: CommandOption) -> String? {
    let variable = Self.variable(option.name)
    return variables[String(variable.dropFirst(Self.prefix.count))].map { _ in variable }
  }
}
