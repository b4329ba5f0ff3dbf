import AnalysisServer
import AnalysisStore
import ArgumentParser
import LiveCapture
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
        curl -s 'http://127.0.0.1:8080/api/v1/associations?minLost=1&limit=10'
      """)

  @Option(help: "The database of analyze or capture.", completion: .file())
  var database: String

  @Option(
    help: ArgumentHelp(
      "Where to listen: an address of this machine alone, and a port; 0 is one that is free.",
      valueName: "address:port"))
  var listen = ListenAddress.standard

  @Option(
    help: ArgumentHelp(
      "How many associations, the worst ones, have metrics of their own; 0 to 1000.",
      valueName: "n"))
  var metricsAssociations = ServerOptions().metricsAssociations

  @Flag(name: .shortAndLong, help: "Do not say where it listens.")
  var quiet = false

  func validate() throws {
    guard ServerOptions.metricsAssociationLimits.contains(metricsAssociations) else {
      throw ValidationError("--metrics-associations takes 0 to 1000")
    }
  }

  func run() throws {
    guard let address = ListenAddress(parsing: listen) else {
      throw ValidationError(
        """
        '\(listen)' is not 127.0.0.1, [::1] or localhost with a port; other machines reach it \
        through ssh -L or a proxy
        """)
    }
    var options = ServerOptions()
    options.version = Gapscope.version
    options.interfaces = { InterfaceList.all() }
    options.metricsAssociations = metricsAssociations
    let isQuiet = quiet
    do throws(ServerError) {
      try AnalysisServer(
        database: AnalysisReader(path: database), address: address, options: options
      ).run { url in
        if !isQuiet { printNotice("Serving \(database) at \(url)") }
      }
    } catch {
      throw Failure("\(error)")
    }
  }
}
