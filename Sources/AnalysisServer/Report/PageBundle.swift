internal import Foundation

/// The files of the page as one document, which asks for nothing else.
struct PageBundle {
  private let files: [String: PageFile]

  init(_ files: [PageFile] = PageFile.all) {
    self.files = Dictionary(files.map { ($0.name, $0) }) { first, _ in first }
  }

  /// - Parameters:
  ///   - answers: JSON, in which the scripts look for what they would ask the server.
  ///   - summary: markup, shown where scripts do not run.
  func document(answers: [UInt8], summary: String) -> [UInt8] {
    let script = script, library = text("dygraphs.js"), style = text("style.css")
    let icon = "data:image/svg+xml;base64," + Data(text("icon.svg").utf8).base64EncodedString()
    let policy = """
      default-src 'none'; script-src \(Self.source(library)) \(Self.source(script)); \
      style-src \(Self.source(style)); img-src data:; base-uri 'none'; form-action 'none'
      """
    let page = text("index.html")
      .replacing(
        #/<meta charset="utf-8">/#,
        with: """
          <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
          """
      )
      .replacing("href=\"icon.svg\"", with: "href=\"\(icon)\"")
      .replacing("src=\"icon.svg\"", with: "src=\"\(icon)\"")
      .replacing("<link rel=\"stylesheet\" href=\"style.css\">", with: "<style>\(style)</style>")
      .replacing(#/<script [^>]*><\/script>\n/#, with: "")
      .replacing("<body>", with: "<body class=\"report\">")
      .replacing("Connecting …", with: "Report")
      // What it says takes a server, but for whose the library is.
      .replacing(#/<footer>.*<\/footer>\n/#.dotMatchesNewlines(), with: licence)
      .replacing(
        #/<noscript>.*<\/noscript>/#.dotMatchesNewlines(), with: "<noscript>\(summary)</noscript>")
    let end = page.range(of: "</body>")?.lowerBound ?? page.endIndex
    return Array(page[..<end].utf8)
      + Array("<script type=\"application/json\" id=\"recorded\">\n".utf8) + Self.harmless(answers)
      + Array("</script>\n<script>\(library)</script>\n".utf8)
      + Array("<script type=\"module\">\(script)</script>\n\(page[end...])".utf8)
  }

  private var licence: String {
    let text = text("dygraphs-licence.txt").replacing("&", with: "&amp;").replacing(
      "<", with: "&lt;")
    return """
      <footer><details><summary>Charts by dygraphs: its licence</summary><pre>\(text)</pre></details></footer>

      """
  }

  private func text(_ name: String) -> String { files[name]?.text ?? "" }

  /// How a policy names a script or a style.
  private static func source(_ text: String) -> String {
    "'sha256-\(Data(SHA256.digest(text.utf8)).base64EncodedString())'"
  }

  /// In JSON `<` is within texts only, where it has another form, with which no text ends the element
  /// that it is in.
  private static func harmless(_ json: [UInt8]) -> [UInt8] {
    Array(
      json.split(separator: 0x3C, omittingEmptySubsequences: false).joined(
        separator: #"\u003c"#.utf8))
  }
}

extension PageBundle {
  /// The modules as one script: each a function that gives what it exports, after those from which it
  /// imports.
  var script: String {
    var done: Set<String> = [], parts = ["const modules = {};\n"]
    add("app.js", to: &parts, &done)
    return parts.joined()
  }

  private func add(_ name: String, to parts: inout [String], _ done: inout Set<String>) {
    guard done.insert(name).inserted else { return }
    let source = text(name)
    for match in source.matches(of: Self.import) { add(String(match.output.2), to: &parts, &done) }
    let exported = source.matches(of: Self.export).map { String($0.output.2) }
    let body =
      source
      .replacing(Self.import) { "const {\($0.output.1)} = modules['\($0.output.2)'];" }
      .replacing(Self.export) { "\($0.output.1) \($0.output.2)" }
    parts.append(
      """
      modules['\(name)'] = (() => {
      \(body)
      return { \(exported.joined(separator: ", ")) };
      })();

      """)
  }

  private static var `import`: Regex<(Substring, Substring, Substring)> {
    /import\s*\{([^}]*)\}\s*from\s*'\.\/([a-z]+\.js)';/
  }

  private static var export: Regex<(Substring, Substring, Substring)> {
    /(?m)^export (async function|function|class|const) (\w+)/
  }
}
