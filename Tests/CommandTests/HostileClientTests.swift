import CaptureTestSupport
import Foundation
import Glibc
import Testing

/// What no client of ours would send, to a server as it is started: nothing falls over, memory is
/// bounded, and the answer is a problem as all are, or a closed connection.
@Suite("Hostile clients", .serialized)
struct HostileClientTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func serve() async throws -> (server: BackgroundProcess, port: Int) {
    let stored = try Command.run(
      "analyze", "-q", "--bucket", "50ms", "--database", directory.file("live.db"),
      "\(Command.demo.path)/macsec-loss-reorder-duplicates.pcap.gz")
    #expect(stored.status == 0, "\(stored.error)")
    let server = try BackgroundProcess(
      Command.path,
      ["serve", "--database", directory.file("live.db"), "--listen", "127.0.0.1:0"])
    let port = try await server.waitForOutput(#/at http://127\.0\.0\.1:(\d+)//#)
    return (server, try #require(Int(port)))
  }

  /// Octets of memory that the process has now.
  private static func memory(of process: BackgroundProcess) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
    let match = try #require(text.firstMatch(of: /VmRSS:\s+(\d+) kB/))
    return try #require(Int(match.1)) << 10
  }

  private static func isServed(_ port: Int) throws -> Bool {
    try Connection.get("/api/v1/summary", port: port)?.status == 200
  }

  /// What comes back for what is sent, until the server closes or an answer is whole.
  private static func answer(to text: String, port: Int) throws -> Connection.Answer? {
    let connection = try Connection(port: port)
    connection.send(text)
    return connection.answer()
  }

