import Foundation

/// Captures on disk, as long as the value is.
final class CaptureFolder {
  private let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("gapscope-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ octets: [UInt8], _ name: String) throws -> String {
    let file = url.appendingPathComponent(name)
    try Data(octets).write(to: file)
    return file.path
  }
}
