import Foundation

/// A file system of its own that is soon full, gone with the test.
final class SmallDisk {
  let path: String
  private var filler: String { path + "/filler" }

  init(mebibytes: Int) throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-disk-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
    try Tool.run("mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path)
  }

  deinit {
    _ = try? Tool.run("umount", "-l", path)
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Takes what space there is.
  func fill() {
    guard let file = fopen(filler, "a") else { return }
    let page = [UInt8](repeating: 0, count: 4_096)
    setvbuf(file, nil, _IONBF, 0)
    while fwrite(page, 1, page.count, file) == page.count {}
    fclose(file)
  }

  func free() { unlink(filler) }

  static let obstacle: String? = {
    do {
      _ = try SmallDisk(mebibytes: 1)
      return nil
    } catch {
      return "needs root, to mount a small tmpfs: \(error)"
    }
  }()
}
