import AnalysisServer
import AnalysisStore
import ArgumentParser
import Foundation
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
      """
      Where to listen: an address and a port; 0 is one that is free. Where other machines can reach \
      it, it takes a token, or --open.
      """,
      valueName: "address:port"))
  var listen = ListenAddress.standard

  @Option(
    help: ArgumentHelp(
      "Answer only who sends the token in this file; so with the variable GAPSCOPE_TOKEN.",
      valueName: "file"), completion: .file())
  var tokenFile: String?

  @Flag(help: "Answer whoever can reach the address: there is no token.")
  var open = false

  @Option(
    help: ArgumentHelp("Speak TLS, with the certificates in this file (PEM).", valueName: "file"),
    completion: .file())
  var certificate: String?

  @Option(
    help: ArgumentHelp("The private key of the certificate (PEM).", valueName: "file"),
    completion: .file())
  var key: String?

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
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("--certificate and --key go together")
    }
  }

  /// Others must not read what we know before they have said who they are, unless that is wished.
  private func access(at address: ListenAddress) throws -> Access {
    let token = try token()
    switch (token, open) {
    case (.some, true): throw ValidationError("either a token or --open: not both")
    case (let token?, false): return .token(token)
    case (nil, true): return .open
    case (nil, false):
      guard address.isLocal else {
        throw ValidationError(
          """
          '\(listen)' can be reached from other machines: name a file with a token (--token-file), or \
          say --open; or listen at 127.0.0.1 and reach it through ssh -L
          """)
      }
      return .local
    }
  }

  private func token() throws -> AccessToken? {
    var (text, place) = (ProcessInfo.processInfo.environment["GAPSCOPE_TOKEN"], "GAPSCOPE_TOKEN")
    if let tokenFile {
      guard let file = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
        throw Failure("\(tokenFile): cannot be read; it must hold the token")
      }
      (text, place) = (file.trimmingCharacters(in: .whitespacesAndNewlines), tokenFile)
    }
    guard let text else { return nil }
    guard let token = AccessToken(text) else {
      throw Failure(
        """
        \(place): no token; it takes at least \(AccessToken.leastCharacters) characters, visible ones \
        of ASCII: openssl rand -hex 32
        """)
    }
    return token
  }

  func run() throws {
    guard let address = ListenAddress(parsing: listen) else {
      throw ValidationError("'\(listen)' is no address with a port, such as 127.0.0.1:8080")
    }
    let access = try access(at: address)
    var options = ServerOptions()
    options.access = access
    if let certificate, let key { options.tls = TLSFiles(certificate: certificate, key: key) }
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
