import ArgumentParser

/// The command line: each subcommand is a file of its own.
@main
struct Gapscope: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gapscope",
    abstract: "What encrypted links lost, reordered and duplicated, without their keys.",
    discussion: """
      Every frame that MACsec or IPsec protects carries a packet number in the clear. Gapscope \
      reads these numbers from captures, or from the wire, and says for each secure association \
      which of them never came, came late or came twice.

      EXAMPLES:
        gapscope analyze link.pcap
        gapscope analyze --json ring_*.pcapng.zst > report.json
        gapscope capture -i eth0 --duration 1m
        gapscope transcript monday.pcap --output monday.transcript
        gapscope merge *.transcript
        gapscope serve --database live.db
        gapscope report --database live.db --html report.html
        gapscope info link.pcap
        gapscope generate --packets 100000 --flows 20 --output test.pcap

      EXIT STATUS:
        0   done
        1   an error: nothing could be read, or the result not written or stored
        2   some input was damaged or unreadable; the rest was processed
        3   a threshold of --fail-if was exceeded
        64  the command line makes no sense
      """,
    version: "gapscope \(version)",
    subcommands: [
      Analyze.self, Capture.self, Interfaces.self, Transcript.self, Merge.self, Serve.self,
      Report.self, Info.self, Generate.self,
    ])

  static let version = "0.1.0"
}
