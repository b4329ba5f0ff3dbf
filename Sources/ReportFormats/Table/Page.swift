/// The lines of a report for people, laid out for a width.
struct Page {
  enum Tone {
    case plain
    case heading
    case dim
    case good
    case bad
    case warning

    /// Select Graphic Rendition (ECMA-48, 8.3.117).
    fileprivate var code: String? {
      switch self {
      case .plain: nil
      case .heading: "1"
      case .dim: "2"
      case .good: "1;32"
      case .bad: "1;31"
      case .warning: "33"
      }
    }
  }

  let width: Int
  let hasColor: Bool
  private(set) var text = ""

  init(width: Int, hasColor: Bool) { (self.width, self.hasColor) = (width, hasColor) }

  func painted(_ text: String, _ tone: Tone) -> String {
    guard hasColor, let code = tone.code, !text.isEmpty else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  /// A line that is known to fit.
  mutating func line(_ line: String = "") {
    text += line
    text += "\n"
  }

  mutating func heading(_ title: String) {
    line()
    line(painted(title, .heading))
  }

  /// Words over as many lines as they need; all but the first begin at `indent`.
  mutating func paragraph(
    _ text: String, first: String = "", indent: Int = 0, tone: Tone = .plain
  ) {
    let words = text.split(separator: " ").map(String.init)
    flow(words, separator: " ", first: first, indent: indent, tone: tone)
  }

  /// Items that are never broken, over as many lines as they need. `first` stands in front of the
  /// first line, at most `indent` columns wide.
  mutating func flow(
    _ items: [String], separator: String, first: String = "", indent: Int = 0, tone: Tone = .plain
  ) {
    var current = ""
    var start = first.isEmpty ? String(repeating: " ", count: indent) : first
    for item in items {
      let item = elided(item, width: width - indent)
      if current.isEmpty {
        current = item
      } else if indent + displayWidth(current + separator + item) <= width {
        current += separator + item
      } else {
        line(start + painted(current, tone))
        start = String(repeating: " ", count: indent)
        current = item
      }
    }
    line(start + painted(current, tone))
  }
}

extension String {
  func padded(_ width: Int, isRight: Bool = false) -> String {
    let padding = String(repeating: " ", count: Swift.max(0, width - displayWidth(self)))
    return isRight ? padding + self : self + padding
  }
}
