import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

@Suite(
  "Decoding what Linux sent and received",
  .enabled(if: SharedCaptures.arePresent, "no captures: skipped"))
struct KernelCaptureTests {
  /// The classes of the words that `truth.json` has for unprotected frames.
  static let classes: [String: FrameClass] = [
    "macsec": .macsec, "esp": .esp, "ah": .ah, "ike": .ike, "natt-ike": .ike,
    "natt-keepalive": .other, "arp": .other, "lldp": .other, "udp": .plain, "icmp": .plain,
    "icmp6": .plain,
  ]

  @Test("counts every frame in the class that it was sent as", arguments: scenarios)
  func countsFrames(scenario: String) throws {
    let truth = try SharedCaptures.json("kernel/\(scenario)/truth.json")
    let files = try #require(truth["files"] as? [String: [String: Any]])
    #expect(files.count == 2)
    // k01 is two wpa_supplicants that talk MKA; the others send EAPOL-Start and -Logoff.
    let eapol = scenario == "k01_mka_two" ? FrameClass.mka : .eapol
    let decoder = FrameDecoder(options: DecodingOptions())
    var decoded = DecodedFrame()
    for (file, entry) in files {
      let kinds = try #require(entry["kinds"] as? [String: Int])
      var expected: [FrameClass: Int] = [:]
      for (kind, count) in kinds {
        let frameClass = kind == "eapol" ? eapol : Self.classes[kind]
        expected[try #require(frameClass, "\(kind)"), default: 0] += count
      }
      var counted: [FrameClass: Int] = [:]
      for frame in testFrames(try SharedCaptures.octets("kernel/\(scenario)/\(file)")) {
        decoder.decode(frame, into: &decoded)
        counted[decoded.frameClass, default: 0] += 1
      }
      #expect(counted == expected, "\(file)")
    }
  }

  /// What a tap saw of one association, by the headers alone.
  struct View: Equatable {
    var frames = 0
    var numbers: Set<UInt32> = []
    var first: UInt32 = 0
    var last: UInt32 = 0
  }

  @Test("reads the numbers of every association", arguments: scenarios)
  func readsNumbers(scenario: String) throws {
    let truth = try SharedCaptures.json("kernel/\(scenario)/truth.json")
    let decoder = FrameDecoder(options: DecodingOptions())
    var decoded = DecodedFrame()
    var views: [String: [String: View]] = [:]
    for direction in try #require(truth["units"] as? [[String: Any]]) {
      let file = try #require(direction["post_file"] as? String)
      if views[file] == nil {
        var seen: [String: View] = [:]
        for frame in testFrames(try SharedCaptures.octets("kernel/\(scenario)/\(file)")) {
          decoder.decode(frame, into: &decoded)
          guard decoded.headerCount > 0 else { continue }
          let header = decoded.headers[0]
          var view = seen[name(header)] ?? View(first: header.number)
          view.frames += 1
          view.numbers.insert(header.number)
          view.last = header.number
          seen[name(header)] = view
        }
        views[file] = seen
      }
      for unit in try #require(direction["post_wire_view_header_only"] as? [[String: Any]]) {
        let words = try #require(unit["unit"] as? [Any])
        let last = "\(words[2])"
        let isMACsec = words[0] as? String == "macsec"
        let name = "\(words[0]) \(words[1]) \(isMACsec ? last : canonical(last))"
        let view = try #require(views[file]?[name], "\(name)")
        #expect(view.frames == unit["frames"] as? Int)
        #expect(view.numbers.count == unit["distinct"] as? Int)
        #expect(view.first == unit["first"] as? UInt32)
        #expect(view.last == unit["last"] as? UInt32)
        #expect(view.numbers.min() == unit["min"] as? UInt32)
        #expect(view.numbers.max() == unit["max"] as? UInt32)
      }
    }
  }

  /// As `truth.json` names it: protocol, SCI and AN, or protocol, SPI and destination.
  private func name(_ header: ProtectedHeader) -> String {
    func hex(_ value: UInt64, _ digits: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: digits - text.count) + text
    }
    switch header.identity {
    case .macsec(let macsec): return "macsec \(hex(macsec.sci.rawValue, 16)) \(macsec.an)"
    case .ipsec(let ipsec):
      let name = ipsec.securityProtocol == .esp ? "esp" : "ah"
      return "\(name) 0x\(hex(UInt64(ipsec.spi), 8)) \(text(ipsec.destination))"
    }
  }

  static let scenarios = SharedCaptures.names(in: "kernel").filter { !$0.contains(".") }
}
