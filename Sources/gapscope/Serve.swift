import AnalysisServer
import ArgumentParser
import ReportFormats

/// `gapscope serve`: the API and the page over a database.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer questions about a database over HTTP, also while a capture writes it.",
    usage: "gapscope serve --database <database> [<options>]",
    discussion: """
      Programs ask under /api/v1, as docs/rest-api.md says; / is a page for people. The database is \
      only read. It may be written at the same time, or not be there yet. SIGINT and SIGTERM end it.

      EXAMPLES:
        gapscope serve --database live.db
        gapscope serve --database results.db --listen 127.0.0.1:9000
        gapscope serve --config /etc/gapscope-serve.yaml
        curl -s 'http://127.0.0.1:8080/api/v1/associations?minLost=1&limit=10'
      """)

  @Option(help: "The database of analyze or capture.", completion: .file())
  var database: String

  @Option(
    help: ArgumentHelp(
      """
      Where to listen: an address and a port; 0 is one that is free. Where other machines can reach \
      it, it takes a token, or --open.
      """,
      valueName: "address:port"))
  var listen = ListenAddress.standard

  @OptionGroup
  var server: ServerArguments

  @OptionGroup
  var configuration: ConfigurationArguments

  @Flag(name: .shortAndLong, help: "Do not say where it listens.")
  var quiet = false

  func run() throws {
    try ServerArguments.requireDescriptors()
    let server = try server.server(of: database, at: listen)
    let isQuiet = quiet
    do throws(ServerError) {
      try server.run { url in
        if !isQuiet { printNotice("Serving \(database) at \(url)") }
      }
    } catch {
      throw Failure("\(error)")
    }
  }
}
