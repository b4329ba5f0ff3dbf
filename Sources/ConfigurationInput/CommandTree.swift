internal import FoundationEssentials

/// The options of a command and of its subcommands, as the argument parser tells them to programs
/// (`--experimental-dump-help`).
public struct CommandTree: Sendable {
  private let commands: [String: [CommandOption]]

  /// - Parameter dump: JSON, in the parser's form for tools, version 0.
  public init?(dump: String) {
    guard let tool = try? JSONDecoder().decode(Tool.self, from: Data(dump.utf8)) else { return nil }
    var commands: [String: [CommandOption]] = [:]
    for command in tool.command.subcommands ?? [] {
      commands[command.commandName] = (command.arguments ?? []).compactMap(CommandOption.init)
    }
    self.commands = commands
  }

  /// `nil`: there is no such subcommand.
  public func options(of subcommand: String) -> [CommandOption]? { commands[subcommand] }
}

private struct Tool: Decodable {
  var command: Command

  struct Command: Decodable {
    var commandName: String
    var subcommands: [Command]?
    var arguments: [Argument]?
  }

  struct Argument: Decodable {
    var kind: String
    var isRepeating: Bool
    var names: [Name]?
    var shouldDisplay: Bool
  }

  struct Name: Decodable {
    var kind: String
    var name: String
  }
}

extension CommandOption {
  /// `nil`: not an option with a long name that the help shows.
  fileprivate init?(_ argument: Tool.Argument) {
    guard argument.shouldDisplay, argument.kind != "positional",
      let name = argument.names?.first(where: { $0.kind == "long" })
    else { return nil }
    self.init(
      name.name,
      shortNames: (argument.names ?? []).filter { $0.kind == "short" }.map(\.name),
      isFlag: argument.kind == "flag", isRepeating: argument.isRepeating)
  }
}
