internal import HTTPTypes
internal import Hummingbird

/// Answers only who asks for this machine by a name of its own.
///
/// A page of another site may have its name lead here (DNS rebinding), and its browser would let it
/// read the replies. What it cannot do is to ask under another name than its own.
struct LocalNames<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let authority = request.head.authority, !Self.isLocal(authority) else {
      return try await next(request, context)
    }
    throw Problem(
      status: .misdirectedRequest,
      detail:
        "Ask for 127.0.0.1, [::1] or localhost: other names may be those of a stranger's page.")
  }

  static func isLocal(_ authority: String) -> Bool {
    ["127.0.0.1", "[::1]", "localhost"].contains { name in
      guard authority.hasPrefix(name) else { return false }
      let rest = authority.dropFirst(name.count)
      return rest.isEmpty || rest.first == ":" && UInt16(rest.dropFirst()) != nil
    }
  }
}
