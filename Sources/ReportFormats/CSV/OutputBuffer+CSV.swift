import PacketAnalysis

/// The cells of a CSV file (RFC 4180). Each writes its comma behind it; `endRow()` takes back the
/// last.
extension OutputBuffer {
  mutating func endRow() {
    count -= 1
    append("\r\n")
  }

  mutating func endCell() { append(octet: 0x2C) }

  mutating func emptyCells(_ number: Int) {
    for _ in 0..<number { endCell() }
  }

  mutating func cell(_ value: UInt64?) {
    if let value { append(value) }
    endCell()
  }

  mutating func cell(_ value: Bool) {
    if value { append("true") } else { append("false") }
    endCell()
  }

  mutating func cell(_ time: Timestamp?) {
    if let time = time?.known { append(time) }
    endCell()
  }

  mutating func cell(identifier: UInt64) {
    append(hexadecimal: identifier, digits: 16)
    endCell()
  }

  mutating func cell(_ addresses: some Collection<MACAddress>) {
    for (index, address) in addresses.enumerated() {
      if index > 0 { append(octet: 0x20) }
      append(address)
    }
    endCell()
  }

  mutating func cell(_ address: IPAddress) {
    append(address)
    endCell()
  }

  mutating func cell(word: StaticString) {
    append(word)
    endCell()
  }

  /// Quoted where it holds a quote, a comma or a line break.
  mutating func cell(text: String) {
    if text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) {
      append(octet: 0x22)
      for octet in text.utf8 {
        if octet == 0x22 { append(octet: 0x22) }
        append(octet: octet)
      }
      append(octet: 0x22)
    } else {
      append(text: text)
    }
    endCell()
  }

  mutating func cells(_ association: AssociationSummary, in report: AnalysisReport) {
    switch association.key.identity {
    case .macsec(let identity):
      cell(word: "macsec")
      cell(text: name(Int(association.key.point), in: report.points))
      append(identity.sci)
      endCell()
      cell(word: association.sciSource.name)
      cell(UInt64(identity.an))
      for (index, vlan) in association.vlans.identifiers.enumerated() {
        if index > 0 { append(octet: 0x20) }
        append(vlan)
      }
      endCell()
      cell(association.encrypted)
      cell(association.changed)
      cell(association.sourceAddresses)
      cell(association.badTags)
      emptyCells(6)
    case .ipsec(let identity):
      cell(word: identity.securityProtocol.name)
      cell(text: name(Int(association.key.point), in: report.points))
      emptyCells(8)
      cell(identity.source)
      cell(identity.destination)
      append("0x")
      append(hexadecimal: UInt64(identity.spi), digits: 8)
      endCell()
      cell(word: identity.ports == nil ? "none" : "udp")
      cell(identity.ports.map { UInt64($0.source) })
      cell(identity.ports.map { UInt64($0.destination) })
    }
    cell(identifier: association.id)
    cell(UInt64(clamping: association.epoch))
    cell(association.packets)
    cell(association.octets)
    cell(association.firstTime)
    cell(association.lastTime)
    cell(association.lowestNumber)
    cell(association.highestNumber)
    cell(association.expected)
    cell(association.distinct)
    cell(association.lost)
    cell(association.lostBlind)
    cell(association.skipped)
    cell(association.duplicates)
    cell(association.reordered)
    cell(association.suspects)
    cell(association.gaps)
    cell(association.destinationAddresses)
    cell(association.interArrival?.minimumNanoseconds)
    cell(association.interArrival?.meanNanoseconds)
    cell(association.interArrival?.maximumNanoseconds)
    cell(reasonsOf: association.givenUp)
  }

  /// The reasons for which an association is approximate.
  private mutating func cell(reasonsOf givenUp: EpochGivenUp?) {
    for (index, approximation) in (givenUp?.approximations ?? []).enumerated() {
      if index > 0 { append(octet: 0x20) }
      append(text: approximation.reason.rawValue)
    }
    endCell()
  }

  /// protocol, point, sci, an, source, destination, spi, epoch
  mutating func cells(identityOf association: AssociationSummary?, in report: AnalysisReport) {
    guard let association else { return emptyCells(8) }
    let point = name(Int(association.key.point), in: report.points)
    switch association.key.identity {
    case .macsec(let identity):
      cell(word: "macsec")
      cell(text: point)
      append(identity.sci)
      endCell()
      cell(UInt64(identity.an))
      emptyCells(3)
    case .ipsec(let identity):
      cell(word: identity.securityProtocol.name)
      cell(text: point)
      emptyCells(2)
      cell(identity.source)
      cell(identity.destination)
      append("0x")
      append(hexadecimal: UInt64(identity.spi), digits: 8)
      endCell()
    }
    cell(UInt64(clamping: association.epoch))
  }
}
