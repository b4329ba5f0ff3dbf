internal import Hummingbird
internal import Synchronization

/// What one server does at the most, whoever asks.
public struct ServerLimits: Sendable {
  /// From so many on, each new one closes the one that has waited longest for a question.
  public var connections = 700
  /// Where none waits, so many more are accepted; from then on each new one closes one that is being
  /// answered, of the client that has most.
  public var furtherConnections = 100
  /// A connection on which nothing is asked for so long is closed, and so is one that takes nothing of
  /// its answer, or whose other end is silent to it.
  public var idleSeconds = 60
  /// What is asked when the server is told to end is answered for so long.
  public var endingSeconds = 5
  /// Of answers that their clients do not take, of all together; the slowest is closed then.
  public var untakenOctets = 64 << 20
  /// Of one field, and of all together.
  public var headerFieldOctets = 8 << 10
  public var headerOctets = 32 << 10
  public var headerFields = 100
  /// Of one client; for a while there may be as many more.
  public var requestsPerSecond = 1_000
  /// That read the database at one time; they wait for one another.
  public var questions = 100

  public init() {}
}

/// Refuses what is too much: requests in a second, questions at one time, bodies.
struct RequestLimits<Context: RemoteAddressRequestContext>: RouterMiddleware {
  private let rates: ClientRates

  init(_ limits: ServerLimits) { rates = ClientRates(perSecond: limits.requestsPerSecond) }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard rates.take(ClientAddress(context.remoteAddress)) else {
      throw Problem(
        status: .tooManyRequests,
        detail: "More requests than are answered in a second; wait for one.")
    }
    let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard length == 0, request.headers[.transferEncoding] == nil else {
      throw Problem(
        status: .contentTooLarge, detail: "Nothing here takes a body: ask with parameters.")
    }
    return try await next(request, context)
  }
}

/// Refuses questions where too many wait for the database.
struct QuestionLimits<Context: RequestContext>: RouterMiddleware {
  private let limit: Int
  private let asked = AskedQuestions()

  init(_ limits: ServerLimits) { limit = limits.questions }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard asked.begin(limit: limit) else {
      throw Problem(
        status: .serviceUnavailable, detail: "Too many questions at one time; ask again later.")
    }
    defer { asked.end() }
    return try await next(request, context)
  }
}

private final class AskedQuestions: Sendable {
  private let count = Mutex(0)

  func begin(limit: Int) -> Bool {
    count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func end() { count.withLock { $0 -= 1 } }
}
