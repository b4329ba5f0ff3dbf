import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

/// What we read in a frame, or tshark did, in words that can be compared.
private struct Reading: Equatable, CustomStringConvertible {
  var words: [String]
  var description: String { words.isEmpty ? "nothing" : words.joined(separator: ", ") }
}

@Suite(
  "Decoding against tshark", .enabled(if: SharedCaptures.arePresent, "no captures: skipped"))
struct PublicCaptureTests {
  /// Where we differ from tshark 4.0.17, and why. Key: capture, then the frame.
  static let differences: [String: String] = [
    "libpcap/ah-ipip-ping.pcap 1": "first fragment: it carries the AH; tshark shows it on the last",
    "libpcap/ah-ipip-ping.pcap 4": "last fragment of the same datagram",
    "tcpdump/dns-badlabel.pcap 1": "UDP 53 to 500: we go by the port 500, tshark by the lower one",
    "tcpdump/dns_fwdptr.pcap 1": "UDP 53 to 500: we go by the port 500, tshark by the lower one",
    "tcpdump/isakmp-pointer-loop.pcap 1": "UDP 500: tshark wants a cookie that is not 0",
    "tcpdump/esp_truncated.pcap 1": "snapped in the middle of the ESP header: truncated",
    "tcpdump/icmp-rfc8335-missing-bytes.pcap 1": "SL 0 with 37 octets of Secure Data: malformed",
    "tcpdump/macsec-short-shorter.pcap 1": "4 octets fewer than SL and the ICV ask for: malformed",
    "zeek/ipv6_zero_len_ah.pcap 5": "AH of 8 octets and SPI 0: malformed",
    "zeek/ipv6_zero_len_ah.pcap 6": "an ICMPv6 error that quotes it: plain",
  ]

  static let answers = SharedCaptures.names(in: "public/expected").filter { $0.contains("__") }

  @Test("all answers are there")
  func count() { #expect(Self.answers.count == 62) }

  @Test("reads in every frame what tshark reads", arguments: answers)
  func frames(answer: String) throws {
    let answer = try TsharkAnswer(
      contentsOf: SharedCaptures.root.appending(path: "public/expected/\(answer)"))
    let capture = answer.capture
    let frames = testFrames(try SharedCaptures.octets("public/files/\(capture)"))
    #expect(frames.count == answer.packets)
    let expected = Dictionary(uniqueKeysWithValues: answer.frames.map { ($0.number, $0) })

    let decoder = FrameDecoder(options: DecodingOptions())
    var decoded = DecodedFrame()
    for (index, frame) in frames.enumerated() {
      decoder.decode(frame, into: &decoded)
      let ours = reading(decoded)
      let theirs = try reading(tshark: expected[index + 1])
      if Self.differences["\(capture) \(index + 1)"] == nil {
        #expect(
          ours == theirs, "\(capture) \(index + 1) \(expected[index + 1]?.protocols ?? "")")
      } else {
        #expect(ours != theirs, "no difference any more: \(capture) \(index + 1)")
      }
    }
  }

  private func reading(_ frame: borrowing DecodedFrame) -> Reading {
    var words: [String] = []
    for index in 0..<frame.headerCount {
      let header = frame.headers[index]
      switch header.identity {
      case .macsec(let macsec):
        let sci = header.sciSource == .explicit ? text(macsec.sci) : "none"
        let bits: [(TCI, String)] = [(.es, "ES"), (.sc, "SC"), (.scb, "SCB"), (.e, "E"), (.c, "C")]
        let flags = bits.filter { header.tci.contains($0.0) }.map(\.1).joined(separator: "+")
        words.append("macsec \(flags) AN \(macsec.an) PN \(header.number) SCI \(sci)")
      case .ipsec(let ipsec):
        let name = ipsec.securityProtocol == .esp ? "esp" : "ah"
        words.append(
          "\(name) \(String(ipsec.spi, radix: 16)) \(header.number)"
            + " \(text(ipsec.source)) \(text(ipsec.destination))")
      }
    }
    if frame.headerCount == 0, [.mka, .eapol, .ike].contains(frame.frameClass) {
      words.append("\(frame.frameClass)")
    }
    return Reading(words: words)
  }

  private func reading(tshark frame: TsharkAnswer.Frame?) throws -> Reading {
    guard let frame else { return Reading(words: []) }
    var words: [String] = []
    func text(_ number: UInt64?) -> String { number.map { "\($0)" } ?? "-" }
    if let macsec = frame.macsec {
      var sci = "none"
      if let system = macsec.systemIdentifier, let port = macsec.portIdentifier {
        sci = "\(system)/\(port)"
      }
      words.append(
        "macsec \(macsec.flags.joined(separator: "+")) AN \(try #require(macsec.an))"
          + " PN \(text(macsec.pn)) SCI \(sci)")
    }
    for header in frame.ipsec {
      words.append(
        "\(header.name) \(String(header.spi, radix: 16)) \(text(header.sequenceNumber))"
          + " \(header.source) \(header.destination)")
    }
    if words.isEmpty {
      if frame.layers.contains("isakmp") {
        words.append("ike")
      } else if frame.layers.contains("mka") {
        words.append("mka")
      } else if frame.layers.contains("eapol") {
        words.append("eapol")
      }
    }
    return Reading(words: words)
  }
}
