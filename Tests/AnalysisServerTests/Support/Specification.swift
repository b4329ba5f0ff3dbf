import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import AnalysisServer

/// The description of the API, against which answers are held.
///
/// It knows the words of JSON Schema that the description has, and takes another for a mistake.
struct Specification: Sendable {
  let document: JSONValue

  static let own: Specification? = PageFile.specification.first.flatMap { file in
    (try? JSONValue(file.octets.readableBytesView)).map { Specification(document: $0) }
  }

  /// What is wrong with an answer to a GET of a path (without its query); nothing where it is fine.
  func mistakes(_ answer: TestResponse, to path: String) throws -> [String] {
    guard let template = template(of: path), let operation = document["paths"]?[template]?["get"]
    else { return answer.status == .notFound ? [] : ["no path for \(path)"] }
    let responses = operation["responses"]
    guard let response = responses?["\(answer.status.code)"] ?? responses?["default"] else {
      return ["no response \(answer.status.code)"]
    }
    guard let content = resolved(response)["content"] else {
      return answer.body.readableBytes == 0 ? [] : ["a body"]
    }
    let type = answer.headers[.contentType]?.split(separator: ";").first.map { String($0) } ?? ""
    guard let schema = content[type]?["schema"] else { return ["content type \(type)"] }
    if type == "text/plain" || type == "text/event-stream" { return [] }
    return check(try JSONValue(answer.body.readableBytesView), schema, at: "$")
  }

  /// `/api/v1/associations/{id}` of `/api/v1/associations/0123456789abcdef`.
  private func template(of path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return document["paths"]?.members.keys.first { template in
      let other = template.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == other.count
        && zip(parts, other).allSatisfy { $0 == $1 || $1.hasPrefix("{") && !$0.isEmpty }
    }
  }

  func resolved(_ value: JSONValue) -> JSONValue {
    guard let reference = value["$ref"]?.text else { return value }
    let parts = reference.dropFirst(2).split(separator: "/")
    return parts.reduce(document) { $0[String($1)] ?? .null }
  }

  // MARK: JSON Schema

  private static let annotations: Set = [
    "description", "format", "default", "examples", "properties", "additionalProperties",
  ]

  func check(_ value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
    let schema = resolved(schema)
    guard case .object(let words) = schema else { return ["\(place): no schema"] }
    var mistakes: [String] = []
    for (word, rule) in words where !Self.annotations.contains(word) {
      mistakes += check(value, word, rule, at: place)
    }
    guard case .object(let members) = value else { return mistakes }
    for (name, member) in members {
      if let property = words["properties"]?[name] {
        mistakes += check(member, property, at: "\(place).\(name)")
      } else if words["additionalProperties"] == .bool(false) {
        mistakes.append("\(place).\(name): not described")
      }
    }
    return mistakes
  }

  private func check(
    _ value: JSONValue, _ word: String, _ rule: JSONValue, at place: String
  ) -> [String] {
    let isRight: Bool
    switch (word, value) {
    case ("type", _):
      let types = rule.text.map { [$0] } ?? rule.elements.compactMap(\.text)
      isRight = types.contains { value.hasType($0) }
    case ("enum", _): isRight = rule.elements.contains(value)
    case ("const", _): isRight = value == rule
    case ("required", .object(let members)):
      let missing = rule.elements.compactMap(\.text).filter { members[$0] == nil }
      return missing.map { "\(place).\($0): missing" }
    case ("items", .array(let elements)):
      return elements.enumerated().flatMap { check($1, rule, at: "\(place)[\($0)]") }
    case ("maxItems", .array(let elements)): isRight = Double(elements.count) <= rule.double ?? 0
    case ("pattern", .string(let text)):
      isRight = text.range(of: rule.text ?? "", options: .regularExpression) != nil
    case ("minLength", .string(let text)): isRight = Double(text.count) >= rule.double ?? 0
    case ("minimum", .integer), ("minimum", .number):
      isRight = value.double ?? 0 >= rule.double ?? 0
    case ("maximum", .integer), ("maximum", .number):
      isRight = value.double ?? 0 <= rule.double ?? 0
    case ("anyOf", _):
      isRight = rule.elements.contains { check(value, $0, at: place).isEmpty }
    case ("oneOf", _):
      let all = rule.elements.map { check(value, $0, at: place) }
      if all.count(where: \.isEmpty) == 1 { return [] }
      return ["\(place): not one of them"] + all.flatMap { $0 }
    case ("required", _), ("items", _), ("maxItems", _), ("pattern", _), ("minLength", _),
      ("minimum", _), ("maximum", _):
      isRight = true
    default: return ["\(place): the word \(word) is not known"]
    }
    return isRight ? [] : ["\(place): \(word)"]
  }
}

extension JSONValue {
  fileprivate func hasType(_ name: String) -> Bool {
    switch self {
    case .null: name == "null"
    case .bool: name == "boolean"
    case .integer: name == "integer" || name == "number"
    case .number: name == "number"
    case .string: name == "string"
    case .array: name == "array"
    case .object: name == "object"
    }
  }
}
