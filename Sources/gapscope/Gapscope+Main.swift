import ArgumentParser
import ConfigurationInput
import Glibc
import ReportFormats

extension Gapscope {
  static func main() {
    occupyStandardDescriptors()
    letWritesFail()
    do {
      let arguments = try ConfiguredArguments.atStart.get().all
      try checkSubcommand(arguments)
      var command = try parsed(arguments)
      do {
        try command.run()
      } catch let error as ValidationError {
        // Found only in the work; the parser would show how to use the root.
        printNotice(refusal(error, of: type(of: command)))
        Glibc.exit(ExitCode.validationFailure.rawValue)
      }
    } catch let error as ConfigurationError {
      printNotice("Error: \(error)")
      Glibc.exit(ExitCode.validationFailure.rawValue)
    } catch {
      end(with: error)
    }
  }

  /// The command, as the subcommand itself understands it where it does: from the root on, the parser would describe
  /// the arguments of the subcommand twice more. What is wrong, or asks for help, the root explains.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    let named = configuration.subcommands.first {
      $0.configuration.commandName == arguments.first
    }
    return try (try? named?.parse(Array(arguments.dropFirst()))) ?? parseAsRoot(arguments)
  }

  /// The parser would only count the words behind a subcommand that it does not know.
  private static func checkSubcommand(_ arguments: [String]) throws {
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    let known = configuration.subcommands.compactMap { $0.configuration.commandName }
    guard let word = words.first, !word.hasPrefix("-"), word != "help", !known.contains(word) else {
      return
    }
    let nearest = NearestName.of(word, among: known)
    throw ValidationError(
      "'\(word)' is no subcommand" + (nearest.map { "; did you mean \($0)?" } ?? "."))
  }

  /// As the parser's own `exit(withError:)`, but for what it does not see to: that a text which was
  /// asked for may find no place, and that arguments do not steer the terminal.
  private static func end(with error: any Error) -> Never {
    let text = fullMessage(for: error)
    let status = exitCode(for: error)
    guard status.isSuccess else {
      if !text.isEmpty { printNotice(text) }
      tellOrigins(of: text)
      Glibc.exit(status.rawValue)
    }
    do throws(Failure) {
      // Text of ours; the sink takes a pointer and does not keep it.
      let octets = Array("\(text)\n".utf8)
      try writeOutput { sink throws(OutputError) in
        try octets.span.withUnsafeBytes { bytes throws(OutputError) in try sink.write(bytes) }
      }
    } catch {
      printNotice("Error: \(error)")
      Glibc.exit(ExitCode.failure.rawValue)
    }
    Glibc.exit(status.rawValue)
  }

  /// Whoever reads of an option that is not on the command line looks for it.
  private static func tellOrigins(of text: String) {
    guard let configured = try? ConfiguredArguments.atStart.get() else { return }
    for (option, origin) in configured.origins(named: text) {
      printNotice("Note: --\(option) is from \(origin)")
    }
  }

  private static func refusal(
    _ error: ValidationError, of command: any ParsableCommand.Type
  ) -> String {
    """
    Error: \(error.message)
    Usage: \(usageString(for: command))
      See 'gapscope \(command._commandName) --help' for more information.
    """
  }
}
