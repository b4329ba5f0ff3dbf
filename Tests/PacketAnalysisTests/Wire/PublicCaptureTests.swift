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
    let answer = try SharedCaptures.json("public/expected/\(answer)")
    let capture = try #require(answer["capture"] as? String)
    let frames = testFrames(try SharedCaptures.octets("public/files/\(capture)"))
    #expect(frames.count == answer["packets"] as? Int)
    var expected: [Int: [String: Any]] = [:]
    for frame in try #require(answer["frames"] as? [[String: Any]]) {
      expected[try #require(frame["frame"] as? Int)] = frame
    }

    let decoder = FrameDecoder(options: DecodingOptions())
    var decoded = DecodedFrame()
    for (index, frame) in frames.enumerated() {
      decoder.decode(frame, into: &decoded)
      let ours = reading(decoded)
      let theirs = try reading(tshark: expected[index + 1] ?? [:])
      if Self.differences["\(capture) \(index + 1)"] == nil {
        #expect(
          ours == theirs, "\(capture) \(index + 1) \(expected[index + 1]?["protocols"] ?? "")")
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

  private func reading(tshark frame: [String: Any]) throws -> Reading {
    var words: [String] = []
    func first(_ key: String, in layer: [String: Any]) -> String? {
      (layer[key] as? [String])?.first
    }
    if let layer = frame["macsec"] as? [String: Any] {
      let flags = ["ES", "SC", "SCB", "E", "C"].filter { first("TCI.\($0)", in: layer) == "1" }
      var sci = "none"
      if let system = first("SCI.system_identifier", in: layer),
        let port = first("SCI.port_identifier", in: layer)
      {
        sci = system + "/" + port
      }
      let an = try #require(first("AN", in: layer))
      words.append(
        "macsec \(flags.joined(separator: "+")) AN \(Int(an.dropFirst(2), radix: 16) ?? -1)"
          + " PN \(first("PN", in: layer) ?? "-") SCI \(sci)")
    }
    for name in ["ah", "esp"] {
      guard let layer = frame[name] as? [String: Any] else { continue }
      let spi = UInt32((first("spi", in: layer) ?? "").dropFirst(2), radix: 16) ?? 0
      let (source, destination) = nearestAddresses(to: name, in: frame)
      words.append(
        "\(name) \(String(spi, radix: 16)) \(first("sequence", in: layer) ?? "-")"
          + " \(source) \(destination)")
    }
    if words.isEmpty {
      if frame["isakmp"] != nil {
        words.append("ike")
      } else if frame["mka"] != nil {
        words.append("mka")
      } else if frame["eapol"] != nil {
        words.append("eapol")
      }
    }
    return Reading(words: words)
  }

  /// tshark lists the addresses of all IP headers; `protocols` says which is in front of `layer`.
  private func nearestAddresses(to layer: String, in frame: [String: Any]) -> (String, String) {
    var seen = ["ip": 0, "ipv6": 0]
    var nearest = ""
    for name in (frame["protocols"] as? String ?? "").split(separator: ":").map(String.init) {
      if name == layer { break }
      guard let count = seen[name] else { continue }
      seen[name] = count + 1
      nearest = name
    }
    func address(_ key: String) -> String {
      let all = frame["\(nearest).\(key)"] as? [String] ?? []
      let index = (seen[nearest] ?? 0) - 1
      return all.indices.contains(index) ? canonical(all[index]) : "none"
    }
    return (address("src"), address("dst"))
  }
}
