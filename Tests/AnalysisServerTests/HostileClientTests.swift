import AnalysisStore
import CaptureTestSupport
import Foundation
import HummingbirdTesting
import NIOCore
import Testing

@testable import AnalysisServer

/// Clients that want to keep a server busy with nothing, over real sockets, where its limits are
/// reached soon. `CommandTests` have those for whom a server's usual limits will do.
@Suite("Hostile clients, and limits that are reached")
struct HostileClientTests {
  private func serving(
    _ limits: ServerLimits, associations: Int = 20,
    _ body: @escaping @Sendable (_ port: Int) async throws -> Void
  ) async throws {
    let served = try Served()
    defer { served.remove() }
    try AnalysisStore(path: served.path).store(Served.report(associations: associations))
    var options = ServerOptions()
    options.limits = limits
    try await served.server(options).application().test(.live) { client in
      try await body(try #require(client.port))
    }
  }

  /// A connection that follows the stream and has the first of it: before, it would wait for a question,
  /// and give way to others.
  private static func follower(_ port: Int, from source: String = "127.0.0.1") throws -> Connection
  {
    let connection = try Connection(port: port, from: source)
    connection.send("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let begins = connection.receive { $0.contains(Data("event: state".utf8)) }
    #expect(!begins.isClosed)
    return connection
  }

  private static func isServed(_ port: Int, attempts: Int = 1) throws -> Bool {
    for attempt in 1...attempts {
      if try Connection.get("/api/v1/summary", port: port)?.status == 200 { return true }
      if attempt < attempts { usleep(500_000) }
    }
    return false
  }

  @Test(
    "two hosts, or none, were answered with 200, and the host of the target not looked at",
    arguments: [
      ("GET /healthz HTTP/1.1\r\n\r\n", 400),
      ("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", 400),
      ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
      ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n", 400),
      ("GET /healthz HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
      ("GET /healthz HTTP/1.1\r\nHost: local host\r\n\r\n", 400),
      ("GET http://user@localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
      ("GET http:///healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
      ("GET http://localhost/healthz HTTP/1.1\r\n\r\n", 400),
      ("GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 421),
      ("GET http://evil.example?x HTTP/1.1\r\nHost: localhost\r\n\r\n", 421),
      ("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
      ("GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200),
      ("GET HTTP://127.0.0.1:80/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
      ("GET /healthz HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 200),
      ("GET /healthz?a=http://evil.example HTTP/1.1\r\nHost: [::1]\r\n\r\n", 200),
      // As HAProxy asks whether a server lives.
      ("GET /healthz HTTP/1.0\r\n\r\n", 200),
    ])
  func hosts(request: String, status: Int) async throws {
    try await serving(ServerLimits()) { port in
      let answered = try await blocking {
        let connection = try Connection(port: port)
        connection.send(request)
        return connection.answer()?.status
      }
      #expect(answered == status)
    }
  }

  @Test(
    "a connection of HTTP/1.0 stayed open, though nobody asked to keep it",
    arguments: [("", true), ("Connection: keep-alive\r\n", false)])
  func olderVersion(field: String, isClosed: Bool) async throws {
    try await serving(ServerLimits()) { port in
      try await blocking {
        let connection = try Connection(port: port)
        connection.send("GET /healthz HTTP/1.0\r\n\(field)\r\n")
        #expect(connection.answer()?.status == 200)
        #expect(connection.receive(seconds: isClosed ? 60 : 1).isClosed == isClosed)
      }
    }
  }

  @Test("a header that never comes to its end is not waited for")
  func slowHeader() async throws {
    var limits = ServerLimits()
    limits.idleSeconds = 2
    try await serving(limits) { port in
      let isClosed = try await blocking {
        let connection = try Connection(port: port)
        connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        let end = Date(timeIntervalSinceNow: 600)
        // Octets come all the time.
        while Date() < end {
          guard connection.send("X-A: b\r\n") else { return true }
          if connection.receive(seconds: 0).isClosed { return true }
          #expect(try Self.isServed(port))
        }
        return false
      }
      #expect(isClosed)
    }
  }

  @Test(
    "a body is answered before it has come, and not waited for",
    arguments: ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
  func slowBody(field: String) async throws {
    try await serving(ServerLimits()) { port in
      try await blocking {
        let connection = try Connection(port: port)
        connection.send("GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n1")
        let answer = try #require(connection.answer())
        #expect(answer.status == 413 && answer.headers["connection"] == "close")
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(connection.receive(seconds: 60).isClosed)
      }
    }
  }

  @Test("who asks for much and takes nothing is closed, and does not pile up memory")
  func noReading() async throws {
    var limits = ServerLimits()
    limits.untakenOctets = 4 << 20
    limits.idleSeconds = 600
    try await serving(limits, associations: 1_000) { port in
      try await blocking {
        // What the kernel holds for each of them comes on top.
        let question =
          "GET /api/v1/associations?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let connections = try (0..<8).map { _ in try Connection(port: port) }
        for connection in connections { connection.send(String(repeating: question, count: 50)) }
        let end = Date(timeIntervalSinceNow: 600)
        var isClosed = false
        while !isClosed, Date() < end {
          #expect(try Self.isServed(port))
          for connection in connections {
            if !connection.send("\r\n".utf8, seconds: 1) { isClosed = true }
          }
          usleep(20_000)
        }
        #expect(isClosed)
        #expect(try Self.isServed(port))
      }
    }
  }

  @Test("who takes nothing for long is closed")
  func slowReading() async throws {
    var limits = ServerLimits()
    limits.idleSeconds = 1
    try await serving(limits, associations: 1_000) { port in
      try await blocking {
        let connection = try Connection(port: port)
        let question =
          "GET /api/v1/associations?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.send(String(repeating: question, count: 50))
        let end = Date(timeIntervalSinceNow: 600)
        var isClosed = false
        while !isClosed, Date() < end {
          isClosed = !connection.send("\r\n".utf8, seconds: 1)
          usleep(20_000)
        }
        #expect(isClosed)
      }
    }
  }

  @Test("connections that ask nothing give way to those that do, the oldest first")
  func idleConnections() async throws {
    var limits = ServerLimits()
    limits.connections = 20
    limits.furtherConnections = 5
    limits.idleSeconds = 600
    try await serving(limits) { port in
      try await blocking {
        let stream = try Self.follower(port)
        var idle: [Connection] = []
        for _ in 0..<100 {
          idle.append(try Connection(port: port))
          #expect(try Self.isServed(port))
        }
        #expect(idle[0].receive(seconds: 60).isClosed)
        #expect(!idle[99].receive(seconds: 0).isClosed)
        // One that is being answered does not wait.
        let goesOn = stream.receive { $0.contains(Data("event: state".utf8)) }
        #expect(!goesOn.isClosed)
      }
    }
  }

  @Test("one client that asks too much is refused, another is served")
  func greedy() async throws {
    var limits = ServerLimits()
    limits.requestsPerSecond = 20
    try await serving(limits) { port in
      try await blocking {
        let greedy = try Connection(port: port)
        let question = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        greedy.send(String(repeating: question, count: 2_000))
        greedy.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let modest = try Connection.get("/api/v1/summary", port: port, from: "127.0.0.2")
        #expect(modest?.status == 200)
        let text = String(decoding: greedy.receive().data, as: UTF8.self)
        let refused = text.ranges(of: "HTTP/1.1 429 ").count
        #expect(text.ranges(of: "HTTP/1.1 200 ").count + refused == 2_001)
        #expect(refused > 100)
      }
    }
  }

  @Test("where all connections were being answered, as streams are, nobody else was let in")
  func manyStreams() async throws {
    var limits = ServerLimits()
    (limits.connections, limits.furtherConnections, limits.idleSeconds) = (10, 5, 600)
    try await serving(limits) { port in
      try await blocking {
        let modest = try Self.follower(port, from: "127.0.0.2")
        let greedy = try (0..<40).map { _ in
          let connection = try Connection(port: port)
          connection.send("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
          return connection
        }
        // Those of the greedy ones that are let in late may close it.
        for _ in 0..<5 { #expect(try Self.isServed(port, attempts: 30)) }
        let closed = greedy.filter { $0.receive(seconds: 2).isClosed }
        #expect(closed.count >= 40 - 15)
        let goesOn = modest.receive {
          String(decoding: $0, as: UTF8.self).ranges(of: "event: state").count > 3
        }
        #expect(!goesOn.isClosed)
      }
    }
  }

  @Test("a client that takes nothing of its answers kept the server from its end for a minute")
  func endingBeforeSlowReader() async throws {
    final class Kept: @unchecked Sendable { var connection: Connection? }
    var limits = ServerLimits()
    (limits.endingSeconds, limits.idleSeconds) = (1, 3_600)
    let kept = Kept()
    let clock = ContinuousClock()
    let time = try await clock.measure {
      try await serving(limits, associations: 1_000) { port in
        try await blocking {
          let connection = try Connection(port: port)
          let question =
            "GET /api/v1/associations?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
          connection.send(String(repeating: question, count: 50))
          // Until the first answer is there, and what is behind it has nowhere to go.
          let begins = connection.receive { !$0.isEmpty }
          #expect(!begins.isClosed)
          kept.connection = connection
        }
      }
    }
    #expect(time < .seconds(1_800))
  }

  @Test("a follower that is gone without a word was held for a quarter of an hour")
  func silentEnd() async throws {
    var limits = ServerLimits()
    limits.idleSeconds = 1
    try await serving(limits) { port in
      try await blocking {
        let connection = try Self.follower(port)
        try connection.fallSilent()
        let end = Date(timeIntervalSinceNow: 600)
        while try connection.isHeldByServer(port: port), Date() < end { usleep(50_000) }
        #expect(try !connection.isHeldByServer(port: port))
      }
    }
  }

  @Test("which connection has to go")
  func choice() {
    final class Log: @unchecked Sendable { var closed: [Int] = [] }
    let (log, connections) = (
      Log(),
      OpenConnections(
        limits: .init(connections: 3, furtherConnections: 2, untakenOctets: 100))
    )
    final class Channel {}
    let channels = (0..<10).map { _ in Channel() }
    let ids = channels.map { ObjectIdentifier($0) }
    func open(_ index: Int, at seconds: UInt64) {
      connections.opened(ids[index], client: nil, now: time(seconds)) { log.closed.append(index) }
    }
    func time(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }
    for index in 0..<3 { open(index, at: UInt64(index)) }
    connections.changed(ids[0], isAnswered: false, now: time(3))
    open(3, at: 4)
    #expect(log.closed == [1])
    connections.changed(ids[2], isAnswered: false, now: time(5))
    connections.changed(ids[2], isAnswered: true, now: time(6))
    open(4, at: 7)
    #expect(log.closed == [1, 3])
    connections.changed(ids[2], isAnswered: false, now: time(8))
    connections.changed(ids[4], isAnswered: false, now: time(8))
    // None waits: none is closed.
    open(5, at: 9)
    #expect(log.closed == [1, 3] && connections.count == 4)

    // As far as there is room: then it is the one that has been answered for longest.
    connections.changed(ids[5], isAnswered: false, now: time(9))
    open(6, at: 9)
    #expect(log.closed == [1, 3, 0] && connections.count == 4)
    connections.changed(ids[6], isAnswered: false, now: time(9))
    connections.closed(ids[5])

    connections.wrote(ids[6], octets: 40, now: time(10))
    connections.wrote(ids[2], octets: 40, now: time(11))
    #expect(connections.slowSince(ids[6]) == time(10))
    connections.took(ids[6], octets: 10, now: time(12))
    connections.wrote(ids[4], octets: 60, now: time(13))
    #expect(log.closed == [1, 3, 0, 2])
    connections.wrote(ids[4], octets: 10, now: time(14))
    #expect(log.closed == [1, 3, 0, 2])
    connections.closed(ids[4])
    connections.took(ids[6], octets: 30, now: time(15))
    #expect(connections.slowSince(ids[6]) == nil)
    #expect(connections.count == 1)
  }
}
