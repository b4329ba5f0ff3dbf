public import AnalysisStore
import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore

/// The API and the page over one database: `docs/rest-api.md`.
///
/// It writes nothing, and the database may be written at the same time, or not be there yet.
public struct AnalysisServer: Sendable {
  let reader: AnalysisReader
  let address: ListenAddress
  let options: ServerOptions

  public init(
    database: AnalysisReader, address: ListenAddress, options: ServerOptions = ServerOptions()
  ) {
    (reader, self.address, self.options) = (database, address, options)
  }

  /// Serves until SIGINT or SIGTERM; requests that came before are answered, for some seconds.
  ///
  /// - Parameter whenListening: is told the URL, whose port is the one that was found where 0 was
  ///   asked for.
  public func run(whenListening: @escaping @Sendable (String) -> Void) throws(ServerError) {
    let address = address
    let isSecure = options.tls != nil
    do {
      let application = try application { channel in
        whenListening(
          address.url(port: channel.localAddress?.port ?? address.port, isSecure: isSecure))
      }
      try waiting { try await application.runService() }
    } catch {
      throw ServerError(error, address: address)
    }
  }

  /// - Parameter logLevel: below it nothing is said on standard error.
  func application(
    logLevel: Logger.Level = .error,
    whenListening: @escaping @Sendable (any Channel) -> Void = { _ in }
  ) throws -> Application<RouterResponder<ServerContext>> {
    var logger = Logger(label: "gapscope")
    logger.logLevel = logLevel
    let limits = options.limits
    let hub = StreamHub(reader: reader)
    let idleTime = TimeAmount.seconds(Int64(limits.idleSeconds))
    let connections = OpenConnections(
      limits: .init(
        connections: limits.connections, furtherConnections: limits.furtherConnections,
        untakenOctets: limits.untakenOctets))
    let http = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [ConnectionGuard(connections, slowTime: idleTime)],
        idleTimeout: idleTime,
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: limits.headerFieldOctets, maxHeaderListSize: limits.headerOctets,
          maxHeaderFieldCount: limits.headerFields)))
    return Application(
      router: router(hub),
      server: try options.tls.map { try .tls(http, tlsConfiguration: $0.configuration()) } ?? http,
      configuration: .init(
        address: .hostname(address.host, port: address.port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(
          limits.connections + limits.furtherConnections, logger: logger)
      ),
      onServerRunning: { channel in
        // No more connections are taken: the server waits for its answers. Streams have no end, and
        // whoever takes nothing of an answer makes that it has none.
        channel.closeFuture.whenComplete { _ in
          Task { await hub.close() }
          channel.eventLoop.scheduleTask(in: .seconds(Int64(limits.endingSeconds))) {
            connections.closeAll()
          }
        }
        whenListening(channel)
      }, logger: logger)
  }

  func router(_ hub: StreamHub) -> Router<ServerContext> {
    let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: SecurityHeaders())
    router.add(middleware: CompressedReplies())
    router.add(middleware: ProblemReplies())
    router.add(middleware: RequestLimits(options.limits))
    router.add(middleware: NamedHost())
    switch options.access {
    case .local: router.add(middleware: LocalNames())
    case .token(let token): router.add(middleware: AccessControl(token: token))
    case .open: break
    }
    router.add(middleware: ReadOnly())
    HealthRoutes(reader: reader).add(to: router)
    MetricsRoutes(
      reader: reader, version: options.version, associations: options.metricsAssociations
    ).add(to: router)
    PageRoutes().add(to: router)
    let api = router.group("api/v1")
    SpecificationRoutes().add(to: api)
    StreamRoutes(hub: hub).add(to: api)
    InterfaceRoutes(interfaces: options.interfaces).add(to: api)
    let data = api.group()
      .add(middleware: QuestionLimits(options.limits))
      .add(middleware: UnchangedReplies(reader: reader))
    RunRoutes(reader: reader).add(to: data)
    CaptureRoutes(reader: reader).add(to: data)
    PointRoutes(reader: reader).add(to: data)
    AssociationRoutes(reader: reader).add(to: data)
    GapRoutes(reader: reader).add(to: data)
    SeriesRoutes(reader: reader).add(to: data)
    FindingRoutes(reader: reader).add(to: data)
    EventRoutes(reader: reader).add(to: data)
    FlowRoutes(reader: reader).add(to: data)
    SummaryRoutes(reader: reader).add(to: data)
    return router
  }
}

/// Why it could not serve.
public struct ServerError: Error, CustomStringConvertible {
  public let description: String

  init(_ error: any Error, address: ListenAddress) {
    switch error {
    case let error as TLSFileError: self.init(error)
    case let error as IOError: self.init(address: address, errorNumber: error.errnoCode)
    case is SocketAddressError.UnknownHost:
      self.init(address: address, text: "no host of this name is known; name an address")
    default: self.init(address: address, text: "\(error)")
    }
  }

  init(address: ListenAddress, text: String) {
    description = "cannot serve at \(address.text): \(text)"
  }

  init(_ error: TLSFileError) {
    description = "\(error.path): \(error.problem)"
  }

  init(address: ListenAddress, errorNumber: Int32) {
    let text = String(cString: strerror(errorNumber))
    self.init(
      address: address,
      text: errorNumber == EADDRINUSE
        ? "\(text); stop the other program or name another port with --listen" : text)
  }
}
