import AnalysisStore
import CaptureTestSupport
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
    try ChildProcess.run(["/bin/gunzip"], input: Data(octets.readableBytesView)).output
  }

  @Test(
    "who takes gzip",
    arguments: [
      ("gzip", true), ("deflate, gzip;q=0.5", true), ("*", true), ("GZIP", true), ("", false),
      ("identity", false), ("gzip;q=0", false), ("gzip; q=0.0, *", false), ("*;q=0", false),
      ("x-gzipped", false),
    ])
  func acceptEncoding(field: String, takes: Bool) {
    #expect(CompressedReplies<ServerContext>.takesGzip(field) == takes)
  }

  @Test("more requests than a second may have are refused until there is room")
  func rate() async throws {
    let start = ContinuousClock.now
    let rates = ClientRates(perSecond: 10, now: start)
    let client = try address("192.0.2.1")
    for _ in 0..<10 { #expect(rates.take(client, now: start)) }
    #expect(!rates.take(client, now: start))
    #expect(try rates.take(address("192.0.2.2"), now: start))
    #expect(rates.take(client, now: start + .milliseconds(110)))
    #expect(!rates.take(client, now: start + .milliseconds(120)))
    // Who was quiet for long has no more than a second's.
    for index in 0..<11 {
      #expect(rates.take(client, now: start + .seconds(100)) == (index < 10))
    }

    var options = ServerOptions()
    options.limits.requestsPerSecond = 0
    try await asking(options) { client, _ in
      let answer = try await client.get("/api/v1/runs")
      #expect(answer.status == .tooManyRequests && answer.headers[.retryAfter] == "1")
      #expect(answer.headers[.contentType] == "application/problem+json")
    }
  }

  private func address(_ text: String) throws -> ClientAddress {
    try #require(ClientAddress(try SocketAddress(ipAddress: text, port: 1)))
  }

  @Test("a client of IPv6 is a network of 64 bits; one of IPv4 is the same at a socket of IPv6")
  func clients() throws {
    #expect(try address("2001:db8::1") == address("2001:db8::ffff:1:2:3"))
    #expect(try address("2001:db8::1") != address("2001:db8:0:1::1"))
    #expect(try address("::ffff:192.0.2.1") == address("192.0.2.1"))
    #expect(try address("::ffff:192.0.2.1") != address("::ffff:192.0.2.2"))
    #expect(try address("192.0.2.1") != address("::c000:201"))
    #expect(ClientAddress(nil) == nil)
    #expect(ClientAddress(try SocketAddress(unixDomainSocketPath: "/tmp/socket")) == nil)
  }

  @Test("many clients take bounded memory; those beyond share, and the quiet ones give way")
  func manyClients() throws {
    let start = ContinuousClock.now
    let rates = ClientRates(perSecond: 5, clientLimit: 100, now: start)
    for index in 0..<100 { #expect(try rates.take(address("192.0.2.\(index)"), now: start)) }
    // They are busy: the others have together what one has.
    let granted = try (0..<50).count { index in
      try rates.take(address("198.51.100.\(index)"), now: start)
    }
    #expect(granted == 5 && rates.count == 100)
    for _ in 0..<4 { #expect(try rates.take(address("192.0.2.7"), now: start)) }
    #expect(try !rates.take(address("192.0.2.7"), now: start))
    let later = start + .seconds(2)
    for index in 0..<50 {
      #expect(try rates.take(address("198.51.100.\(index)"), now: later))
    }
    #expect(rates.count == 50)
    for index in 0..<500 { _ = try rates.take(address("203.0.113.\(index % 250)"), now: later) }
    #expect(rates.count == 100)
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
      let port = try #require(client.port)
      try await blocking {
        // Its own client waits for no more than 20 s, which other tests may take.
        func status(_ field: String, octets: Int) throws -> Int? {
          let connection = try Connection(port: port)
          let value = String(repeating: "x", count: octets)
          connection.send(
            "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\(field): \(value)\r\n\r\n")
          return connection.answer()?.status
        }
        let long = try status("X-Long", octets: 40_000)
        #expect(long == nil || long == 400)
        #expect(try status("Cookie", octets: 5_000) == 200)
      }
    }
  }
}
