internal import Configuration
internal import Yams

/// A configuration file: YAML, whose keys are names of options.
public struct ConfigurationFile: Sendable {
  public let path: String
  private let entries: [Entry]

  private struct Entry {
    var key: String
    var line: Int
    var values: [String]
    var isList: Bool
  }

  /// - Parameter text: what is in it.
  public init(path: String, text: String) throws(ConfigurationError) {
    self.path = path
    var entries: [Entry] = []
    for (key, value) in try Self.pairs(text, path: path) {
      let line = key.mark?.line ?? 0
      func fail(_ reason: ConfigurationError.Reason) -> ConfigurationError {
        ConfigurationError("\(path):\(line)", reason)
      }
      guard let name = key.scalar?.string else { throw fail(.noKey) }
      switch value {
      case .scalar(let scalar):
        // A key without a value is one that was left open.
        let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
        let values = isNull ? [] : [scalar.string]
        entries.append(Entry(key: name, line: line, values: values, isList: false))
      case .sequence(let items):
        let values = items.compactMap { $0.scalar?.string }
        guard values.count == items.count else { throw fail(.tooDeep(name)) }
        entries.append(Entry(key: name, line: line, values: values, isList: true))
      case .mapping, .alias: throw fail(.tooDeep(name))
      }
    }
    self.entries = entries
  }

  private static func pairs(
    _ text: String, path: String
  ) throws(ConfigurationError) -> [(key: Node, value: Node)] {
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch let error as YamlError {
      throw ConfigurationError(error, path: path)
    } catch {
      throw ConfigurationError(path, .noYAML("it cannot be read"))
    }
    // Comments only.
    guard let root, root.null == nil else { return [] }
    guard let mapping = root.mapping else { throw ConfigurationError(path, .noMapping) }
    return mapping.map { ($0.key, $0.value) }
  }

  /// Fails where there is a key that is no option, or a list for an option that takes one value.
  func provider(for options: [CommandOption]) throws(ConfigurationError) -> InMemoryProvider {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for entry in entries {
      let origin = "\(path):\(entry.line)"
      guard let option = options.first(where: { $0.name == entry.key }) else {
        let nearest = NearestName.of(entry.key, among: options.map(\.name))
        throw ConfigurationError(origin, .unknownKey(entry.key, nearest: nearest))
      }
      if entry.isList, !option.isRepeating {
        throw ConfigurationError(origin, .list(entry.key))
      }
      guard entry.isList || !entry.values.isEmpty else { continue }
      let content: ConfigContent =
        option.isRepeating ? .stringArray(entry.values) : .string(entry.values[0])
      values[AbsoluteConfigKey([entry.key])] = ConfigValue(content, isSecret: false)
    }
    return InMemoryProvider(name: path, values: values)
  }

  func origin(of option: CommandOption) -> String? {
    entries.first { $0.key == option.name }.map { "\(path):\($0.line)" }
  }
}

extension ConfigurationError {
  fileprivate init(_ error: YamlError, path: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init("\(path):\(mark.line)", .noYAML(problem))
    case .duplicatedKeysInMapping(let duplicates, let context):
      self.init(
        "\(path):\(context.mark.line)",
        .twice(duplicates.sorted().first ?? ""))
    case .reader(let problem, _, _, _): self.init(path, .noYAML(problem))
    // Its own words may repeat what is in the file, which may be another than was meant.
    default: self.init(path, .noYAML("it cannot be read"))
    }
  }
}
