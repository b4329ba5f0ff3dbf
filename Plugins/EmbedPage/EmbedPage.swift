import Foundation
import PackagePlugin

/// Makes Swift sources of the files in the folders `Page` and `Specification` of a target, whenever one
/// of them changes.
///
/// With those of the page goes the library that draws its charts, as a Debian package has it: no copy
/// of it is among our sources.
@main
struct EmbedPage: BuildToolPlugin {
  /// Names on the page, and what `scripts/setup` installs.
  private static let library = [
    "dygraphs.js": "/usr/share/javascript/dygraphs/dygraph.min.js",
    "dygraphs-licence.txt": "/usr/share/doc/libjs-dygraphs/copyright",
  ]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    [
      try command(embedding: "Page", as: "all", with: Self.library, context, target),
      try command(embedding: "Specification", as: "specification", with: [:], context, target),
    ]
  }

  /// - Parameters:
  ///   - name: of the static property that lists the files.
  ///   - others: paths of files from elsewhere, by the names that they get.
  private func command(
    embedding folder: String, as name: String, with others: [String: String],
    _ context: PluginContext, _ target: any Target
  ) throws -> Command {
    let source = context.pluginWorkDirectoryURL.appending(path: "\(folder)Files.swift")
    let folder = target.directoryURL.appending(path: folder)
    let names =
      FileManager.default.enumerator(atPath: folder.path)?
      .compactMap { $0 as? String }.sorted() ?? []
    // One that is missing is for the tool to say, which knows what to do.
    let there = others.values.sorted().filter { FileManager.default.fileExists(atPath: $0) }
    return .buildCommand(
      displayName: "Embedding \(folder.lastPathComponent)",
      executable: try context.tool(named: "PageEmbedder").url,
      arguments: [source.path, folder.path, name] + others.map { "\($0)=\($1)" }.sorted(),
      inputFiles: names.map { folder.appending(path: $0) }
        + there.map { URL(fileURLWithPath: $0) },
      outputFiles: [source])
  }
}
