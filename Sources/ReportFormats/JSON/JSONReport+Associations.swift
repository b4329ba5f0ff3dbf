import PacketAnalysis

extension JSONReport {
  func append(_ association: AssociationSummary, to out: inout OutputBuffer) {
    switch association.key.identity {
    case .macsec(let identity): append(identity, of: association, to: &out)
    case .ipsec(let identity): append(identity, to: &out)
    }
    out.field("id")
    out.append(jsonIdentifier: association.id)
    out.field("point")
    points.append(Int(association.key.point), to: &out)
    out.field("epoch", UInt64(clamping: association.epoch))
    out.field("packets", association.packets)
    out.field("octets", association.octets)
    out.field("firstTime", association.firstTime)
    out.field("lastTime", association.lastTime)
    out.field("lowestNumber", association.lowestNumber)
    out.field("highestNumber", association.highestNumber)
    out.field("expected", association.expected)
    out.field("distinct", association.distinct)
    out.field("lost", association.lost)
    out.field("lostBlind", association.lostBlind)
    out.field("skipped", association.skipped)
    out.field("duplicates", association.duplicates)
    out.field("reordered", association.reordered)
    out.field("suspects", association.suspects)
    out.field("gaps", association.gaps)
    out.field("destinationAddresses")
    out.append(jsonAddresses: association.destinationAddresses)
    out.field("interArrivalNanoseconds")
    append(association.interArrival, to: &out)
    if let givenUp = association.givenUp { append(givenUp, to: &out) }
    out.append(octet: 0x7D)
  }

  private func append(
    _ identity: MACsecIdentity, of association: AssociationSummary, to out: inout OutputBuffer
  ) {
    out.append("{\"protocol\":\"macsec\",\"sci\":\"")
    out.append(identity.sci)
    out.append("\",\"sciSource\":\"")
    out.append(association.sciSource.name)
    out.append("\",\"an\":")
    out.append(identity.an)
    out.field("vlans")
    out.append(octet: 0x5B)
    for (index, vlan) in association.vlans.identifiers.enumerated() {
      if index > 0 { out.append(octet: 0x2C) }
      out.append(vlan)
    }
    out.append(octet: 0x5D)
    out.field("encrypted", association.encrypted)
    out.field("changed", association.changed)
    out.field("sourceAddresses")
    out.append(jsonAddresses: association.sourceAddresses)
    out.field("badTags", association.badTags)
  }

  private func append(_ identity: IPsecIdentity, to out: inout OutputBuffer) {
    out.append("{\"protocol\":\"")
    out.append(identity.securityProtocol.name)
    out.append("\"")
    out.field("source", address: identity.source)
    out.field("destination", address: identity.destination)
    out.append(",\"spi\":\"0x")
    out.append(hexadecimal: UInt64(identity.spi), digits: 8)
    if let ports = identity.ports {
      out.append("\",\"encapsulation\":\"udp\"")
      out.field("sourcePort", UInt64(ports.source))
      out.field("destinationPort", UInt64(ports.destination))
    } else {
      out.append("\",\"encapsulation\":\"none\"")
    }
  }

  private func append(_ interArrival: InterArrival?, to out: inout OutputBuffer) {
    guard let interArrival else { return out.append("null") }
    out.append("{\"min\":")
    out.append(interArrival.minimumNanoseconds)
    out.field("mean", interArrival.meanNanoseconds)
    out.field("max", interArrival.maximumNanoseconds)
    out.append(octet: 0x7D)
  }
}
