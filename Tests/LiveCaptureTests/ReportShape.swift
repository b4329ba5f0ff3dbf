import Foundation
import Testing

/// What a report says apart from times, and from the names of the files and points.
enum ReportShape {
  /// As JSON, so that a difference can be read.
  ///
  /// - Parameter left: further fields that are left out.
  static func text(
    _ report: [String: Any], without left: Set<String> = []
  ) throws -> String {
    var report = report
    // An association is told by its place: its id depends on the name of its point.
    var places: [String: String] = [:]
    for (place, association) in list(report, "associations").enumerated() {
      if let id = association["id"] as? String { places[id] = "association \(place)" }
    }
    report["captures"] = list(report, "captures").map {
      $0.filter { ["packets", "octets", "longestFrameOctets", "linkType"].contains($0.key) }
    }
    for key in ["schema", "notes", "blind", "analyzedTimes", "options"] { report[key] = nil }
    let data = try JSONSerialization.data(
      withJSONObject: stripped(report, places, left), options: [.sortedKeys, .prettyPrinted])
    return String(decoding: data, as: UTF8.self)
  }

  static func list(_ report: [String: Any], _ key: String) -> [[String: Any]] {
    report[key] as? [[String: Any]] ?? []
  }

  /// The sum of a count over all associations.
  static func sum(_ report: [String: Any], _ key: String) -> Int {
    list(report, "associations").reduce(0) { $0 + ($1[key] as? Int ?? 0) }
  }

  private static let ofTheMachine: Set = [
    "firstTime", "lastTime", "time", "interArrivalNanoseconds", "file", "point",
  ]

  private static func stripped(
    _ value: Any, _ places: [String: String], _ left: Set<String>
  ) -> Any {
    if let object = value as? [String: Any] {
      return object.filter { !ofTheMachine.contains($0.key) && !left.contains($0.key) }
        .mapValues { stripped($0, places, left) }
    }
    if let list = value as? [Any] { return list.map { stripped($0, places, left) } }
    if let text = value as? String { return places[text] ?? text }
    return value
  }
}
