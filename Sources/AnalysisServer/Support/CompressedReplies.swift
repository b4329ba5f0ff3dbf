internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// Sends what is long and known as a whole with gzip to whoever takes it; the event stream is not.
struct CompressedReplies<Context: RequestContext>: RouterMiddleware {
  /// Less than this fits in a packet anyway.
  private static var leastOctets: Int { 1_024 }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    guard let length = response.body.contentLength, length >= Self.leastOctets,
      response.headers[.contentEncoding] == nil,
      Self.isCompressible(response.headers[.contentType] ?? "")
    else { return response }
    response.headers[.vary] = "Accept-Encoding"
    guard request.method == .get, Self.takesGzip(request.headers[.acceptEncoding] ?? "") else {
      return response
    }
    let body = CollectedBody()
    try await response.body.write(body)
    let octets = body.octets.withLock { $0 }
    guard let compressed = Gzip.compressed(octets), compressed.count < octets.count else {
      response.body = .init(byteBuffer: ByteBuffer(bytes: octets))
      return response
    }
    response.headers[.contentEncoding] = "gzip"
    response.body = .init(byteBuffer: ByteBuffer(bytes: compressed))
    return response
  }

  private static func isCompressible(_ type: String) -> Bool {
    type.hasPrefix("text/") || type.hasPrefix("application/json")
      || type.hasPrefix("application/problem+json") || type.hasPrefix("image/svg+xml")
  }

  /// RFC 9110, 12.5.3: codings with weights, of which 0 means no.
  static func takesGzip(_ field: String) -> Bool {
    var any: Bool?
    for coding in field.lowercased().split(separator: ",") {
      let parts = coding.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map {
        Double($0.dropFirst(2)) ?? 0
      }
      if parts.first == "gzip" { return weight != 0 }
      if parts.first == "*" { any = weight != 0 }
    }
    return any ?? false
  }
}

/// Takes what a body writes.
private final class CollectedBody: ResponseBodyWriter, Sendable {
  let octets = Mutex<[UInt8]>([])

  func write(_ buffer: ByteBuffer) { octets.withLock { $0 += buffer.readableBytesView } }

  func finish(_ trailingHeaders: HTTPFields?) {}
}
