import CaptureTestSupport
import Foundation
import PacketAnalysis
import Testing

/// The captures of others, from the file to the report.
@Suite("Public captures", .enabled(if: Captures.hasPublic, "no public captures here: skipped"))
struct PublicCaptureTests {
  /// Frames in which tshark 4.0.17 sees an association and we see none, and why.
  static let differences: [String: (frames: Set<Int>, reason: String)] = [
    "tcpdump/esp_truncated.pcap": ([1], "snapped in the middle of the ESP header: truncated"),
    "tcpdump/icmp-rfc8335-missing-bytes.pcap": (
      [1], "SL 0 with 37 octets of Secure Data: malformed"
    ),
    "tcpdump/macsec-short-shorter.pcap": (
      [1], "4 octets fewer than SL and the ICV ask for: malformed"
    ),
    "zeek/ipv6_zero_len_ah.pcap": ([5, 6], "AH of 8 octets and SPI 0; an ICMPv6 error quotes it"),
  ]

  static let answers =
    Captures.hasPublic
    ? Captures.names(in: "public/expected").filter { $0.contains("__") } : []

  @Test("all answers are there")
  func count() { #expect(Self.answers.count == 62) }

  @Test("finds the associations, packets and numbers that tshark finds", arguments: answers)
  func associations(answer: String) throws {
    let answer = try TsharkAnswer(
      contentsOf: Captures.root.appendingPathComponent("public/expected/\(answer)"))
    let capture = answer.capture
    let report = try analyze(Captures.path("public/files/\(capture)"))
    #expect(report.violations() == [])
    #expect(report.totals.packets == UInt64(answer.packets))

    let ours = sightings(in: report)
    let theirs = sightings(of: answer.frames, except: Self.differences[capture]?.frames ?? [])
    #expect(Set(ours.keys) == Set(theirs.keys))
    if Self.differences[capture] != nil {
      let all = sightings(of: answer.frames, except: [])
      #expect(
        all.values.reduce(0) { $0 + $1.packets } != ours.values.reduce(0) { $0 + $1.packets },
        "no difference any more")
    }
    for (name, expected) in theirs {
      let found = ours[name]
      #expect(found?.packets == expected.packets, "\(name)")
      // Numbers of several epochs, and of suspects, cannot be told apart by tshark.
      guard let found, found.isSingle else {
        #expect(UInt64(expected.numbers.count) <= expected.packets, "\(name)")
        continue
      }
      #expect(found.lowest == expected.numbers.min(), "\(name)")
      #expect(found.highest == expected.numbers.max(), "\(name)")
      #expect(found.distinct == UInt64(expected.numbers.count), "\(name)")
    }
  }

  static let odd =
    Captures.hasPublic
    ? ["robust-libpcap", "robust-tcpdump", "pcapng-suite", "pypcapng"].flatMap { folder in
      Captures.names(in: "public/files/\(folder)").map { "\(folder)/\($0)" }
    } : []

  @Test("the numbers add up in the oddest captures too")
  func oddCaptures() throws {
    #expect(Self.odd.count > 440)
    var options = AnalysisOptions()
    options.bucketNanoseconds = 1_000_000_000
    var packets: UInt64 = 0
    for name in Self.odd {
      let report = try analyze(Captures.path("public/files/\(name)"), options: options)
      #expect(report.violations() == [], "\(name)")
      packets += report.totals.packets
    }
    #expect(packets > 3_000)
  }

  // MARK: What was seen of an association

  private struct Sighting {
    var packets: UInt64 = 0
    var numbers: Set<UInt64> = []
  }

  private struct Found {
    var packets: UInt64 = 0
    var distinct: UInt64 = 0
    var lowest: UInt64?
    var highest: UInt64?
    var isSingle = true
  }

  /// By association: SCI and AN, or protocol, addresses and SPI.
  private func sightings(in report: AnalysisReport) -> [String: Found] {
    var found: [String: Found] = [:]
    for association in report.associations {
      let name =
        switch association.key.identity {
        case .macsec(let macsec): "\(macsec.sci.rawValue) \(macsec.an)"
        case .ipsec(let ipsec):
          "\(ipsec.securityProtocol) \(text(ipsec.source)) \(text(ipsec.destination)) \(ipsec.spi)"
        }
      var sighting = found[name] ?? Found()
      sighting.isSingle = found[name] == nil && association.suspects == 0
      sighting.packets += association.packets
      sighting.distinct += association.distinct
      (sighting.lowest, sighting.highest) = (association.lowestNumber, association.highestNumber)
      found[name] = sighting
    }
    return found
  }

  private func sightings(of frames: [TsharkAnswer.Frame], except left: Set<Int>)
    -> [String: Sighting]
  {
    var found: [String: Sighting] = [:]
    func note(_ name: String, _ number: UInt64?) {
      found[name, default: Sighting()].packets += 1
      if let number { found[name]?.numbers.insert(number) }
    }
    for frame in frames where !left.contains(frame.number) {
      if let macsec = frame.macsec { note("\(sci(of: macsec)) \(macsec.an ?? 9)", macsec.pn) }
      for header in frame.ipsec {
        note(
          "\(header.name) \(header.source) \(header.destination) \(header.spi)",
          header.sequenceNumber)
      }
    }
    return found
  }

  /// Explicit, or the source MAC address with Port Identifier 1 (with SCB: 0).
  private func sci(of macsec: TsharkAnswer.MACsec) -> UInt64 {
    let address = macsec.systemIdentifier ?? macsec.sourceAddress ?? ""
    let octets = address.split(separator: ":").reduce(UInt64(0)) {
      $0 << 8 | (UInt64($1, radix: 16) ?? 0)
    }
    let implicit: UInt16 = macsec.flags.contains("SCB") ? 0 : 1
    return octets << 16
      | UInt64(macsec.systemIdentifier != nil ? macsec.portIdentifier ?? 0 : implicit)
  }
}
