import Foundation
import PackagePlugin

/// Makes a Swift source of the files in the folder `Page` of a target, whenever one of them changes.
@main
struct EmbedPage: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Page")
    let source = context.pluginWorkDirectoryURL.appending(path: "PageFiles.swift")
    let names =
      FileManager.default.enumerator(atPath: folder.path)?
      .compactMap { $0 as? String }.sorted() ?? []
    return [
      .buildCommand(
        displayName: "Embedding the page",
        executable: try context.tool(named: "PageEmbedder").url,
        arguments: [source.path, folder.path],
        inputFiles: names.map { folder.appending(path: $0) },
        outputFiles: [source])
    ]
  }
}
