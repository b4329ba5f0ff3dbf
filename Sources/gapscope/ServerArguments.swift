import AnalysisServer
import AnalysisStore
import ArgumentParser
import CaptureInput
import Foundation
import LiveCapture

/// To whom a server answers, and how: what `serve` and `capture` have in common.
struct ServerArguments: ParsableArguments {
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

  func validate() throws {
    try require(
      metricsAssociations, "--metrics-associations", within: ServerOptions.metricsAssociationLimits)
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("--certificate and --key go together.")
    }
  }

  /// - Parameter listen: an address and a port.
  func server(of database: String, at listen: String) throws -> AnalysisServer {
    guard let address = ListenAddress(parsing: listen) else {
      throw ValidationError("'\(listen)' is no address with a port, such as 127.0.0.1:8080.")
    }
    var options = ServerOptions()
    options.access = try access(at: address, listen)
    for secret in [tokenFile, key].compactMap(\.self) { Self.warn(ofReadable: secret) }
    if let certificate, let key { options.tls = TLSFiles(certificate: certificate, key: key) }
    options.version = Gapscope.version
    options.interfaces = { InterfaceList.all() }
    options.metricsAssociations = metricsAssociations
    return AnalysisServer(
      database: AnalysisReader(path: database), address: address, options: options)
  }

  /// A secret that each user of this machine can read is none.
  private static func warn(ofReadable secret: String) {
    if FileState.isReadableByAll(path: secret) {
      printNotice("Note: \(secret): every user of this machine can read it: chmod o= \(secret)")
    }
  }

  /// Each thread of the server takes three, and connections come to it.
  static func requireDescriptors() throws(Failure) {
    let threads = ProcessInfo.processInfo.activeProcessorCount
    try gapscope.requireDescriptors(32 + 3 * threads, for: "serving")
  }

  /// Others must not read what we know before they have said who they are, unless that is wished.
  private func access(at address: ListenAddress, _ listen: String) throws -> Access {
    let token = try token()
    switch (token, open) {
    case (.some, true): throw ValidationError("either a token or --open: not both.")
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
}

/// Whether a capture answers questions about its database itself, and where.
struct ServingArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Answer questions about the database at this address and port too, as serve does; 0 is a port \
      that is free. Where other machines can reach it, it takes a token, or --open.
      """, valueName: "address:port"))
  var listen: String?

  @OptionGroup
  var server: ServerArguments

  func check(with results: ResultArguments) throws {
    if listen != nil {
      guard results.database != nil else {
        throw ValidationError("--listen answers questions about --database, and there is none")
      }
    } else if server.tokenFile != nil || server.open || server.certificate != nil {
      throw ValidationError("--token-file, --open, --certificate and --key go with --listen")
    }
  }

  /// Serves until it is told to stop; `nil`: that is not asked for.
  func start(for results: ResultArguments) throws -> BackgroundServer? {
    guard let listen, let database = results.database else { return nil }
    try ServerArguments.requireDescriptors()
    let server = try server.server(of: database, at: listen)
    do throws(ServerError) {
      let running = try server.start()
      if !results.quiet { printNotice("Serving \(database) at \(running.url)") }
      return running
    } catch {
      throw Failure("\(error)")
    }
  }
}
