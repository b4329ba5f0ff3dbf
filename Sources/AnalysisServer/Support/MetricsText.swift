internal import ReportFormats

/// Metrics in the text format of Prometheus, version 0.0.4.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
struct MetricsText: ~Copyable {
  enum Kind: String { case counter, gauge }

  private var out = OutputBuffer(capacity: 1 << 16)
  private var name: StaticString = ""

  /// The samples that follow are of this metric.
  mutating func family(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
    self.name = name
    out.append("# HELP ")
    out.append(name)
    out.append(" ")
    out.append(help)
    out.append("\n# TYPE ")
    out.append(name)
    out.append(" ")
    out.append(text: kind.rawValue)
    out.append("\n")
  }

  /// - Parameter labels: `MetricsText.labels`, or nothing.
  mutating func sample(_ value: UInt64, _ labels: String = "") { sample("\(value)", labels) }

  mutating func sample(seconds: Double) { sample("\(seconds)", "") }

  private mutating func sample(_ value: String, _ labels: String) {
    out.append(name)
    out.append(text: labels)
    out.append(" ")
    out.append(text: value)
    out.append("\n")
  }

  borrowing func octets() -> [UInt8] { out.octets() }

  static func labels(_ pairs: KeyValuePairs<String, String>) -> String {
    let parts = pairs.map { name, value in
      let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        .replacing("\n", with: "\\n")
      return "\(name)=\"\(escaped)\""
    }
    return "{\(parts.joined(separator: ","))}"
  }
}
