package import PacketAnalysis

/// A display filter for Wireshark and tshark that shows the frames of an association around a gap.
package struct DisplayFilter {
  /// Index into the files of the report.
  package var file: Int
  package var text: String

  /// One, or two where the gap begins in one file and ends in another.
  package static func filters(
    for gap: SequenceGap, of association: AssociationSummary
  ) -> [DisplayFilter] {
    let condition = condition(association)
    let (first, last, _) = gap.edgesInFileOrder
    if first.file == last.file {
      return [
        DisplayFilter(
          file: first.file,
          text: "\(condition) && frame.number >= \(first.frame) && frame.number <= \(last.frame)")
      ]
    }
    return [
      DisplayFilter(file: first.file, text: "\(condition) && frame.number >= \(first.frame)"),
      DisplayFilter(file: last.file, text: "\(condition) && frame.number <= \(last.frame)"),
    ]
  }

  /// Where a frame carries no SCI it is known by its source address.
  package static func condition(_ association: AssociationSummary) -> String {
    switch association.key.identity {
    case .macsec(let identity):
      let address = identity.sci.systemIdentifier.text
      let vlans = identity.vlans.identifiers.map { "vlan.id == \($0) && " }.joined()
      return association.sciSource == .explicit
        ? "macsec.SCI.system_identifier == \(address) && "
          + "macsec.SCI.port_identifier == \(identity.sci.portIdentifier) && "
          + "macsec.AN == \(identity.an)"
        : "eth.src == \(address) && \(vlans)macsec.AN == \(identity.an)"
    case .ipsec(let identity):
      // Another pair of addresses, or of ports, may have the same SPI.
      let version = identity.source.family == .ipv4 ? "ip" : "ipv6"
      let ports = identity.ports.map {
        " && udp.srcport == \($0.source) && udp.dstport == \($0.destination)"
      }
      return "\(version).src == \(identity.source.text) && "
        + "\(version).dst == \(identity.destination.text)\(ports ?? "") && "
        + "\(identity.securityProtocol.name).spi == \(identity.spiText)"
    }
  }
}

extension IPsecIdentity {
  /// `0x0000abcd`
  var spiText: String {
    OutputBuffer.text {
      $0.append("0x")
      $0.append(hexadecimal: UInt64(spi), digits: 8)
    }
  }
}

extension SequenceGap {
  /// By file and frame: after reordering the number below a gap may have come behind the one above.
  var edgesInFileOrder: (first: FrameReference, last: FrameReference, areReversed: Bool) {
    (after.file, after.frame) < (before.file, before.frame)
      ? (after, before, true) : (before, after, false)
  }
}
