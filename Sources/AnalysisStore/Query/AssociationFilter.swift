internal import Foundation
internal import GRDB
public import PacketAnalysis

/// Which associations a question is about: those for which everything holds that is given.
public struct AssociationFilter: Sendable, Equatable {
  public typealias SecurityProtocol = ProtectionProtocol
  public enum Address: Sendable, Equatable {
    case mac(MACAddress)
    /// One address, or all of a prefix; both of one family.
    case ip(ClosedRange<IPAddress>)
  }

  public var point: String?
  public var securityProtocol: SecurityProtocol?
  public var sci: SCI?
  public var an: UInt8?
  public var spi: UInt32?
  /// Of one of its two ends.
  public var address: Address?
  public var minimumLost: UInt64?
  /// Of what was expected: 0 to 1.
  public var minimumLossRatio: Double?
  /// Active at this time or after it.
  public var from: Timestamp?
  /// Active at this time or before it.
  public var to: Timestamp?

  public init() {}
}

extension AssociationFilter {
  /// The tables `a`, `c` and `p`, in this order: nothing is found sooner from another.
  static let source = """
    FROM association AS a
    CROSS JOIN channel AS c ON c.run = a.run AND c.position = a.channel
    CROSS JOIN point AS p ON p.run = c.run AND p.position = c.point
    """

  var isEmpty: Bool { self == AssociationFilter() }

  /// - Parameter concernsTimes: whether `from` and `to` are those of the association's frames.
  func add(to filter: inout Filter, concernsTimes: Bool = true) {
    if let point { filter.add("p.name = ?", [point]) }
    if let securityProtocol { filter.add("c.protocol = ?", [securityProtocol.rawValue]) }
    if let sci { filter.add("c.sci = ?", [Data(bigEndian: UInt128(sci.rawValue), octets: 8)]) }
    if let an { filter.add("a.an = ?", [Int64(an)]) }
    if let spi { filter.add("c.spi = ?", [Int64(spi)]) }
    if let address { add(address, to: &filter) }
    if let minimumLost { filter.add("a.lost >= ?", [Int64(clamping: minimumLost)]) }
    if let minimumLossRatio {
      filter.add("CAST(a.lost AS REAL) >= ? * a.expected", [minimumLossRatio])
    }
    // Said apart, since an index has these rows only.
    if (minimumLost ?? 0) > 0 || (minimumLossRatio ?? 0) > 0 { filter.add("a.lost > 0") }
    guard concernsTimes else { return }
    if let from { filter.add("a.last_time >= ?", [from.nanosecondsSinceEpoch]) }
    if let to { filter.add("a.first_time <= ?", [to.nanosecondsSinceEpoch]) }
  }

  private func add(_ address: Address, to filter: inout Filter) {
    switch address {
    case .mac(let mac):
      let octets = Data(bigEndian: UInt128(mac.rawValue), octets: 6)
      filter.add(
        """
        a.source_mac = ? OR a.destination_mac = ? OR EXISTS (
          SELECT 1 FROM further_mac AS f
          WHERE f.run = a.run AND f.association = a.position AND f.mac = ?)
        """, [octets, octets, octets])
    case .ip(let range): filter.add(range, within: "c")
    }
  }
}

extension Filter {
  /// One of the two IP addresses of a table is one of these.
  mutating func add(_ addresses: ClosedRange<IPAddress>, within table: String) {
    let octets = addresses.lowerBound.family == .ipv4 ? 4 : 16
    let low = Data(bigEndian: addresses.lowerBound.bits, octets: octets)
    let high = Data(bigEndian: addresses.upperBound.bits, octets: octets)
    // BLOBs compare octet by octet, whatever their lengths.
    add(
      """
      length(\(table).source_ip) = \(octets) AND \(table).source_ip BETWEEN ? AND ?
        OR length(\(table).destination_ip) = \(octets) AND \(table).destination_ip BETWEEN ? AND ?
      """, [low, high, low, high])
  }
}

extension Data {
  /// The low octets of a number, the highest of them first.
  init(bigEndian value: UInt128, octets count: Int) {
    self.init((0..<count).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (count - 1 - $0))) })
  }
}
