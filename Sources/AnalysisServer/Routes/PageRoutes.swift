internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// `/` and the files of the page: those of the folder `Page`, which are part of the program.
struct PageRoutes {
  func add(to router: some RouterMethods<ServerContext>) {
    for file in PageFile.all {
      router.get(RouterPath(file.name)) { request, _ in file.reply(to: request) }
      if file.name == "index.html" {
        router.get("/") { request, _ in file.reply(to: request) }
      }
    }
  }
}

/// A file of the page. The list of them, `PageFile.all`, is made of the folder by each build.
struct PageFile: Sendable {
  let name: String
  private let content: StaticString
  private let isBase64: Bool

  init(name: String, text: StaticString) { (self.name, content, isBase64) = (name, text, false) }

  init(name: String, base64: StaticString) {
    (self.name, content, isBase64) = (name, base64, true)
  }

  /// As the source has it: base64 where it is no text.
  var text: String { "\(content)" }

  var octets: ByteBuffer {
    if isBase64 { return ByteBuffer(bytes: Data(base64Encoded: text) ?? Data()) }
    return ByteBuffer(staticString: content)
  }

  /// Other content, another tag; weak, as gzip changes the octets.
  private var tag: String {
    "W/\"\(String(fnv1a(octets.readableBytesView), radix: 16))\""
  }

  func reply(to request: Request) -> Response {
    let headers: HTTPFields = [
      .contentType: mediaType, .eTag: tag, .cacheControl: "no-cache",
    ]
    if request.headers[.ifNoneMatch] == tag {
      return Response(status: .notModified, headers: headers)
    }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: octets))
  }

  private var mediaType: String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "ico": "image/x-icon"
    case "woff2": "font/woff2"
    default: "text/plain; charset=utf-8"
    }
  }
}
