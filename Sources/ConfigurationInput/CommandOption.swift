/// An option of a command, as far as a configuration has to know it.
public struct CommandOption: Sendable, Equatable {
  /// The long one, without the dashes.
  public var name: String
  /// Those of one character, likewise.
  public var shortNames: [String]
  /// It has no value.
  public var isFlag: Bool
  /// It may be given many times.
  public var isRepeating: Bool
  /// Not so where it asks for something else than the work of the command, or says where the
  /// configuration is.
  var isConfigurable: Bool { !["help", "version", "config"].contains(name) }

  public init(
    _ name: String, shortNames: [String] = [], isFlag: Bool = false, isRepeating: Bool = false
  ) {
    (self.name, self.shortNames) = (name, shortNames)
    (self.isFlag, self.isRepeating) = (isFlag, isRepeating)
  }
}

/// Which options a command line has, whatever their values.
struct CommandLineContents {
  var names: Set<String> = []
  /// What is no option and no value of one.
  private(set) var hasWords = false

  init(_ arguments: [String], options: [CommandOption]) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        hasWords = hasWords || !rest.isEmpty
        return
      }
      if argument.hasPrefix("--") {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1)
        guard let option = options.first(where: { $0.name == parts.first ?? "" }) else { continue }
        names.insert(option.name)
        if !option.isFlag, parts.count == 1 { rest = rest.dropFirst() }
      } else if argument.hasPrefix("-"), argument != "-" {
        for (index, letter) in argument.dropFirst().enumerated() {
          let option = options.first { $0.shortNames.contains(String(letter)) }
          guard let option else { break }
          names.insert(option.name)
          if option.isFlag { continue }
          if index == argument.count - 2 { rest = rest.dropFirst() }
          break
        }
      } else {
        hasWords = true
      }
    }
  }
}
