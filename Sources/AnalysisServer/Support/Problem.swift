internal import AnalysisStore
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ReportFormats

/// Why a request has no answer, as RFC 9457 has it: `application/problem+json`.
struct Problem: Error {
  var status: HTTPResponse.Status
  /// What is wrong and what to do, in a sentence.
  var detail: String
  /// The parameter at fault.
  var parameter: String?

  static func badRequest(_ detail: String, parameter: String? = nil) -> Problem {
    Problem(status: .badRequest, detail: detail, parameter: parameter)
  }

  static func notFound(_ detail: String) -> Problem {
    Problem(status: .notFound, detail: detail)
  }

  /// In JSON.
  var octets: [UInt8] {
    var out = OutputBuffer()
    out.append("{\"type\":\"about:blank\",\"title\":")
    out.append(jsonString: status.reasonPhrase)
    out.append(",\"status\":")
    out.append(status.code)
    out.field("detail")
    out.append(jsonString: detail)
    if let parameter {
      out.field("parameter")
      out.append(jsonString: parameter)
    }
    out.append("}\n")
    return out.octets()
  }

  var response: Response {
    var response = Response(
      status: status,
      headers: [.contentType: "application/problem+json", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(bytes: octets)))
    if status == .methodNotAllowed { response.headers[.allow] = "GET, HEAD" }
    if status == .serviceUnavailable { response.headers[.retryAfter] = "5" }
    if status == .unauthorized {
      response.headers[values: .wwwAuthenticate] = [
        "Bearer realm=\"gapscope\"", "Basic realm=\"gapscope\", charset=\"UTF-8\"",
      ]
    }
    if status == .tooManyRequests { response.headers[.retryAfter] = "1" }
    return response
  }
}

extension Problem {
  /// What the store says, without the path: who asks need not know where our files are.
  init(_ error: StoreError) {
    let detail = error.description.dropFirst(error.path.count + 2)
    switch error.problem {
    case .noRun, .noSuchRun: self = .notFound("The database \(detail).")
    case .uselessCursor:
      self = .badRequest(
        "The list cannot go on behind this cursor: its row is gone, or the question is another. "
          + "Begin again without it.", parameter: "cursor")
    case .uselessStep(let least, let width):
      self = .badRequest(
        "For this range step must be a multiple of \(durationText(width)) and at least "
          + "\(durationText(least)), so that there are at most 10000 points.", parameter: "step")
    default:
      self = Problem(status: .serviceUnavailable, detail: "The database: \(detail).")
    }
  }
}

/// Lets nothing through that would write, wherever it goes.
struct ReadOnly<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard request.method == .get || request.method == .head else {
      throw Problem(
        status: .methodNotAllowed, detail: "Everything here is only to be read: ask with GET.")
    }
    return try await next(request, context)
  }
}

/// Makes a reply of every error.
struct ProblemReplies<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let problem as Problem {
      return problem.response
    } catch let error as StoreError {
      return Problem(error).response
    } catch let error as HTTPError {
      return Problem(status: error.status, detail: Self.detail(error)).response
    } catch {
      context.logger.error("\(error)")
      return Problem(
        status: .internalServerError, detail: "An error of this program; its log says more."
      ).response
    }
  }

  private static func detail(_ error: HTTPError) -> String {
    switch error.status {
    case .notFound: "There is nothing of this name; /api/v1 has the resources of docs/rest-api.md."
    default: error.body ?? error.status.reasonPhrase
    }
  }
}
