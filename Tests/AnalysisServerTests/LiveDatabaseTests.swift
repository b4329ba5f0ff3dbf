import CaptureTestSupport
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PacketAnalysis
import Testing

@testable import AnalysisServer
@testable import AnalysisStore

@Suite("A database that is written, or not there yet")
struct LiveDatabaseTests {
  @Test("is waited for: not ready, then ready, without a restart")
  func appearing() async throws {
    let served = try Served()
    defer { served.remove() }
    try await served.asking { client in
      #expect(try await client.get("/healthz").status == .ok)
      for path in ["/readyz", "/api/v1/summary", "/api/v1/runs"] {
        let answer = try await client.get(path)
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.headers[.retryAfter] == "5")
        let detail = try #require(try answer.object["detail"] as? String)
        #expect(detail.contains("does not exist"))
        // Who asks need not know where our files are.
        #expect(!detail.contains(served.directory.lastPathComponent))
      }
      let store = try AnalysisStore(path: served.path)
      #expect(try await client.get("/readyz").status == .ok)
      #expect(try await client.get("/api/v1/summary").status == .notFound)
      try store.store(Served.report(associations: 3))
      #expect(try await client.get("/api/v1/summary").status == .ok)
    }
  }

  @Test("every answer is of one state, while another replaces it again and again")
  func whileWriting() async throws {
    let served = try Served()
    defer { served.remove() }
    let store = try AnalysisStore(path: served.path)
    @Sendable func report(state: UInt64) -> AnalysisReport {
      Served.report(associations: 40, packets: 1_000 + state)
    }
    let start = try store.store(
      RunState(report: report(state: 0), time: .now), options: AnalysisOptions(),
      after: RunRecord(began: .now))
    try await served.asking { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          var record = start
          for state in 1...30 as ClosedRange<UInt64> {
            record = try store.store(
              RunState(report: report(state: state), time: .now), options: AnalysisOptions(),
              after: record)
          }
        }
        for _ in 0..<3 {
          group.addTask {
            for _ in 0..<40 {
              let answer = try await client.get("/api/v1/associations?limit=1000")
              #expect(answer.status == .ok)
              let packets = try Set(answer.items.compactMap { $0["packets"] as? Int })
              #expect(try answer.items.count == 40 && packets.count == 1)
              let summary = try await client.get("/api/v1/summary").object
              let sums = try #require(summary["sums"] as? [String: Any])
              #expect(sums["packets"] as? Int == summary["packets"] as? Int)
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("over a socket: routes, HEAD, and only for who asks for this machine")
  func socket() async throws {
    let served = try Served()
    defer { served.remove() }
    try AnalysisStore(path: served.path).store(Served.report(associations: 3))
    try await served.server().application().test(.live) { client in
      let port = try #require(client.port)
      // Its own client waits for no more than 20 s, which other tests may take.
      try await blocking {
        let answer = try #require(try Connection.get("/api/v1/associations", port: port))
        #expect((try answer.json()["items"] as? [Any])?.count == 3)
        let connection = try Connection(port: port)
        connection.send(
          "HEAD /api/v1/associations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let head = String(decoding: connection.receive().data, as: UTF8.self)
        #expect(head.hasPrefix("HTTP/1.1 200 ") && head.hasSuffix("\r\n\r\n"))
        #expect(head.lowercased().contains("\r\ncontent-security-policy: "))
      }
    }
  }

  @Test(
    "names that lead here and are not ours",
    arguments: [
      "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.1:x",
    ])
  func strangers(name: String) { #expect(!LocalNames<ServerContext>.isLocal(name)) }

  @Test("our own names", arguments: ["127.0.0.1:8080", "localhost", "[::1]:1", "localhost:65535"])
  func ownNames(name: String) { #expect(LocalNames<ServerContext>.isLocal(name)) }

  @Test(
    "what is no address",
    arguments: [
      ":8080", "8080", "localhost", "localhost:99999", "::1:80", "[::1]", "[]:80", "[x]:80",
      "a/b:80",
    ])
  func noAddresses(text: String) { #expect(ListenAddress(parsing: text) == nil) }

  @Test(
    "addresses of this machine alone, and others",
    arguments: [
      ("127.0.0.1:8080", true), ("[::1]:0", true), ("localhost:80", true), ("0.0.0.0:8080", false),
      ("[::]:80", false), ("192.0.2.1:80", false), ("probe.example:443", false),
    ])
  func addresses(text: String, isLocal: Bool) {
    #expect(ListenAddress(parsing: text)?.isLocal == isLocal)
  }
}
