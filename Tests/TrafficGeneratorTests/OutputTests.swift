import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

@testable import TrafficGenerator

@Suite("What is written, and where")
struct OutputTests {
  @Test("all formats hold the same frames", arguments: GeneratorOptions.Format.allCases)
  func formats(format: GeneratorOptions.Format) throws {
    var options = GeneratorOptions.small(seed: 8)
    let reference = try CaptureOctets(options.generate().octets).frames
    options.format = format
    let (octets, truth) = try options.generate()
    let frames = CaptureOctets(octets).frames
    #expect(frames.map(\.octets) == reference.map(\.octets))
    #expect(truth.captures.map(\.format) == [format == .pcapng ? .pcapng : .pcap])
    let times = frames.map(\.timeNanoseconds)
    #expect(times == times.sorted())
    #expect(truth.captures.first?.firstTime?.nanosecondsSinceEpoch == times.first)
    #expect(truth.captures.first?.lastTime?.nanosecondsSinceEpoch == times.last)
    #expect(times.contains { $0 % 1_000 != 0 } == (format != .pcap))
  }

  @Test(
    "a snap length cuts frames and nothing of the truth",
    arguments: GeneratorOptions.Format.allCases)
  func snapped(format: GeneratorOptions.Format) throws {
    var options = GeneratorOptions.small(seed: 8)
    options.format = format
    let whole = try options.generate().truth
    options.snapLength = 97
    let (octets, truth) = try options.generate()
    let capture = CaptureOctets(octets)
    #expect(capture.snapLength == 97)
    #expect(capture.frames.allSatisfy { $0.octets.count == min(97, $0.originalLength) })
    let snapped = capture.frames.count { $0.originalLength > 97 }
    #expect(truth.captures.first?.snappedFrames == UInt64(snapped))
    #expect(truth.associations == whole.associations)
    #expect(truth.gaps == whole.gaps)
  }

  @Test("a path gets the capture; what was there is replaced")
  func file() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/test.pcap"
      try Data(repeating: 1, count: 9_999_999).write(to: URL(fileURLWithPath: path))
      let options = GeneratorOptions.small(seed: 6)
      let truth = try TrafficGenerator(options: options).run(path: path)
      let (octets, sameTruth) = try options.generate()
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(octets))
      #expect(truth.files == [path])
      #expect(truth.associations == sameTruth.associations)
    }
  }

  @Test("a FIFO gets the capture")
  func fifo() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/fifo"
      try #require(mkfifo(path, 0o600) == 0)
      let reader = try ChildProcess(["cat", path], output: .file(directory + "/copy"))
      let options = GeneratorOptions.small(seed: 6)
      _ = try TrafficGenerator(options: options).run(path: path)
      #expect(try reader.waitForEnd() == .exited(status: 0))
      let copy = try Data(contentsOf: URL(fileURLWithPath: directory + "/copy"))
      #expect(try copy == Data(options.generate().octets))
    }
  }

  @Test("a path that cannot be opened is an error with the path and the reason")
  func unwritable() throws {
    let generator = try TrafficGenerator(options: .small(seed: 1))
    let path = "/nonexistent-directory/test.pcap"
    let error = #expect(throws: GeneratorError.self) { try generator.run(path: path) }
    guard case .cannotOpen(path, ENOENT, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains(path) == true)
  }

  @Test("a full disk is an error", .enabled(if: access("/dev/full", W_OK) == 0, "no /dev/full"))
  func fullDisk() throws {
    let generator = try TrafficGenerator(options: .small(seed: 1))
    let error = #expect(throws: GeneratorError.self) { try generator.run(path: "/dev/full") }
    guard case .cannotWrite("/dev/full", ENOSPC, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  private func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let directory = NSTemporaryDirectory() + "gapscope-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body(directory)
  }

  @Test("how much was written is told while it goes on")
  func progress() throws {
    try withTemporaryDirectory { directory in
      var options = GeneratorOptions()
      (options.packets, options.flows, options.sizes) = (2_000, 4, .fixed(1_500))
      var told: [GeneratorProgress] = []
      let path = directory + "/test.pcap"
      let generator = try TrafficGenerator(options: options)
      let truth = try generator.run(path: path, tell: { told.append($0) })
      #expect(told.count == 2)
      for (one, next) in zip(told, told.dropFirst()) {
        #expect(one.frames < next.frames && one.octets < next.octets)
      }
      let totals = truth.totals
      #expect(told.allSatisfy { $0.totalFrames == Int(totals.packets) })
      #expect(told.allSatisfy { $0.octets < totals.octets && $0.frames < $0.totalFrames })
    }
  }
}
