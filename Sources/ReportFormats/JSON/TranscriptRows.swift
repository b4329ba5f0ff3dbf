public import PacketAnalysis

/// A part of a transcript as lines of JSON, for engines that group by a column: one object for each
/// secure channel, and one for what belongs to none (`docs/transcript-format.md`).
public enum TranscriptRows {
  public static let schema: StaticString = "gapscope.transcript/1"

  public static func write(
    _ part: TranscriptPart, to sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    var out = OutputBuffer()
    for (channel, slice) in part.channels() {
      out.append(channel, slice, of: part)
      try out.drainIfEnough(into: &sink)
    }
    try out.drain(into: &sink)
  }
}

extension OutputBuffer {
  fileprivate mutating func append(
    _ channel: AssociationKey?, _ slice: TranscriptPart, of part: TranscriptPart
  ) {
    append("{\"schema\":\"")
    append(TranscriptRows.schema)
    append("\"")
    field("part")
    append(jsonIdentifier: part.identity)
    field("file")
    append(jsonString: part.file)
    field("point")
    if let channel {
      append(jsonString: part.origin.run.points[Int(channel.point)])
    } else {
      append("null")
    }
    field("channel")
    if let channel { append(channel.identity) } else { append("null") }
    field("firstTime", part.origin.firstTime)
    field("packets", slice.packets)
    field("transcript")
    append("\"")
    append(base64: slice.encoded())
    append("\"}\n")
  }

  /// The same text for the same channel, in whatever part.
  private mutating func append(_ identity: AssociationKey.Identity) {
    switch identity {
    case .macsec(let macsec):
      append("\"macsec/")
      append(macsec.sci)
      for identifier in macsec.vlans.identifiers {
        append("/")
        append(identifier)
      }
    case .ipsec(let ipsec):
      append("\"")
      append(ipsec.securityProtocol.name)
      append("/")
      append(ipsec.source)
      append("/")
      append(ipsec.destination)
      append("/")
      append(hexadecimal: UInt64(ipsec.spi), digits: 8)
      if let ports = ipsec.ports {
        append("/")
        append(ports.source)
        append("/")
        append(ports.destination)
      }
    }
    append("\"")
  }

  /// RFC 4648, 4, with padding.
  mutating func append(base64 octets: [UInt8]) {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    for start in stride(from: 0, to: octets.count, by: 3) {
      let group = octets[start..<min(start + 3, octets.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        append(octet: place <= group.count ? digits[bits >> (18 - 6 * place) & 0x3F] : 0x3D)
      }
    }
  }
}
