public import PacketAnalysis

extension RowSelection {
  /// What was asked for and is not there: a sentence for each, without a full stop.
  public func misses(in report: AnalysisReport) -> [String] {
    guard !isEverything else { return [] }
    var (channels, indices) = (Set<SCI>(), Set<UInt32>())
    for association in report.associations {
      switch association.key.identity {
      case .macsec(let identity): channels.insert(identity.sci)
      case .ipsec(let identity): indices.insert(identity.spi)
      }
    }
    var misses = sci.filter { !channels.contains($0) }.map { sci in
      "no association has the SCI \(text(sci))"
        + others(channels.map { (UInt64($0.rawValue), text($0)) }, nearest: sci.rawValue)
    }
    misses += spi.filter { !indices.contains($0) }.map { spi in
      "no association has the SPI \(text(spi))"
        + others(indices.map { (UInt64($0), text($0)) }, nearest: UInt64(meant(spi, indices)))
    }
    misses += addresses.filter { address in !report.associations.contains { has(address, $0) } }
      .map { "no association has the address \(text($0))" }
    if misses.isEmpty, !report.associations.contains(where: contains) {
      misses = ["no association matches all of the selection"]
    }
    return misses
  }

  /// How many there are, and which of them differs in the fewest hexadecimal digits.
  private func others(_ known: [(value: UInt64, text: String)], nearest wanted: UInt64) -> String {
    let nearest = known.min {
      (digits($0.value ^ wanted), $0.value) < (digits($1.value ^ wanted), $1.value)
    }
    guard let nearest else { return ": none has one" }
    return known.count == 1
      ? ": the only one is \(nearest.text)" : ": the nearest of \(known.count) is \(nearest.text)"
  }

  /// An SPI may have been given without the `0x` that stands before it everywhere.
  private func meant(_ spi: UInt32, _ known: Set<UInt32>) -> UInt32 {
    guard let other = UInt32("\(spi)", radix: 16), known.contains(other) else { return spi }
    return other
  }

  /// How many hexadecimal digits are not 0.
  private func digits(_ value: UInt64) -> Int {
    (0..<16).count { value >> (4 * $0) & 0xF != 0 }
  }

  private func text(_ sci: SCI) -> String { "\(sci.systemIdentifier.text)/\(sci.portIdentifier)" }

  private func text(_ spi: UInt32) -> String {
    let digits = String(spi, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }

  private func text(_ address: ParsedAddress) -> String {
    switch address {
    case .mac(let mac): mac.text
    case .ip(let ip): ip.text
    }
  }
}
