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
    let answer = try Captures.json("public/expected/\(answer)")
    let capture = try #require(answer["capture"] as? String)
    let report = try analyze(Captures.path("public/files/\(capture)"))
    #expect(report.violations() == [])
    #expect(report.totals.packets == answer["packets"] as? UInt64)

    let frames = try #require(answer["frames"] as? [[String: Any]])
    let (ours, theirs) = (sightings(in: report), try sightings(of: frames, in: capture))
    #expect(Set(ours.keys) == Set(theirs.keys))
    if Self.differences[capture] != nil {
      let all = try sightings(of: frames, in: nil)
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

  /// - Parameter capture: whose differences are left out; `nil`: nothing is.
  private func sightings(of frames: [[String: Any]], in capture: String?) throws
    -> [String: Sighting]
  {
    let differences = capture.flatMap { Self.differences[$0]?.frames } ?? []
    var found: [String: Sighting] = [:]
    func note(_ name: String, _ number: UInt64?) {
      found[name, default: Sighting()].packets += 1
      if let number { found[name]?.numbers.insert(number) }
    }
    for frame in frames {
      let number = try #require(frame["frame"] as? Int)
      if differences.contains(number) { continue }
      func first(_ key: String, in layer: [String: Any]) -> String? {
        (layer[key] as? [String])?.first
      }
      if let layer = frame["macsec"] as? [String: Any] {
        let an = first("AN", in: layer).flatMap { UInt8($0.dropFirst(2), radix: 16) }
        note(
          "\(sci(layer, frame)) \(an ?? 9)", first("PN", in: layer).flatMap { UInt64($0) })
      }
      for name in ["ah", "esp"] {
        guard let layer = frame[name] as? [String: Any] else { continue }
        let spi = UInt32((first("spi", in: layer) ?? "").dropFirst(2), radix: 16) ?? 0
        let (source, destination) = nearestAddresses(to: name, in: frame)
        note(
          "\(name) \(source) \(destination) \(spi)",
          first("sequence", in: layer).flatMap { UInt64($0) })
      }
    }
    return found
  }

  /// Explicit, or the source MAC address with Port Identifier 1 (with SCB: 0).
  private func sci(_ layer: [String: Any], _ frame: [String: Any]) -> UInt64 {
    func first(_ value: Any?) -> String? { (value as? [String])?.first }
    let explicit = first(layer["SCI.system_identifier"])
    let address = explicit ?? first(frame["eth.src"]) ?? ""
    let octets = address.split(separator: ":").reduce(UInt64(0)) {
      $0 << 8 | (UInt64($1, radix: 16) ?? 0)
    }
    let port = first(layer["SCI.port_identifier"]).flatMap { UInt64($0) }
    return octets << 16 | (explicit != nil ? port ?? 0 : first(layer["TCI.SCB"]) == "1" ? 0 : 1)
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
      return all.indices.contains(index) ? octets(all[index]) : "none"
    }
    return (address("src"), address("dst"))
  }

  // MARK: Addresses, by their octets, so that no notation matters

  private func text(_ address: IPAddress) -> String {
    (0..<(address.family == .ipv4 ? 4 : 16)).reversed()
      .map { String(UInt8(truncatingIfNeeded: address.bits >> (8 * $0))) }.joined(separator: ".")
  }

  private func octets(_ address: String) -> String {
    guard address.contains(":") else { return address }
    var octets = in6_addr()
    guard inet_pton(AF_INET6, address, &octets) == 1 else { return address }
    return withUnsafeBytes(of: octets) { $0.map { String($0) }.joined(separator: ".") }
  }
}