  /// A problem, or nothing.
  private static func expectProblem(
    _ answer: Connection.Answer?, _ statuses: Set<Int>, _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    guard let answer else { return }
    #expect(statuses.contains(answer.status), comment, sourceLocation: sourceLocation)
    #expect(
      answer.headers["content-type"] == "application/problem+json", comment,
      sourceLocation: sourceLocation)
    #expect(
      try answer.json()["status"] as? Int == answer.status, comment, sourceLocation: sourceLocation)
  }

  @Test("what is too long, no HTTP, or asks to write")
  func requests() async throws {
    let (server, port) = try await serve()
    defer { server.stop() }
    let before = try Self.memory(of: server)
    let long = String(repeating: "x", count: 10_000_000)
    let fields = (0..<100_000).map { "X-\($0): y\r\n" }.joined()
    for (name, text) in [
      ("field", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: \(long)\r\n\r\n"),
      ("fields", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n"),
      ("query", "GET /api/v1/gaps?point=\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      ("path", "GET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      ("method", "\(long) / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      ("no end", long),
      ("zeros", String(repeating: "\0", count: 100_000)),
      ("TLS", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}\u{7C}\u{03}\u{03}"),
      ("no version", "GET /\r\n\r\n"), ("another version", "GET / HTTP/9.9\r\n\r\n"),
      ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      ("two lengths", "GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345"),
      ("negative", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
      ("folded", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\0d\r\n\r\n"),
    ] {
      // What is no HTTP and has no end is not waited for.
      let connection = try Connection(port: port)
      connection.send(text)
      connection.endSending()
      try Self.expectProblem(connection.answer(), [400, 413], "\(name)")
      #expect(try Self.isServed(port), "\(name)")
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"] {
      for path in ["/", "/api/v1/runs", "/nowhere"] {
        let answer = try Self.answer(
          to: "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n", port: port)
        try Self.expectProblem(answer, [400, 405], "\(method) \(path)")
        if answer?.status == 405 { #expect(answer?.headers["allow"] == "GET, HEAD") }
      }
    }
    let unknown = try Self.answer(to: "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", port: port)
    try Self.expectProblem(unknown, [400, 405], "BREW")
    #expect(try Self.isServed(port))
    #expect(try Self.memory(of: server) < before + 150 << 20)
  }

  @Test("paths lead to no file, however they are written")
  func paths() async throws {
    let (server, port) = try await serve()
    defer { server.stop() }
    try Data("secret".utf8).write(to: directory.url("secret"))
    for path in [
      "/../../../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd",
      "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/%252e%252e/%252e%252e/etc/passwd",
      "/..\\..\\etc\\passwd", "/..%5c..%5cetc%5cpasswd", "/....//....//etc/passwd",
      "//etc/passwd", "/app.js/../../etc/passwd", "/%00/etc/passwd", "/app.js%00.html",
      "/%c0%ae%c0%ae/etc/passwd", "/api/v1/../../etc/passwd",
      "/api/v1/points/..%2f..%2f..%2fetc%2fpasswd/series",
      "/api/v1/associations/..%2f..%2fetc%2fpasswd", "/\(directory.path)/secret", "/live.db",
      "file:///etc/passwd", "http://127.0.0.1/../etc/passwd", "*",
    ] {
      let answer = try Self.answer(
        to: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n", port: port)
      try Self.expectProblem(answer, [400, 404], "\(path)")
      #expect(answer?.text.contains("root:") != true && answer?.text.contains("secret") != true)
    }
  }

  @Test("nothing that is asked comes back as a header")
  func headers() async throws {
    let (server, port) = try await serve()
    defer { server.stop() }
    for path in [
      "/%0d%0aX-Injected:%20yes", "/api/v1/gaps?point=%0d%0aX-Injected:%20yes",
      "/api/v1/points/a%0d%0aX-Injected:%20yes/series", "/api/v1/gaps?%0d%0aX-Injected:=yes",
      "/api/v1/runs?limit=%0d%0a%0d%0aX-Injected:%20yes", "/a\rX-Injected: yes",
    ] {
      let answer = try Self.answer(
        to: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n", port: port)
      #expect(answer?.headers["x-injected"] == nil, "\(path)")
      if answer?.status != 200 { try Self.expectProblem(answer, [400, 404], "\(path)") }
    }
    for field in [
      "If-None-Match: \"a\r\n\tX-Injected: yes\"", "Last-Event-ID: a\rX-Injected: yes",
      "If-None-Match: a\0X-Injected: yes", "Authorization: Basic \u{7F}\u{01}",
      "Host: localhost\r\nHost: evil.example", "Accept-Encoding: gzip;q=1e999",
      "X Y: z", ": empty", "Accept: \u{FF}\u{FE}",
    ] {
      let answer = try Self.answer(
        to: "GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n", port: port)
      #expect(answer?.headers["x-injected"] == nil, "\(field)")
      if answer?.status != 200 { try Self.expectProblem(answer, [400, 421], "\(field)") }
    }
    #expect(try Self.isServed(port))
  }

  @Test("many requests at once over one connection are answered in turn, and each once")
  func pipelining() async throws {
    let (server, port) = try await serve()
    defer { server.stop() }
    let before = try Self.memory(of: server)
    let connection = try Connection(port: port)
    let count = 500
    let requests = (0..<count).map {
      "GET /api/v1/associations/\($0 % 2 == 0 ? "zz" : "0000000000000000") HTTP/1.1\r\n"
        + "Host: localhost\r\n\r\n"
    }
    connection.send(requests.joined())
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    let (data, isClosed) = connection.receive()
    #expect(isClosed)
    let text = String(decoding: data, as: UTF8.self)
    let statuses = text.matches(of: #/HTTP/1\.1 (\d+) /#).compactMap { Int($0.1) }
    #expect(statuses == (0..<count).map { $0 % 2 == 0 ? 400 : 404 } + [200])
    #expect(try Self.memory(of: server) < before + 150 << 20)
  }

  @Test("two thousand connections that ask nothing: others are served, in bounded memory")
  func idleConnections() async throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, 4_096))
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let (server, port) = try await serve()
    defer { server.stop() }
    let before = try Self.memory(of: server)
    var idle: [Connection] = []
    for index in 0..<2_000 {
      idle.append(try Connection(port: port))
      // Some begin to ask.
      if index.isMultiple(of: 2) { idle[index].send("GET /healthz HTTP/1.1\r\nHost: local") }
      if index.isMultiple(of: 100) { #expect(try Self.isServed(port), "\(index)") }
    }
    #expect(try Self.isServed(port))
    #expect(try Self.memory(of: server) < before + 150 << 20)
    #expect(idle[0].receive(seconds: 60).isClosed)
    #expect(!idle[1_999].receive(seconds: 0).isClosed)
  }

  @Test("followers of the stream that never read: others are told all, in bounded memory")
  func streams() async throws {
    // It is written all the time, with many associations and gaps.
    let replay = try BackgroundProcess(
      Command.path,
      [
        "analyze", "--pps", "2000", "--loop", "--database", directory.file("live.db"),
        "\(Command.demo.path)/macsec-loss-reorder-duplicates.pcap.gz",
      ])
    defer { replay.stop() }
    let (server, port) = try await serve()
    defer { server.stop() }
    let before = try Self.memory(of: server)
    let question = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
    let deaf = try (0..<600).map { _ in try Connection(port: port) }
    for connection in deaf { connection.send(question) }
    // Who comes where there are too many is told all, and the first of them to come back.
    let late = try Connection(port: port)
    late.send(question)
    let follows = late.receive { $0.contains(Data("event: state".utf8)) }
    #expect(!follows.isClosed)
    let ended = deaf[0].receive { $0.contains(Data("retry: 30000".utf8)) }
    #expect(!ended.isClosed)
    #expect(try Self.isServed(port))
    for connection in deaf.suffix(200) { connection.endSending() }
    let told = deaf[599].receive {
      String(decoding: $0, as: UTF8.self).ranges(of: "event: state").count > 5
    }
    #expect(!told.isClosed)
    #expect(try Self.memory(of: server) < before + 150 << 20)
  }
}
