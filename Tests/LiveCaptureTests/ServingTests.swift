import CaptureTestSupport
import Foundation
import Testing

/// A capture that answers questions about its database itself.
@Suite(
  "capture --listen", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct ServingTests {
  private let network: TestNetwork

  init() throws {
    network = try TestNetwork()
    try network.ip("link", "set", "lo", "up")
    try network.generate("sent.pcap", "--packets", "3000", "--flows", "10", "--seed", "9")
  }

  /// Says `request` to the port of a capture, in its namespace; what is answered comes out.
  private func ask(_ capture: RunningCapture, _ request: String) throws -> RunningCapture {
    let words = capture.messages.split(whereSeparator: \.isWhitespace)
    let url = try #require(words.first { $0.hasPrefix("http://127.0.0.1:") })
    let port = url.dropLast().split(separator: ":").last ?? ""
    return try RunningCapture(
      network.inside(
        "bash", "-c",
        """
        exec 3<>/dev/tcp/127.0.0.1/\(port) || exit 98
        printf '\(request)\\r\\nHost: localhost\\r\\n\\r\\n' >&3
        cat <&3
        """), in: network.files, untilListening: false)
  }

  private func wait(_ holds: () throws -> Bool) rethrows -> Bool {
    let limit = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < limit {
      if try holds() { return true }
      usleep(20_000)
    }
    return false
  }

  @Test(
    "serves what it stores, and a signal ends both while somebody follows the stream",
    arguments: [SIGINT, SIGTERM])
  func serves(signal: Int32) throws {
    let database = network.file("live.db")
    let capture = try network.capture(
      "-i", network.far, "--database", database, "--store-every", "100ms", "--listen",
      "127.0.0.1:0", "--json")
    let stream = try ask(capture, "GET /api/v1/stream HTTP/1.1")
    try network.send("sent.pcap")
    #expect(wait { stream.text.contains("\"packets\":3000") })
    // A connection that asks once and stays.
    let idle = try ask(capture, "GET /metrics HTTP/1.1")
    #expect(wait { idle.text.contains("gapscope_frames_total") })
    let page = try ask(capture, "GET / HTTP/1.1\\r\\nConnection: close").end()
    #expect(page.text.contains("<!doctype html>"))

    let begin = ContinuousClock.now
    capture.signal(signal)
    let result = try capture.end()
    // Two are promised; a stream that had to be waited for has no end, a connection a minute.
    #expect(ContinuousClock.now - begin < .seconds(9))
    print("capture --listen ended \(ContinuousClock.now - begin) after the signal")
    #expect(result.status == 0)
    #expect(!result.error.contains("error"))
    #expect(try #require(try result.json()["totals"] as? [String: Int])["packets"] == 3_000)
    let stored = StoredRuns(path: database)
    #expect(stored.number("SELECT ended FROM progress") == 1)
    #expect(try stored.mistakes() == [])
    #expect(try stream.end().text.contains("event: state"))
    _ = try idle.end()
  }

  @Test("a port that is taken keeps it from beginning")
  func taken() throws {
    let capture = try network.capture(
      "-i", network.far, "--database", network.file("live.db"), "--listen", "127.0.0.1:0")
    let words = capture.messages.split(whereSeparator: \.isWhitespace)
    let url = try #require(words.first { $0.hasPrefix("http://127.0.0.1:") })
    let second = try network.gapscope(
      "capture", "-i", network.near, "--database", network.file("other.db"), "--listen",
      String(url.dropFirst("http://".count).dropLast()))
    #expect(second.status == 1)
    #expect(second.error.contains("name another port with --listen"))
    #expect(!second.error.contains("Listening on"))
    capture.signal(SIGTERM)
    #expect(try capture.end().status == 0)
  }

  @Test(
    "has the rules of serve",
    arguments: [
      (["--listen", "127.0.0.1:0"], "--database"),
      (["--database", "x.db", "--listen", "0.0.0.0:8080"], "can be reached from other machines"),
      (["--database", "x.db", "--listen", "here"], "is no address with a port"),
      (["--database", "x.db", "--open"], "go with --listen"),
      (["--database", "x.db", "--listen", "127.0.0.1:0", "--key", "k.pem"], "go together"),
    ])
  func refusals(_ options: [String], _ message: String) throws {
    let result = try network.gapscope(arguments: ["capture", "-i", network.far] + options)
    #expect(result.status == 64)
    #expect(result.error.contains(message))
  }

  @Test("with a token it answers who has it, at any address")
  func token() throws {
    let token = String(repeating: "a1", count: 20)
    try Data(token.utf8).write(to: URL(fileURLWithPath: network.file("token")))
    let capture = try network.capture(
      "-i", network.far, "--database", network.file("live.db"), "--listen", "127.0.0.1:0",
      "--token-file", network.file("token"))
    let closing = "\\r\\nConnection: close"
    let stranger = try ask(capture, "GET /api/v1/runs HTTP/1.1" + closing).end()
    #expect(stranger.text.hasPrefix("HTTP/1.1 401"))
    let friend = try ask(
      capture, "GET /api/v1/interfaces HTTP/1.1\\r\\nAuthorization: Bearer \(token)" + closing
    ).end()
    #expect(friend.text.hasPrefix("HTTP/1.1 200"))
    #expect(friend.text.contains(network.far))
    capture.signal(SIGTERM)
    #expect(try capture.end().status == 0)
    #expect(!capture.messages.contains(token))
  }
}
