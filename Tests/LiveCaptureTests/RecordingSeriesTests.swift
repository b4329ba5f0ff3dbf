import Foundation
import Testing

@testable import LiveCapture

@Suite("Names of files that rotate")
struct RecordingSeriesTests {
  @Test("a file whose name has the largest number that there is ended the capture")
  func largestNumber() throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("gapscope-series-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for number in ["00007", "9223372036854775807", "99999999999999999999999999"] {
      try Data().write(
        to: directory.appendingPathComponent("link_\(number)_20261127150000.pcapng"))
    }
    var series = RecordingSeries(
      path: directory.appendingPathComponent("link.pcapng").path, fileCount: 1)
    let next = series.next(at: 0)
    #expect(next.path.contains("/link_00008_"))
    #expect(next.surplus.count == 1)
    #expect(series.next(at: 0).path.contains("/link_00009_"))
  }
}
