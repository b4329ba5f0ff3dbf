public import PacketAnalysis

/// Which associations are shown, and in which order. Totals, captures and flows stay as they are.
///
/// An association is shown where its SCI or SPI is one of those asked for (any, where none are),
/// and one of its addresses is too (likewise).
public struct RowSelection: Sendable {
  public var sci: [SCI] = []
  public var spi: [UInt32] = []
  /// MAC addresses are looked for in SCIs and in the addresses that the frames had, IP addresses
  /// among sources and destinations.
  public var addresses: [ParsedAddress] = []
  /// `nil`: as reported, by first frame.
  public var sort: SortKey?

  public init() {}

  /// From what was typed.
  public init(
    sci: [String] = [], spi: [String] = [], addresses: [String] = [], sort: SortKey? = nil
  ) throws(ValueError) {
    for text in sci { self.sci.append(try SCI(parsing: text)) }
    for text in spi { self.spi.append(try parseSPI(text)) }
    for text in addresses { self.addresses.append(try ParsedAddress(parsing: text)) }
    self.sort = sort
  }

  /// Whether every association is shown.
  public var isEverything: Bool { sci.isEmpty && spi.isEmpty && addresses.isEmpty }

  public func apply(to report: inout AnalysisReport) {
    if !isEverything {
      report.isSelection = true
      report.associations = ReportRows(report.associations.filter(contains))
      let shown = Set(report.associations.map(\.id))
      report.gaps = ReportRows(report.gaps.filter { shown.contains($0.association) })
      report.skips = ReportRows(report.skips.filter { shown.contains($0.association) })
      report.suspectFrames.removeAll { !shown.contains($0.association) }
      report.buckets.removeAll { !shown.contains($0.association) }
    }
    if let sort {
      report.associations.make()
      let order = sort.order(
        report.associations, among: Array(report.associations.indices), limit: nil)
      report.associations = ReportRows(order.map { report.associations[$0] })
    }
  }

  func contains(_ association: AssociationSummary) -> Bool {
    (sci.isEmpty && spi.isEmpty || hasIdentifier(association))
      && (addresses.isEmpty || addresses.contains { has($0, association) })
  }

  private func hasIdentifier(_ association: AssociationSummary) -> Bool {
    switch association.key.identity {
    case .macsec(let identity): sci.contains(identity.sci)
    case .ipsec(let identity): spi.contains(identity.spi)
    }
  }

  func has(_ address: ParsedAddress, _ association: AssociationSummary) -> Bool {
    switch (address, association.key.identity) {
    case (.ip(let ip), .ipsec(let identity)):
      return ip == identity.source || ip == identity.destination
    case (.ip, .macsec):
      return false
    case (.mac(let mac), .macsec(let identity)) where mac == identity.sci.systemIdentifier:
      return true
    case (.mac(let mac), _):
      return association.sourceAddresses.contains(mac)
        || association.destinationAddresses.contains(mac)
    }
  }
}
