import Foundation
import PacketAnalysis

/// The captures of others: read where they are, never copied into the project.
enum SharedCaptures {
  static let root: URL = {
    if let path = ProcessInfo.processInfo.environment["GAPSCOPE_CAPTURES"] {
      return URL(fileURLWithPath: path, isDirectory: true)
    }
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { package.deleteLastPathComponent() }
    return package.deletingLastPathComponent().appending(path: "shared/captures")
  }()

  static let arePresent = FileManager.default.fileExists(atPath: root.path)
  static let skipMessage = "GAPSCOPE_CAPTURES names no captures: skipped"

  static func json(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: root.appending(path: path))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  static func names(in folder: String) -> [String] {
    let path = root.appending(path: folder).path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  static func octets(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appending(path: path)))
  }
}

/// One frame of a capture, copied: for tests of the decoders only.
struct TestFrame {
  var octets: [UInt8]
  var originalLength: UInt32
  var linkType = LinkType.ethernet
}

/// The frames of a pcap file of either byte order, or of the enhanced and simple packet blocks of a
/// pcapng file; stops at the first record that does not fit.
func testFrames(_ file: [UInt8]) -> [TestFrame] {
  func number(_ offset: Int, _ count: Int, bigEndian: Bool) -> Int {
    (0..<count).reduce(0) { sum, i in
      sum << 8 | Int(file[offset + (bigEndian ? i : count - 1 - i)])
    }
  }
  guard file.count >= 24 else { return [] }
  var frames: [TestFrame] = []
  if number(0, 4, bigEndian: true) == 0x0A0D_0D0A {
    var (at, bigEndian, links) = (0, false, [LinkType]())
    while at + 12 <= file.count {
      let type = number(at, 4, bigEndian: bigEndian)
      if type == 0x0A0D_0D0A {
        bigEndian = number(at + 8, 4, bigEndian: true) == 0x1A2B_3C4D
        links = []
      }
      let length = number(at + 4, 4, bigEndian: bigEndian)
      guard length >= 12, at + length <= file.count else { break }
      if type == 1 {
        links.append(LinkType(rawValue: UInt16(number(at + 8, 2, bigEndian: bigEndian))))
      } else if type == 6 {
        let captured = number(at + 20, 4, bigEndian: bigEndian)
        let interface = number(at + 8, 4, bigEndian: bigEndian)
        guard captured <= length - 32, interface < links.count else { break }
        frames.append(
          TestFrame(
            octets: Array(file[at + 28..<at + 28 + captured]),
            originalLength: UInt32(number(at + 24, 4, bigEndian: bigEndian)),
            linkType: links[interface]))
      }
      at += length
    }
    return frames
  }
  let magic = number(0, 4, bigEndian: true)
  let bigEndian = magic == 0xA1B2_C3D4 || magic == 0xA1B2_3C4D
  guard bigEndian || magic == 0xD4C3_B2A1 || magic == 0x4D3C_B2A1 else { return [] }
  let link = LinkType(rawValue: UInt16(number(20, 4, bigEndian: bigEndian) & 0xFFFF))
  var at = 24
  while at + 16 <= file.count {
    let captured = number(at + 8, 4, bigEndian: bigEndian)
    let original = number(at + 12, 4, bigEndian: bigEndian)
    guard at + 16 + captured <= file.count else { break }
    frames.append(
      TestFrame(
        octets: Array(file[at + 16..<at + 16 + captured]), originalLength: UInt32(original),
        linkType: link))
    at += 16 + captured
  }
  return frames
}

extension FrameDecoder {
  func decode(_ frame: TestFrame, into decoded: inout DecodedFrame) {
    let octets = frame.octets
    decode(
      octets.span.bytes, originalLength: frame.originalLength, fcsLengthOctets: 0,
      linkType: frame.linkType, into: &decoded)
  }
}

func text(_ sci: SCI) -> String {
  let octets = (0..<6).map {
    UInt8(truncatingIfNeeded: sci.systemIdentifier.rawValue >> (40 - 8 * $0))
  }
  return octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    + "/\(sci.portIdentifier)"
}
