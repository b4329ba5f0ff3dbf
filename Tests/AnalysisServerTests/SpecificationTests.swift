import AnalysisStore
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import AnalysisServer

@Suite("The description of the API")
struct SpecificationTests {
  private let specification: Specification

  init() throws { specification = try #require(Specification.own) }

  private func asking(
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
  ) async throws {
    let served = try Served()
    defer { served.remove() }
    try AnalysisStore(path: served.path).store(Served.report(associations: 3))
    try await served.asking(.router, body)
  }

  @Test("every route has its path there, and every path a route")
  func routes() throws {
    let served = try Served()
    defer { served.remove() }
    let page = Set(PageFile.all.map { "/\($0.name)" } + ["/"])
    let routes = try served.server().router(
      StreamHub(reader: AnalysisReader(path: served.path, timeLimit: .seconds(600)))
    )
    .routes.filter { $0.method == .get }
    .map { $0.path.description.replacing(/:([a-z]+)/) { "{\($0.output.1)}" } }
    let own = Set(routes).subtracting(page)
    let described = try #require(specification.document["paths"]).members
    #expect(own == Set(described.keys))
    for (path, item) in described {
      #expect(item.members.keys.sorted() == ["get"], "\(path)")
    }
  }

  @Test("every path has the parameters that the route knows, and those of its name")
  func parameters() async throws {
    let specification = specification
    try await asking { client in
      for (path, item) in try #require(specification.document["paths"]).members {
        let parameters = (item["get"]?["parameters"]?.elements ?? [])
          .map(specification.resolved)
        func names(_ place: String) -> Set<String> {
          Set(parameters.filter { $0["in"]?.text == place }.compactMap { $0["name"]?.text })
        }
        #expect(
          names("path") == Set(path.matches(of: /\{(\w+)\}/).map { String($0.output.1) }))
        let uri = path.replacing("{id}", with: "fffffffffffffffe").replacing(
          "{name}", with: "tap%2F1")
        let answer = try await client.get("\(uri)?nosuchparameter=1")
        guard answer.status != .ok else {
          #expect(names("query").isEmpty, "\(path)")
          continue
        }
        #expect(try answer.object["parameter"] as? String == "nosuchparameter", "\(path)")
        let detail = try #require(try answer.object["detail"] as? String)
        let known = detail.split(separator: ": ").last?.dropLast().split(separator: ", ") ?? []
        let expected = names("query").isEmpty ? ["none"] : names("query")
        #expect(Set(known.map { String($0) }) == expected, "\(path)")
      }
    }
  }

  @Test("every value that it names for a parameter is taken")
  func values() async throws {
    let specification = specification
    try await asking { client in
      for (path, item) in try #require(specification.document["paths"]).members {
        let uri = path.replacing("{id}", with: "fffffffffffffffe").replacing(
          "{name}", with: "tap%2F1")
        for parameter in (item["get"]?["parameters"]?.elements ?? []).map(specification.resolved)
        where parameter["in"]?.text == "query" {
          let schema = parameter["schema"] ?? .null
          let name = parameter["name"]?.text ?? ""
          let values = ["enum", "examples"].flatMap { schema[$0]?.elements ?? [] }.compactMap(
            \.text)
          let bounds = ["minimum", "maximum"].compactMap { schema[$0]?.integer }.map { "\($0)" }
          for value in values + bounds {
            let encoded = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let answer = try await client.get("\(uri)?\(name)=\(encoded)")
            // A step may still be too small for a range.
            #expect(answer.status == .ok || name == "step", "\(path) \(name)=\(value)")
          }
        }
      }
    }
  }

  @Test("every schema and parameter is used")
  func unused() throws {
    let text = try #require(PageFile.specification.first).octets
    let source = String(buffer: text)
    for kind in ["schemas", "parameters", "responses"] {
      for name in try #require(specification.document["components"]?[kind]).members.keys {
        #expect(source.contains("#/components/\(kind)/\(name)\""), "\(kind) \(name)")
      }
    }
  }

  @Test("it comes as it is, with a type and a tag")
  func served() async throws {
    try await asking { client in
      let answer = try await client.get("/api/v1/openapi.json")
      #expect(answer.headers[.contentType] == "application/json")
      #expect(answer.headers[.eTag] != nil)
      #expect(try JSONValue(answer.body.readableBytesView)["openapi"]?.text == "3.1.0")
    }
  }

  @Test("an answer that is not as described is found")
  func finds() throws {
    let schema = try JSONValue(
      Data(
        """
        {"type":"object","required":["a"],"additionalProperties":false,"properties":{
          "a":{"type":["integer","null"],"minimum":0},"b":{"type":"array","items":{"enum":["x"]}}}}
        """.utf8))
    for (text, isRight) in [
      ("{\"a\":1}", true), ("{\"a\":null,\"b\":[\"x\"]}", true), ("{\"a\":true}", false),
      ("{\"a\":-1}", false), ("{\"a\":1.5}", false), ("{}", false), ("{\"a\":1,\"c\":1}", false),
      ("{\"a\":1,\"b\":[\"y\"]}", false), ("[]", false),
    ] {
      let mistakes = specification.check(try JSONValue(Data(text.utf8)), schema, at: "$")
      #expect(mistakes.isEmpty == isRight, "\(text) \(mistakes)")
    }
  }
}
