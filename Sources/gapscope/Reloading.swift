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
  ///   - apply: takes over the new values of a command; throws where one of them is a mistake, and
  ///     has then taken over none.
  mutating func reloadIfAsked<Command: ParsableCommand>(
    changeable: Set<String>, _ apply: (Command, _ changed: Set<String>) throws -> Void
  ) {
    guard SignalRequest.configuration.take() else { return }
    do {
      let configured = try ConfiguredArguments()
      guard let command = try Gapscope.parseAsRoot(configured.all) as? Command,
        let new = configured.settings, let old = settings
      else { return }
      let differences = new.differences(from: old)
      let changed = differences.intersection(changeable)
      try apply(command, changed)
      settings = new
      for option in differences.subtracting(changeable).sorted() {
        printNotice("Note: --\(option) cannot change while it runs: start it anew for that")
      }
      let names = changed.sorted().map { "--\($0)" }.joined(separator: ", ")
      printNotice(
        "Note: the configuration was read again: "
          + (changed.isEmpty ? "nothing changes" : "\(names) changed"))
    } catch {
      let reason =
        error is ConfigurationError || error is Failure
        ? "\(error)" : Gapscope.message(for: error)
      printNotice("Error: \(reason)\nNote: the configuration stays as it was")
    }
  }
}

extension ResultArguments {
  /// Options that matter only when the result is delivered.
  static let changeable: Set<String> = [
    "json", "csv", "gaps", "sort", "sci", "spi", "address", "all", "width", "color", "fail-if",
    "quiet",
  ]
}
