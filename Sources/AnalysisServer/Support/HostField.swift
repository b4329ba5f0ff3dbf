internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// Whom a request is for: its target where that names a host, otherwise its one field Host. Where
/// neither says so in a legal way, the field is made empty, which `NamedHost` refuses.
///
/// It stands before the codec, behind which nobody knows the version, a second field, or the host of
/// a target: RFC 9112, 3.2 and 3.2.2. So it also says which connections end with their answer.
final class HostField: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  static func add(to pipeline: ChannelPipeline) throws {
    let operations = pipeline.syncOperations
    let codec = try operations.handler(type: HTTP1ToHTTPServerCodec.self)
    try operations.addHandler(HostField(), position: .before(codec))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else {
      return context.fireChannelRead(data)
    }
    // Behind the codec nobody knows that HTTP/1.0 ends a connection unless it is asked to keep it (RFC 9112, 9.3).
    if !head.isKeepAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
    let fields = head.headers["Host"]
    let target = Self.host(ofTarget: head.uri)
    // HTTP/1.0 did not know the field.
    let isMissing = fields.isEmpty && head.version == .http1_1
    if isMissing || fields.count > 1 || !fields.allSatisfy(Self.isHost) {
      head.headers.replaceOrAdd(name: "Host", value: "")
    } else if let target {
      head.headers.replaceOrAdd(name: "Host", value: Self.isHost(target) ? target : "")
    }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  /// Of `http://host/path`; `nil` where the target is a path.
  private static func host(ofTarget target: String) -> String? {
    guard !target.hasPrefix("/"), let start = target.firstRange(of: "://") else { return nil }
    return String(target[start.upperBound...].prefix { !"/?#".contains($0) })
  }

  /// RFC 3986, 3.2.2, as far as characters go: none is left out that could be in a host and port.
  private static func isHost(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { octet in
        switch UnicodeScalar(octet) {
        case "a"..."z", "A"..."Z", "0"..."9": true
        case let mark: "-._~%!$&'()*+,;=:[]".unicodeScalars.contains(mark)
        }
      }
  }
}

/// Answers only who says, once, whom the request is for.
struct NamedHost<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard request.head.authority?.isEmpty != true else {
      throw Problem.badRequest("A request takes one Host, with the name that it was sent to.")
    }
    return try await next(request, context)
  }
}
