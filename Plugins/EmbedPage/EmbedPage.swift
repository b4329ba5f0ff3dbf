import Foundation
import PackagePlugin

/// Makes Swift sources of the files in the folders `Page` and `Specification` of a target, whenever one
/// of them changes.
@main
struct EmbedPage: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    try [("Page", "all"), ("Specification", "specification")].map { folder, name in
      try command(embedding: folder, as: name, context, target)
    }
  }

  /// - Parameter name: of the static property that lists the files.
  private func command(
    embedding folder: String, as name: String, _ context: PluginContext, _ target: any Target
  ) throws -> Command {
    let source = context.pluginWorkDirectoryURL.appending(path: "\(folder)Files.swift")
    let folder = target.directoryURL.appending(path: folder)
    let names =
      FileManager.default.enumerator(atPath: folder.path)?
      .compactMap { $0 as? String }.sorted() ?? []
    return .buildCommand(
      displayName: "Embedding \(folder.lastPathComponent)",
      executable: try context.tool(named: "PageEmbedder").url,
      arguments: [source.path, folder.path, name],
      inputFiles: names.map { folder.appending(path: $0) },
      outputFiles: [source])
  }
}
