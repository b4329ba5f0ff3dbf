package import PacketAnalysis

/// How an association is called in a report for people:
/// `MACsec 02:00:00:00:0a:01/1 AN 0`, `ESP 0x0000abcd 192.0.2.1 → 192.0.2.2`.
package struct AssociationName {
  private var start: String
  /// Source and destination, which may be shortened; empty for MACsec.
  private var ends: [String] = []

  /// What tells it from others of the same name: epoch, point.
  private var end = ""

  private static let arrow = " → "

  /// - Parameters:
  ///   - showsEpoch: there are several epochs of it.
  ///   - point: where it was seen, if there are several points.
  init(_ association: AssociationSummary, showsEpoch: Bool, point: String?) {
    self.init(association)
    if showsEpoch { end += ", epoch \(association.epoch)" }
    if let point { end += ", at \(printable(point))" }
  }

  package init(_ association: AssociationSummary) {
    switch association.key.identity {
    case .macsec(let identity):
      start =
        "MACsec \(identity.sci.systemIdentifier.text)/\(identity.sci.portIdentifier) AN \(identity.an)"
      let vlans = association.vlans.identifiers
      if !vlans.isEmpty { start += " VLAN " + vlans.map { "\($0)" }.joined(separator: ".") }
    case .ipsec(let identity):
      start = identity.securityProtocol == .esp ? "ESP " : "AH "
      start += identity.spiText + " "
      ends = [
        Self.end(identity.source, identity.ports?.source),
        Self.end(identity.destination, identity.ports?.destination),
      ]
    }
  }

  /// What it cannot do without: an IPv6 address keeps its beginning and its end.
  var minimumWidth: Int {
    guard !ends.isEmpty else { return width }
    return displayWidth(start) + displayWidth(Self.arrow) + displayWidth(end)
      + ends.reduce(0) { $0 + min($1.count, 21) }
  }

  private static func end(_ address: IPAddress, _ port: UInt16?) -> String {
    guard let port else { return address.text }
    return address.family == .ipv4 ? "\(address.text):\(port)" : "[\(address.text)]:\(port)"
  }

  package var text: String { start + ends.joined(separator: Self.arrow) + end }
  var width: Int { displayWidth(text) }

  /// Where there is no room for both addresses, the longer one loses its middle first.
  func text(width: Int) -> String {
    guard ends.count == 2, displayWidth(text) > width else { return elided(text, width: width) }
    let room = width - displayWidth(start) - displayWidth(Self.arrow) - displayWidth(end)
    guard room >= 10 else { return elided(text, width: width) }
    let shorter = min(displayWidth(ends[0]), displayWidth(ends[1]), room / 2)
    let isFirstShorter = displayWidth(ends[0]) <= displayWidth(ends[1])
    let widths = isFirstShorter ? [shorter, room - shorter] : [room - shorter, shorter]
    return start + elided(ends[0], width: widths[0]) + Self.arrow
      + elided(ends[1], width: widths[1]) + end
  }
}
