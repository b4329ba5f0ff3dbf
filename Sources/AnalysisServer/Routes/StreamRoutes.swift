internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// `/api/v1/stream`: what is new, as server-sent events.
///
/// <https://html.spec.whatwg.org/multipage/server-sent-events.html>
struct StreamRoutes {
  let hub: StreamHub

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("stream") { request, context in
      _ = try QueryParameters(request, known: [])
      let last = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
      let client = ClientAddress(context.remoteAddress)
      let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
      return Response(
        status: .ok, headers: headers,
        body: ResponseBody { [hub] writer in
          guard var position = await hub.join(last: last, client: client) else {
            return try await writer.finish(nil)
          }
          do {
            try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
            while let text = await hub.next(&position) { try await writer.write(text) }
            if await !hub.isClosed {
              // Another took its place: it is not to take that of a third at once.
              try await writer.write(ByteBuffer(string: "retry: 30000\n\n"))
            }
          } catch {
            // Whoever followed is gone.
            await hub.leave(position)
            throw error
          }
          await hub.leave(position)
          try await writer.finish(nil)
        })
    }
  }
}
