import AnalysisStore
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import AnalysisServer

@Suite("What is sent only where it must be, and what is refused")
struct LimitTests {
  private func asking(
    _ options: ServerOptions = ServerOptions(), _ setup: TestingSetup = .router,
    _ body: @escaping @Sendable (any TestClientProtocol, AnalysisStore) async throws -> Void
  ) async throws {
    let served = try Served()
    defer { served.remove() }
    let store = try AnalysisStore(path: served.path)
    try store.store(Served.report(associations: 20))
    try await served.server(options).application().test(setup) { try await body($0, store) }
  }

  @Test("an answer is sent again only when the database changed")
  func unchanged() async throws {
    try await asking { client, store in
      let answer = try await client.get("/api/v1/associations?limit=5")
      let tag = try #require(answer.headers[.eTag])
      #expect(tag.hasPrefix("W/\""))
      for known in [tag, "\"x\", \(tag)"] {
        let again = try await client.get(
          "/api/v1/associations?limit=5", headers: [.ifNoneMatch: known])
        #expect(again.status == .notModified && again.body.readableBytes == 0)
        #expect(again.headers[.eTag] == tag)
      }
      // It says nothing of another address, a mistake among them.
      for (uri, status) in [("limit=6", HTTPResponse.Status.ok), ("limit=0", .badRequest)] {
        let other = try await client.get(
          "/api/v1/associations?\(uri)", headers: [.ifNoneMatch: tag])
        #expect(other.status == status)
      }
      try store.store(Served.report(associations: 7))
      let changed = try await client.get(
        "/api/v1/associations?limit=5", headers: [.ifNoneMatch: tag])
      #expect(changed.status == .ok && changed.headers[.eTag] != tag)
      #expect(try changed.object["run"] as? Int == 2)
    }
  }

  @Test("long answers come with gzip to whoever takes it, and say the same")
  func gzip() async throws {
    try await asking { client, _ in
      let plain = try await client.get("/api/v1/associations")
      #expect(plain.headers[.contentEncoding] == nil && plain.headers[.vary] == "Accept-Encoding")
      let short = try await client.execute(
        uri: "/api/v1/associations", method: .get, headers: [.acceptEncoding: "br, gzip"])
      #expect(short.headers[.contentEncoding] == "gzip")
      #expect(short.body.readableBytes < plain.body.readableBytes / 4)
      #expect(try Self.gunzip(short.body) == Data(plain.body.readableBytesView))
      let brief = try await client.get("/healthz", headers: [.acceptEncoding: "gzip"])
      #expect(brief.headers[.contentEncoding] == nil)
      let head = try await client.execute(
        uri: "/api/v1/associations", method: .head, headers: [.acceptEncoding: "gzip"])
      #expect(head.status == .ok && head.body.readableBytes == 0)
    }
  }

  private static func gunzip(_ octets: ByteBuffer) throws -> Data {
    try runTool("/bin/gunzip", input: Data(octets.readableBytesView)).output
  }

  @Test(
    "who takes gzip",
    arguments: [
      ("gzip", true), ("deflate, gzip;q=0.5", true), ("*", true), ("GZIP", true), ("", false),
      ("identity", false), ("gzip;q=0", false), ("gzip; q=0.0, *", false), ("*;q=0", false),
      ("x-gzipped", false),
    ])
  func acceptEncoding(field: String, takes: Bool) {
    #expect(CompressedReplies<BasicRequestContext>.takesGzip(field) == takes)
  }

  @Test("more requests than a second may have are refused until there is room")
  func rate() async throws {
    let start = ContinuousClock.now
    let bucket = RequestBucket(perSecond: 10, now: start)
    for _ in 0..<10 { #expect(bucket.take(now: start)) }
    #expect(!bucket.take(now: start))
    #expect(bucket.take(now: start + .milliseconds(110)))
    #expect(!bucket.take(now: start + .milliseconds(120)))
    // Who was quiet for long has no more than a second's.
    for index in 0..<11 { #expect(bucket.take(now: start + .seconds(100)) == (index < 10)) }

    var options = ServerOptions()
    options.limits.requestsPerSecond = 0
    try await asking(options) { client, _ in
      let answer = try await client.get("/api/v1/runs")
      #expect(answer.status == .tooManyRequests && answer.headers[.retryAfter] == "1")
      #expect(answer.headers[.contentType] == "application/problem+json")
    }
  }

  @Test("too many questions at one time are refused")
  func questions() async throws {
    var options = ServerOptions()
    options.limits.questions = 0
    try await asking(options) { client, _ in
      let answer = try await client.get("/api/v1/runs")
      #expect(answer.status == .serviceUnavailable)
      let health = try await client.get("/healthz")
      #expect(health.status == .ok)
    }
  }

  @Test("a body is refused")
  func bodies() async throws {
    try await asking { client, _ in
      let answer = try await client.execute(
        uri: "/api/v1/runs", method: .get, headers: [.contentLength: "5"],
        body: ByteBuffer(string: "12345"))
      #expect(answer.status == .contentTooLarge)
    }
  }

  @Test("headers and addresses that are too long are refused over a socket; others are served")
  func headers() async throws {
    try await asking(ServerOptions(), .live) { client, _ in
      let long = String(repeating: "x", count: 40_000)
      let name = try #require(HTTPField.Name("X-Long"))
      let answer = try? await client.execute(
        uri: "/api/v1/runs", method: .get, headers: [name: long])
      #expect(answer == nil || answer?.status == .badRequest)
    }
    try await asking(ServerOptions(), .live) { client, _ in
      let answer = try await client.execute(
        uri: "/api/v1/runs", method: .get,
        headers: [.cookie: String(repeating: "x", count: 5_000)])
      #expect(answer.status == .ok)
    }
  }
}
