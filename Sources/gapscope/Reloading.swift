import ArgumentParser
import ConfigurationInput

/// The configuration, read again while a command runs.
struct Reloading {
  private var settings: Settings?

  init() { settings = (try? ConfiguredArguments.atStart.get())?.settings }

  /// Does what SIGHUP asked for. What is wrong with the configuration, and what cannot be changed, is
  /// said on standard error.
  ///
  /// - Parameters:
  ///   - changeable: options that can be changed without losing what was seen.
  ///   - apply: takes over the new value of a command, and says what of it could not be.
  mutating func reloadIfAsked<Command: ParsableCommand>(
    changeable: Set<String>, _ apply: (Command, _ changed: Set<String>) -> Void
  ) {
    guard SignalRequest.configuration.take() else { return }
    let configured: ConfiguredArguments
    let command: Command
    do {
      configured = try ConfiguredArguments()
      guard let parsed = try Gapscope.parseAsRoot(configured.all) as? Command else { return }
      command = parsed
    } catch {
      let reason =
        error is ConfigurationError || error is Failure
        ? "\(error)" : Gapscope.message(for: error)
      return printNotice("Error: \(reason)\nNote: the configuration stays as it was")
    }
    guard let new = configured.settings, let old = settings else { return }
    settings = new
    let differences = new.differences(from: old)
    for option in differences.subtracting(changeable).sorted() {
      printNotice("Note: --\(option) cannot change while it runs: start it anew for that")
    }
    let changed = differences.intersection(changeable)
    apply(command, changed)
    let names = changed.sorted().map { "--\($0)" }.joined(separator: ", ")
    printNotice(
      "Note: the configuration was read again: "
        + (changed.isEmpty ? "nothing changes" : "\(names) changed"))
  }
}

extension ResultArguments {
  /// Options that matter only when the result is delivered.
  static let changeable: Set<String> = [
    "json", "csv", "gaps", "sort", "sci", "spi", "address", "all", "width", "color", "fail-if",
    "quiet",
  ]
}
