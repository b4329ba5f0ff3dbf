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

  static let scenarios = SharedCaptures.names(in: "kernel").filter { !$0.contains(".") }
}
