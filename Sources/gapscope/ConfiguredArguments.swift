import ArgumentParser
import ConfigurationInput
import Glibc

/// The arguments of this process: those of the command line, and before them what the configuration
/// file and the environment say.
///
/// So all options are parsed and checked in one way, and the later wins.
struct ConfiguredArguments {
  /// For the argument parser.
  let all: [String]
  /// `nil`: the command is not one that can be configured.
  let settings: Settings?

  static let atStart = Result { try ConfiguredArguments() }

  /// Reads file and environment as they are now.
  init() throws {
    // What is no UTF-8 was replaced: a name in it would be that of another file.
    if let argument = CommandLine.arguments.first(where: { $0.contains("\u{FFFD}") }) {
      throw ValidationError(
        "'\(argument)' is not UTF-8: give the file another name, or let the shell open it (-)")
    }
    let commandLine = OptionalValues.spelledOut(Array(CommandLine.arguments.dropFirst()))
    guard let name = commandLine.first, let wordsSay = Self.configurable[name],
      Set(commandLine).isDisjoint(with: ["-h", "--help"])
    else {
      (all, settings) = (commandLine, nil)
      return
    }
    let rest = Array(commandLine.dropFirst())
    let environment = Self.environment
    let path = Self.configurationPath(in: rest) ?? environment[Self.pathVariable]
    guard path != nil || environment.keys.contains(where: { $0 != Self.pathVariable }) else {
      (all, settings) = (commandLine, nil)
      return
    }
    let tree = CommandTree(dump: Self.dump())
    let settings = try Settings(
      file: path.map { path in try Self.read(path) },
      environment: environment.filter { $0.key != Self.pathVariable },
      options: tree?.options(of: name) ?? [],
      otherOptions: Self.configurable.keys.flatMap { tree?.options(of: $0) ?? [] }.map(\.name)
        + Self.otherVariables)
    self.settings = settings
    all = [name] + settings.arguments(before: rest, wordsSay: wordsSay) + rest
  }

  /// Where the options that a text names come from, if not from the command line.
  func origins(named text: String) -> [(option: String, origin: String)] {
    (settings?.origins ?? [:]).filter { option, _ in
      text.contains("--\(option)") && all.contains { $0.hasPrefix("--\(option)") }
    }.map { ($0, $1) }.sorted { $0.option < $1.option }
  }

  /// The configuration file, which may say something else some day.
  static var file: String? {
    configurationPath(in: CommandLine.arguments) ?? environment[pathVariable]
  }

  /// Subcommands with `--config`, and the option whose place their words take.
  private static let configurable: [String: String?] = [
    "analyze": String?.none, "capture": "filter", "serve": String?.none,
  ]
  private static let pathVariable = "GAPSCOPE_CONFIG"
  /// Variables that stand for no option, `GAPSCOPE_CONFIG` and `GAPSCOPE_TOKEN`, as an option would be named.
  private static let otherVariables = ["config", "token"]

  private static func configurationPath(in arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { return nil }
      if argument.hasPrefix("--config=") { return String(argument.dropFirst("--config=".count)) }
      if argument == "--config", index + 1 < arguments.count { return arguments[index + 1] }
    }
    return nil
  }

  /// Octets: of a configuration that somebody wrote.
  private static let longestFile = 1 << 20

  private static func read(_ path: String) throws -> ConfigurationFile {
    let text = String(decoding: try readOctets(of: path, atMost: longestFile), as: UTF8.self)
    return try ConfigurationFile(path: path, text: text)
  }

  /// What the parser tells programs of the options.
  private static func dump() -> String {
    do {
      _ = try Gapscope.parseAsRoot(["--experimental-dump-help"])
      return ""
    } catch {
      return Gapscope.message(for: error)
    }
  }

  /// The variables that may be ours.
  private static var environment: [String: String] {
    var variables: [String: String] = [:]
    // The list belongs to the process, which does not change it.
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      let parts = unsafe String(cString: entry).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, parts[0].hasPrefix("GAPSCOPE_"), !parts[1].isEmpty {
        variables[String(parts[0])] = String(parts[1])
      }
      unsafe next += 1
    }
    return variables
  }
}
