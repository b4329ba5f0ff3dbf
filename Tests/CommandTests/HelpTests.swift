import CaptureTestSupport
import Foundation
import Testing

@Suite("Help")
struct HelpTests {
  private static let subcommands = [
    "analyze", "capture", "interfaces", "transcript", "merge", "generate", "info", "serve",
    "report",
  ]

  @Test("of the command and of each subcommand", arguments: [""] + subcommands)
  func help(_ subcommand: String) throws {
    let result =
      subcommand.isEmpty
      ? try Command.run("--help") : try Command.run(subcommand, "--help")
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
    try Golden.expect(result.text, is: "help\(subcommand.isEmpty ? "" : "-" + subcommand).txt")
  }

  @Test("fits a terminal of 80 columns", arguments: ["help"] + subcommands)
  func width(_ subcommand: String) throws {
    let result = try Command.run(subcommand, "--help")
    let long = result.text.split(separator: "\n").filter { $0.count > 80 }
    #expect(long.isEmpty)
  }

  @Test("--version names the program and its version")
  func version() throws {
    let result = try Command.run("--version")
    #expect(result.status == 0)
    #expect(result.text.wholeMatch(of: /gapscope \d+\.\d+\.\d+\n/) != nil)
  }

  @Test("every option of the help is in the man page", arguments: subcommands)
  func manual(_ subcommand: String) throws {
    let page = try String(
      contentsOf: Command.packageRoot.appendingPathComponent("packaging/gapscope.1"),
      encoding: .utf8
    ).replacing("\\-", with: "-")
    let options = try Command.run(subcommand, "--help").text.matches(
      of: /(?m)^  (-\w, )?(--[a-z0-9-]+)/
    )
    .map { String($0.output.2) }
    #expect(options.count > 2)
    for option in options {
      #expect(page.contains(try Regex("\(option)(?![a-z0-9-])")), "\(option) of \(subcommand)")
    }
  }

  @Test("every option of the man page is in some help")
  func manualHasNothingElse() throws {
    let page = try String(
      contentsOf: Command.packageRoot.appendingPathComponent("packaging/gapscope.1"),
      encoding: .utf8
    ).replacing("\\-", with: "-")
    let help = try Self.subcommands.map { try Command.run($0, "--help").text }
      .joined()
    for option in Set(page.matches(of: /--[a-z][a-z0-9-]+/).map { String($0.output) })
    where option != "--generate-completion-script" {
      #expect(help.contains(option), "\(option)")
    }
  }

  @Test("completions for each shell know the subcommands", arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) throws {
    let result = try Command.run("--generate-completion-script", shell)
    #expect(result.status == 0)
    for subcommand in Self.subcommands { #expect(result.text.contains(subcommand)) }
  }
}
