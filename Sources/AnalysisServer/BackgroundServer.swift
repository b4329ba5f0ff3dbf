internal import Dispatch
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Synchronization

/// A server that runs beside other work of the process, on threads of its own.
///
/// Neither waits for the other: they share nothing but the database.
public final class BackgroundServer: Sendable {
  /// Where it listens, with the port that was found where 0 was asked for.
  public let url: String
  private let work: Task<Void, Never>

  fileprivate init(url: String, work: Task<Void, Never>) { (self.url, self.work) = (url, work) }

  /// Ends connections and streams, and does not wait for that.
  public func stop() { work.cancel() }
}

extension AnalysisServer {
  /// Serves until it is told to stop; returns once it listens. Signals are the business of others.
  public func start() throws(ServerError) -> BackgroundServer {
    let beginning = Beginning()
    let (address, isSecure) = (address, options.tls != nil)
    let work = Task.detached { [self] in
      do {
        // What it is told to end is no error to it alone.
        try await application(logLevel: .critical) { channel in
          let port = channel.localAddress?.port ?? address.port
          beginning.end(with: .success(address.url(port: port, isSecure: isSecure)))
        }.run()
      } catch {
        beginning.end(with: .failure(ServerError(error, address: address)))
      }
    }
    return BackgroundServer(url: try beginning.wait(), work: work)
  }
}

/// What a server says when it listens, or cannot.
private final class Beginning: Sendable {
  private let result = Mutex<Result<String, ServerError>?>(nil)
  private let isKnown = DispatchSemaphore(value: 0)

  /// The first one counts: later it is too late.
  func end(with result: Result<String, ServerError>) {
    self.result.withLock { if $0 == nil { $0 = result } }
    isKnown.signal()
  }

  func wait() throws(ServerError) -> String {
    isKnown.wait()
    guard let result = result.withLock({ $0 }) else { preconditionFailure("it was just told") }
    return try result.get()
  }
}
