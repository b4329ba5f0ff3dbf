internal import AnalysisStore
internal import HTTPTypes
internal import Hummingbird

/// Says that an answer is still the same (304) without reading it again: as long as nothing is written
/// to the database, and no process that writes it ends.
struct UnchangedReplies<Context: RequestContext>: RouterMiddleware {
  let reader: AnalysisReader

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    // Before the answer is read: what changes in between makes the tag old, never the answer.
    guard let version = try? await reader.version() else {
      return try await next(request, context)
    }
    // Weak, as gzip changes the octets; of this address alone.
    let tag = "W/\"\(version)-\(String(fnv1a(request.uri.description.utf8), radix: 36))\""
    if let known = request.headers[.ifNoneMatch], Self.names(tag, in: known) {
      return Response(
        status: .notModified,
        headers: [.eTag: tag, .cacheControl: "no-cache", .vary: "Accept-Encoding"])
    }
    var response = try await next(request, context)
    if response.status == .ok { response.headers[.eTag] = tag }
    return response
  }

  private static func names(_ tag: String, in field: String) -> Bool {
    field.split(separator: ",").contains { $0.trimming(" \t") == tag }
  }
}

/// FNV-1a.
func fnv1a(_ octets: some Sequence<UInt8>) -> UInt64 {
  octets.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

extension Substring {
  fileprivate func trimming(_ characters: String) -> Substring {
    var rest = self
    while let first = rest.first, characters.contains(first) { rest.removeFirst() }
    while let last = rest.last, characters.contains(last) { rest.removeLast() }
    return rest
  }
}
