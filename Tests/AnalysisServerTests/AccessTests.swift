import AnalysisStore
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import AnalysisServer

@Suite("Who is answered")
struct AccessTests {
  private static let secret = "0123456789abcdef~!"

  private func asking(
    _ access: Access,
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
  ) async throws {
    let served = try Served()
    defer { served.remove() }
    try AnalysisStore(path: served.path).store(Served.report(associations: 3))
    var options = ServerOptions()
    options.access = access
    try await served.server(options).application().test(.router) { try await body($0) }
  }

  private static func basic(_ text: String) -> String {
    "Basic " + Data(text.utf8).base64EncodedString()
  }

  @Test("whoever has the token, as programs or as browsers send it, and nobody else")
  func token() async throws {
    let token = try #require(AccessToken(Self.secret))
    try await asking(.token(token)) { client in
      for path in ["/api/v1/summary", "/metrics", "/readyz", "/", "/api/v1/openapi.json", "/no"] {
        for field in [
          nil, "", "Bearer", "Bearer \(Self.secret)x", "Bearer \(Self.secret.dropLast())",
          "Bearer x\(Self.secret.dropFirst())", "Bearer \(Self.secret)\(Self.secret)",
          "Token \(Self.secret)", Self.basic(Self.secret), Self.basic("\(Self.secret):"), "Basic !",
        ] {
          var headers = HTTPFields()
          headers[.authorization] = field
          let answer = try await client.execute(uri: path, method: .get, headers: headers)
          #expect(answer.status == .unauthorized, "\(path) \(field ?? "none")")
          #expect(answer.headers[values: .wwwAuthenticate].count == 2)
          #expect(!String(buffer: answer.body).contains(Self.secret))
        }
      }
      for field in [
        "Bearer \(Self.secret)", "bearer \(Self.secret)", Self.basic("any:\(Self.secret)"),
        Self.basic(":\(Self.secret)"),
      ] {
        let answer = try await client.get("/api/v1/summary", headers: [.authorization: field])
        #expect(answer.status == .ok, "\(field)")
      }
      // That it lives is no secret.
      #expect(try await client.get("/healthz").status == .ok)
    }
  }

  @Test("a token is not printed, in any way")
  func unprinted() throws {
    let token = try #require(AccessToken(Self.secret))
    var text = "\(token) \(Access.token(token)) \(String(reflecting: token))"
    dump(token, to: &text)
    dump(Access.token(token), to: &text)
    #expect(!text.contains("0123") && !text.contains("48"))
  }

  @Test("open, whoever asks by whatever name")
  func open() async throws {
    try await asking(.open) { client in
      let answer = try await client.get("/api/v1/summary")
      #expect(answer.status == .ok)
    }
  }
}
