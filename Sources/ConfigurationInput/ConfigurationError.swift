/// What is wrong with a configuration, and where.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    case noYAML(String)
    /// Neither empty nor keys with values.
    case noMapping
    /// A key is no text.
    case noKey
    case unknownKey(String, nearest: String?)
    case unknownVariable(nearest: String)
    case twice(String)
    /// Of an option that takes one value.
    case list(String)
    /// A mapping, or a list of lists.
    case tooDeep(String)
    /// Of an option without a value.
    case noTruth(String)
  }

  /// `gapscope.yaml:7`, or the name of a variable.
  public var place: String
  public var reason: Reason

  public init(_ place: String, _ reason: Reason) { (self.place, self.reason) = (place, reason) }

  public var description: String { "\(place): \(reasonText)" }

  private var reasonText: String {
    switch reason {
    case .noYAML(let problem): "no YAML: \(problem)"
    case .noMapping: "has no keys; write 'name: value', with the long name of an option"
    case .noKey: "a key is the long name of an option"
    case .unknownKey(let key, let nearest):
      "'\(key)' is no option of this command" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
    case .unknownVariable(let nearest): "names no option; did you mean \(nearest)?"
    case .twice(let key): "'\(key)' is there twice"
    case .list(let key): "'\(key)' takes one value, not a list"
    case .tooDeep(let key): "'\(key)' takes a value or a list of values, nothing deeper"
    case .noTruth(let value): "'\(value)' is neither true nor false"
    }
  }
}
