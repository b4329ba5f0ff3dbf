import Foundation

/// Writes the files of a folder as a Swift source: `PageEmbedder OUTPUT FOLDER NAME [FILE=PATH]...`,
/// where NAME is that of the property which lists them, and each FILE one of a Debian package, with the
/// name that it gets.
///
/// Each becomes a literal, which the compiler lays down as it is: the program needs no files beside
/// it, and nothing is done for them before one is asked for. An array of octets would be compiled
/// one by one.
@main
struct PageEmbedder {
  static func main() {
    do {
      try write()
    } catch {
      // As the build shows it: a line.
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func write() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4 else {
      throw Failure(text: "usage: PageEmbedder OUTPUT FOLDER NAME [FILE=PATH]...")
    }
    let folder = URL(fileURLWithPath: arguments[2])
    let names =
      FileManager.default.enumerator(atPath: folder.path)?
      .compactMap { $0 as? String }.sorted() ?? []
    var entries: [String] = []
    for name in names {
      let file = folder.appending(path: name)
      guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
        continue
      }
      entries.append(entry(name: name, content: try Data(contentsOf: file)))
    }
    for argument in arguments.dropFirst(4) {
      let halves = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard halves.count == 2, let content = FileManager.default.contents(atPath: halves[1]) else {
        throw Failure(
          text: """
            \(halves.last ?? ""): cannot be read. The page draws its charts with dygraphs, which \
            scripts/setup installs: the Debian package libjs-dygraphs.
            """)
      }
      entries.append(entry(name: halves[0], content: content))
    }
    let source = """
      extension PageFile {
        static let \(arguments[3]): [PageFile] = [
      \(entries.joined(separator: "\n"))
        ]
      }

      """
    try Data(source.utf8).write(to: URL(fileURLWithPath: arguments[1]))
  }

  /// Text stays readable in the source; anything else goes by base64.
  private static func entry(name: String, content: Data) -> String {
    if let text = String(validating: content, as: UTF8.self) {
      return "    PageFile(name: \(literal(name)), text: \(literal(text))),"
    }
    return
      "    PageFile(name: \(literal(name)), base64: \(literal(content.base64EncodedString()))),"
  }

  private static func literal(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": literal += "\\\\"
      case "\"": literal += "\\\""
      case "\n": literal += "\\n"
      case " "..."~": literal.unicodeScalars.append(scalar)
      default: literal += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return literal + "\""
  }
}

struct Failure: Error, CustomStringConvertible {
  var text: String
  var description: String { text }
}
