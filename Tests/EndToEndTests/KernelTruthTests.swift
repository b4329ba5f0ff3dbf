import Foundation
import PacketAnalysis
import Testing

/// The captures that Linux's own MACsec and IPsec made, with the truth that was found by matching
/// the frames of the two taps octet by octet.
@Suite("Kernel captures", .enabled(if: Captures.hasKernel, "no kernel captures here"))
struct KernelTruthTests {
  static let scenarios =
    Captures.hasKernel
    ? Captures.names(in: "kernel").filter { !$0.hasSuffix(".json") } : []

  @Test("every association is as the truth has it, on both taps", arguments: scenarios)
  func truth(scenario: String) throws {
    let truth = try Captures.json("kernel/\(scenario)/truth.json")
    for tap in ["near_a.pcap", "near_b.pcap"] {
      let report = try analyze(Captures.path("kernel/\(scenario)/\(tap)"))
      let expected = try Self.units(of: truth, tap: tap)
      #expect(report.associations.count == expected.count, "\(scenario) \(tap)")
      for unit in expected { check(unit, report, "\(scenario) \(tap)") }
      if scenario != "k01_mka_two" { #expect(report.skips.isEmpty) }
      #expect(report.suspectFrames.isEmpty)
      let classes = (truth["files"] as? [String: [String: Any]])?[tap]
      #expect(report.totals.packets == classes?["frames"] as? UInt64)
    }
  }

  private struct Unit {
    var name: String
    var sci: UInt64?
    var an: UInt8 = 0
    var spi: UInt32 = 0
    var destination = ""
    var epoch = 0
    var packets: UInt64 = 0
    var distinct: UInt64 = 0
    var lowest: UInt64 = 0
    var highest: UInt64 = 0
    var octets: UInt64?
    /// Only of the far tap.
    var lost: UInt64 = 0
    var duplicates: UInt64 = 0
    /// `nil` on the sender's tap, of which the truth says nothing: two captures have a swap there.
    var reordered: UInt64?
  }

  /// What one tap must show: of the direction that it is the sender's tap of, what was sent; of the
  /// other, what arrived.
  private static func units(of truth: [String: Any], tap: String) throws -> [Unit] {
    var units: [Unit] = []
    for direction in try #require(truth["units"] as? [[String: Any]]) {
      let isFar = direction["post_file"] as? String == tap
      var epochs: [String: Int] = [:]
      for fields in try #require(direction["units"] as? [[String: Any]]) {
        var unit = Unit(name: "\(direction["dir"] ?? "")")
        func number(_ key: String) -> UInt64 { (fields[key] as? NSNumber)?.uint64Value ?? 0 }
        if let sci = fields["sci"] as? String {
          unit.sci = UInt64(sci, radix: 16)
          unit.an = UInt8(number("an"))
        } else {
          unit.spi = UInt32((fields["spi"] as? String ?? "").dropFirst(2), radix: 16) ?? 0
          unit.destination = fields["dst"] as? String ?? ""
        }
        let key = "\(unit.sci ?? 0) \(unit.an) \(unit.spi)"
        unit.epoch = epochs[key, default: 0]
        epochs[key, default: 0] += 1
        if isFar {
          unit.packets = number("wire_frames")
          unit.distinct = number("wire_distinct")
          (unit.lowest, unit.highest) = (number("min_pn"), number("max_pn"))
          unit.lost = number("gap_loss_visible")
          unit.duplicates = number("duplicates")
          unit.reordered = number("reordered")
          unit.octets = number("bytes")
        } else {
          unit.packets = number("sent_frames")
          unit.distinct = number("sent_distinct")
          (unit.lowest, unit.highest) = (number("sent_first_pn"), number("sent_last_pn"))
          unit.lost = unit.highest - unit.lowest + 1 - unit.distinct
        }
        if unit.packets > 0 { units.append(unit) }
      }
    }
    return units
  }

  private func check(_ unit: Unit, _ report: AnalysisReport, _ name: String) {
    let found = report.associations.first { association in
      guard association.epoch == unit.epoch else { return false }
      switch association.key.identity {
      case .macsec(let macsec): return macsec.sci.rawValue == unit.sci && macsec.an == unit.an
      case .ipsec(let ipsec): return unit.sci == nil && ipsec.spi == unit.spi
      }
    }
    guard let found else {
      Issue.record("\(name): no association for \(unit)")
      return
    }
    #expect(found.packets == unit.packets, "\(name) \(unit)")
    #expect(found.distinct == unit.distinct, "\(name) \(unit)")
    #expect(found.lowestNumber == unit.lowest, "\(name) \(unit)")
    #expect(found.highestNumber == unit.highest, "\(name) \(unit)")
    // In k01 the sender skips what no wire could have carried.
    #expect(found.lost + found.skipped == unit.lost, "\(name) \(unit)")
    #expect(found.duplicates == unit.duplicates, "\(name) \(unit)")
    if let reordered = unit.reordered { #expect(found.reordered == reordered, "\(name) \(unit)") }
    #expect(found.suspects == 0, "\(name) \(unit)")
    if let octets = unit.octets { #expect(found.octets == octets, "\(name) \(unit)") }
    let gaps = report.gaps.filter { $0.association == found.id }
    #expect(gaps.reduce(0) { $0 + $1.missing } == found.lost, "\(name) \(unit)")
    #expect(UInt64(gaps.count) == found.gaps, "\(name) \(unit)")
  }
}
